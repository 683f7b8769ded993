/**
 * From a profile to a check of what it adds to the base: the base plan has been walked already, so only narrower
 * cardinalities, constants, bindings, targets, slices and constraints are left. https://hl7.org/fhir/R4/profiling.html
 */
import { capitalised, type Definitions, type ElementDefinition, type ElementType } from '../r4/definitions/index.js';
import { type BaseElement, baseOf, childBase, type TypeContext } from './base.js';
import { bindingCheck } from './binding.js';
import type { Compiler } from './compile.js';
import type { ConstraintEvaluator } from './constraint.js';
import { type At, fail, isObject, type Json, note, type Run, shown } from './explain.js';
import type { ExtensionRules } from './extension.js';
import { limitChecks } from './limits.js';
import { constantOf } from './match.js';
import { all, type MemberRule, membersCheck, sliceRules } from './member.js';
import type { Check, Invariant } from './plan.js';
import { PRIMITIVES } from './primitives.js';
import { checkReference } from './reference.js';
import { extensionUrl, type Surroundings } from './slicing.js';
import { aggregationCheck, conforms, isOfType, targetCheck } from './target.js';
import { type Node, treeOf } from './tree.js';

export interface ProfileRules {
  /** The type that it constrains. */
  type: string;
  check: Check;
}

const BUILT_IN = /^(ele-1|ext-1|ref-1|txt-[12]|dom-[2-6])$/;
const CORE = 'http://hl7.org/fhir/StructureDefinition/';

export class Profiler {
  private readonly known = new Map<string, ProfileRules | undefined>();
  private readonly extensions = new Map<string, ExtensionRules>();
  private readonly roots = new Map<string, Node | undefined>();
  private readonly around: Surroundings;

  constructor(
    private readonly definitions: Definitions,
    private readonly compiler: Compiler,
    private readonly constraints: ConstraintEvaluator,
  ) {
    this.around = {
      root: (profile) => this.root(profile),
      codes: (valueSet) => compiler.valueSets.codes(valueSet),
      conforms: (profile, value, run) => this.conforms(profile, value, run),
    };
  }

  /** Does a value keep a profile? `undefined` for one that is not known. */
  conforms(profile: string, value: unknown, run: Run): boolean | undefined {
    const rules = this.rules(profile);
    return rules === undefined ? undefined : conforms(profile, rules, value, run);
  }

  /** By `canonical` or `canonical|version`; `undefined` where no definition with a snapshot is at hand. */
  rules(canonical: string): ProfileRules | undefined {
    if (this.known.has(canonical)) return this.known.get(canonical);
    const structure = this.definitions.structure(canonical);
    if (structure?.url === undefined || structure.snapshot === undefined) {
      // Not remembered by arbitrary text that clients send.
      return undefined;
    }
    const key = `${structure.url}|${structure.version ?? ''}`;
    const name = structure.version === undefined ? structure.url : key;
    const rules = this.known.get(key) ?? { type: structure.type, check: this.lazy(canonical, name) };
    this.known.set(key, rules);
    this.known.set(canonical, rules);
    return rules;
  }

  /** The rules of an extension's definition, by the url that names it in resources. */
  extension(url: string): ExtensionRules | undefined {
    const known = this.extensions.get(url);
    if (known !== undefined) return known;
    const rules = this.rules(url);
    const definition = this.definitions.structure(url);
    if (rules?.type !== 'Extension' || definition === undefined || url.includes('|')) return undefined;
    const root = this.root(url);
    const slices = root?.children.find(({ name }) => name === 'extension')?.slices ?? [];
    const urls = slices.map((slice) => extensionUrl(slice, this.around));
    const parts = urls.length === 0 || urls.includes(undefined) ? undefined : new Set(urls as string[]);
    const made = {
      check: rules.check,
      definition,
      modifier: root?.element.isModifier === true,
      max: root === undefined || root.element.max === '*' ? Number.POSITIVE_INFINITY : Number(root.element.max),
      parts,
      places: new Map(),
    };
    this.extensions.set(url, made);
    return made;
  }

  private root(profile: string): Node | undefined {
    if (this.roots.has(profile)) return this.roots.get(profile);
    const structure = this.definitions.structure(profile);
    const root = structure?.snapshot === undefined ? undefined : treeOf(structure);
    if (structure !== undefined) this.roots.set(profile, root);
    return root;
  }

  /** Compiled at the first use: profiles may refer to each other in circles. */
  private lazy(canonical: string, name: string): Check {
    let check: Check | undefined;
    return (value, at, run) => {
      check ??= this.compile(canonical) ?? pass;
      const { container, profile } = run;
      run.profile = name;
      // `#id` in a resource of a bundle is looked up in that resource.
      if (isContainer(value, container)) run.container = value;
      const ok = check(value, at, run);
      run.container = container;
      run.profile = profile;
      return ok;
    };
  }

  private compile(canonical: string): Check | undefined {
    const structure = this.definitions.structure(canonical);
    // The type itself adds nothing to itself.
    if (structure === undefined || structure.url === CORE + structure.type) return undefined;
    const root = this.root(canonical);
    const base = this.definitions.structure(CORE + structure.type);
    if (root === undefined || base === undefined) return undefined;
    return this.node(root, baseOf(base), true);
  }

  /** What a node asks of one value beyond its base; `undefined` when nothing. */
  private node(node: Node, base: BaseElement | undefined, isRoot = false): Check | undefined {
    const checks: Check[] = [];
    const { element } = node;
    const type = element.type?.[0]?.code ?? base?.element.type?.[0]?.code ?? '';
    const constant = constantOf(element);
    if (constant !== undefined) {
      checks.push((value, at, run) => {
        if (!constant.holds(value)) {
          return fail(run, at, constant.kind, { wanted: shown(constant.value), value: shown(value) });
        }
        // A value that the profile itself prescribes needs no remark that a base would rather have another.
        if (run.soft !== undefined && isObject(value)) run.soft.delete(value);
        return true;
      });
    }
    checks.push(...limitChecks(element));
    if (!isRoot) checks.push(...this.typeChecks(element, base));
    const bound = this.bindingCheck(element, base, type);
    if (bound !== undefined) checks.push(bound);
    const members = PRIMITIVES.has(type) ? undefined : this.members(node, base);
    if (members !== undefined) checks.push(members);
    const invariants = this.invariants(element, base);
    if (invariants.length > 0) checks.push(invariantCheck(invariants));
    return all(checks);
  }

  /** Rules on the members of an object. */
  private members(node: Node, base: BaseElement | undefined): Check | undefined {
    const context = base === undefined ? undefined : childBase(this.definitions, base, node.element);
    const rules: MemberRule[] = [];
    for (const child of node.children) {
      // By its url an extension was found, or told from others: it needs no second look.
      if (child.name === 'url' && /(^|\.)Extension$|\.(modifierE|e)xtension$/.test(node.element.path)) continue;
      const rule = this.member(child, context);
      if (rule !== undefined) rules.push(rule);
    }
    return rules.length === 0 ? undefined : membersCheck(rules);
  }

  private member(child: Node, context: TypeContext | undefined): MemberRule | undefined {
    const base = context === undefined ? undefined : context.find(child.name);
    const { element } = child;
    const primitive = PRIMITIVES.has(element.type?.[0]?.code ?? base?.element.type?.[0]?.code ?? '');
    const stem = child.name.endsWith('[x]') ? child.name.slice(0, -3) : undefined;
    const array = base === undefined ? element.max !== '0' && element.max !== '1' : base.element.max !== '1';
    const baseMax = base?.element.max ?? '*';
    const rule: MemberRule = {
      name: stem ?? child.name,
      demanding: false,
      besideName: `_${child.name}`,
      choiceNames: stem === undefined ? [] : (element.type ?? []).map(({ code }) => stem + capitalised(code)),
      stem,
      // Types left by the profile, as ends of the JSON names; all of them where the base is not known.
      types: stem === undefined ? undefined : element.type?.map(({ code }) => code),
      narrowed: stem !== undefined && base !== undefined && element.type?.length !== base.element.type?.length,
      array,
      primitive,
      min: element.min > (base?.element.min ?? 0) ? element.min : 0,
      max: element.max !== baseMax && element.max !== '*' ? Number(element.max) : Number.POSITIVE_INFINITY,
      check: this.node(child, base),
      // A primitive's rules on its extensions hold for the `_` sibling.
      sibling: primitive && child.children.length > 0 ? this.members(child, base) : undefined,
      slicing: undefined,
    };
    if (child.slices.length > 0) {
      rule.slicing = sliceRules(child, this.around, (slice) => this.node(slice, base), stem);
    }
    rule.demanding = rule.min > 0 || rule.slicing?.demanding === true;
    const idle = rule.min === 0 && rule.max === Number.POSITIVE_INFINITY && rule.check === undefined && !rule.narrowed;
    return idle && rule.sibling === undefined && rule.slicing === undefined ? undefined : rule;
  }

  /** Profiles on the type, and narrower reference targets. */
  private typeChecks(element: ElementDefinition, base: BaseElement | undefined): Check[] {
    const checks: Check[] = [];
    const types = element.type ?? [];
    const only = types.length === 1 ? types[0] : undefined;
    const profiles = only?.profile ?? [];
    if (profiles.length > 0 && only?.code !== 'Reference') {
      const check = this.anyProfile(profiles);
      if (check !== undefined) checks.push(check);
    }
    if (only?.code === 'Reference') checks.push(...this.referenceChecks(only, base));
    return checks;
  }

  private referenceChecks({ aggregation, targetProfile }: ElementType, base: BaseElement | undefined): Check[] {
    const checks: Check[] = [];
    const before = base?.element.type?.find(({ code }) => code === 'Reference')?.targetProfile;
    if (targetProfile !== undefined && JSON.stringify(before) !== JSON.stringify(targetProfile)) {
      const targets = this.compiler.targetTypes(targetProfile);
      const isType = (name: string) => this.definitions.resourceTypes.includes(name);
      checks.push((value, at, run) => !isObject(value) || checkReference(value, targets(), isType, at, run));
      // Types alone are told by the reference itself.
      const narrower = targetProfile.some((profile) => !this.compiler.isTypeOnly(profile));
      if (narrower) checks.push(targetCheck(targetProfile, (profile) => this.rules(profile)));
    }
    if (aggregation !== undefined) checks.push(aggregationCheck(aggregation));
    return checks;
  }

  private anyProfile(profiles: readonly string[]): Check | undefined {
    const rules = profiles.map((profile) => this.rules(profile));
    if (rules.includes(undefined)) return undefined;
    // The walk of an extension has applied the definition of its url already, unless a version asks for another.
    const only = rules.length === 1 ? rules[0] : undefined;
    if (only?.type === 'Extension') {
      const url = (profiles[0] as string).split('|')[0] as string;
      if (this.rules(url) === only) return undefined;
    }
    if (only !== undefined) {
      return (value, at, run) => {
        if (isOfType(only, value)) return only.check(value, at, run);
        const type = isObject(value) ? shown(value.resourceType) : '';
        return fail(run, at, 'profile-type', { profile: profiles.join(', '), expected: only.type, type });
      };
    }
    return (value, at, run) =>
      rules.some((each) => each !== undefined && isOfType(each, value) && each.check(value, undefined, run)) ||
      fail(run, at, 'no-profile-fits', { profiles: profiles.join(', ') });
  }

  private bindingCheck(element: ElementDefinition, base: BaseElement | undefined, type: string): Check | undefined {
    const binding = this.compiler.binding(element, type);
    if (binding === undefined) return undefined;
    // Of a choice nobody says which of the types that are left the binding is for.
    if (element.path.endsWith('[x]') && type === 'Quantity' && (element.type?.length ?? 0) > 1) return undefined;
    const before = base?.element.binding;
    if (before?.strength === binding.strength && before.valueSet === binding.valueSet) return undefined;
    return bindingCheck(binding, type);
  }

  private invariants(element: ElementDefinition, base: BaseElement | undefined): Invariant[] {
    const inherited = new Set(
      [...(base?.element.constraint ?? []), ...(base?.typeConstraints ?? [])].map(({ key }) => key),
    );
    const invariants: Invariant[] = [];
    for (const constraint of element.constraint ?? []) {
      const { key, expression } = constraint;
      if (expression === undefined || inherited.has(key) || BUILT_IN.test(key)) continue;
      invariants.push(this.constraints.invariant(constraint, expression, element.path, primitiveOf(element)));
    }
    return invariants;
  }
}

const pass: Check = () => true;

/** Where expressions about a primitive value start: its path, or its type where a choice leaves one that is primitive. */
function primitiveOf({ path, type = [] }: ElementDefinition): string | undefined {
  if (!path.endsWith('[x]')) return path;
  const [only, other] = type.filter(({ code }) => PRIMITIVES.has(code));
  return other === undefined ? only?.code : undefined;
}

/** Is this a resource of its own, neither the present container nor contained in it? */
function isContainer(value: unknown, container: Json | undefined): value is Json {
  if (value === container || !isObject(value) || typeof value.resourceType !== 'string') return false;
  return !Array.isArray(container?.contained) || !container.contained.includes(value);
}

function invariantCheck(invariants: readonly Invariant[]): Check {
  return (value, at: At, run) => {
    let ok = true;
    for (const { key, severity, human, holds } of invariants) {
      if (holds(value as Json, run)) continue;
      if (severity === 'warning') note(run, at, 'warning', 'invariant', { key, human });
      else {
        ok = fail(run, at, 'invariant', { key, human });
        if (at === undefined) return false;
      }
    }
    return ok;
  };
}
