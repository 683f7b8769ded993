/** From the StructureDefinition of a base type to plans. https://hl7.org/fhir/R4/profiling.html#snapshot */
import {
  capitalised,
  type Definitions,
  type ElementDefinition,
  type ElementType,
  type StructureDefinition,
} from '../r4/definitions/index.js';
import type { Codes, ValueSets } from '../terminology/index.js';
import { type Binding, isBindable } from './binding.js';
import type { ConstraintEvaluator } from './constraint.js';
import { INVARIANTS } from './invariants.js';
import { DEFINITION_INVARIANTS } from './invariants-definitions.js';
import type { Check, Invariant, Plan, Property, Required } from './plan.js';
import { PRIMITIVES } from './primitives.js';
import { checkElementId } from './special.js';

const BASE = 'http://hl7.org/fhir/StructureDefinition/';
/** Checked by the walk itself or by the special checks, not by a function of their own. */
const BUILT_IN = /^(ele-1|ext-1|ref-1|txt-[12]|dom-[2-6])$/;

/** Where the elements below are defined: `#Questionnaire.item` names another path of the same definition. */
function pathOf({ contentReference, path }: ElementDefinition): string {
  return contentReference === undefined ? path : contentReference.slice(contentReference.indexOf('#') + 1);
}

const bothRules =
  (rule: Check | undefined): Check =>
  (value, at, run) =>
    checkElementId(value, at, run) && (rule === undefined || rule(value, at, run));

export class Compiler {
  private readonly plans = new Map<string, Plan | undefined>();

  constructor(
    private readonly definitions: Definitions,
    private readonly specials: ReadonlyMap<string, Check>,
    private readonly wholes: ReadonlyMap<string, Check>,
    private readonly constraints: ConstraintEvaluator,
    readonly valueSets: ValueSets,
    /** By the name of a primitive type. */
    private readonly rules: ReadonlyMap<string, Check>,
  ) {}

  /** The plan of a type by its name; `undefined` when R4 has no such type. */
  plan(type: string): Plan | undefined {
    if (this.plans.has(type)) return this.plans.get(type);
    const structure = /^[A-Za-z0-9]+$/.test(type) ? this.definitions.structure(BASE + type) : undefined;
    const plan = structure === undefined ? undefined : this.compile(structure, structure.type);
    this.plans.set(type, plan);
    return plan;
  }

  private needed(type: string): Plan {
    const plan = this.plan(type);
    if (plan === undefined) throw new Error(`no definition of ${type}`);
    return plan;
  }

  /** The plan of the elements directly below `path`; elements below them get plans of their own. */
  private compile(structure: StructureDefinition, path: string): Plan {
    const depth = path.split('.').length + 1;
    const properties = new Map<string, Property>();
    const required: Required[] = [];
    let choices = 0;
    for (const element of structure.snapshot.element) {
      if (!element.path.startsWith(`${path}.`) || element.path.split('.').length !== depth) continue;
      const name = element.path.slice(path.length + 1);
      const types = element.type ?? [];
      const isChoice = name.endsWith('[x]');
      const choice = isChoice ? 1 << choices++ : 0;
      const stem = isChoice ? name.slice(0, -3) : name;
      const made = isChoice
        ? types.map((type) => this.property(structure, element, type, stem + capitalised(type.code), stem, choice))
        : [this.property(structure, element, types[0], stem, stem, 0)];
      for (const property of made) {
        properties.set(property.name, property);
        if (property.primitive !== undefined) {
          properties.set(`_${property.name}`, { ...property, sibling: true });
        }
      }
      if (element.min > 0) required.push({ element: name, names: made.map((property) => property.name) });
    }
    const root = structure.snapshot.element.find((element) => element.path === path);
    return {
      name: path,
      resource: structure.kind === 'resource' && path === structure.type,
      properties,
      required,
      invariants: this.invariants(root),
      special: path === structure.type ? this.specials.get(structure.type) : undefined,
      whole: path === structure.type ? this.wholes.get(structure.type) : undefined,
    };
  }

  private property(
    structure: StructureDefinition,
    element: ElementDefinition,
    type: ElementType | undefined,
    name: string,
    stem: string,
    choice: number,
  ): Property {
    const resourceId = structure.kind === 'resource' && element.path === `${structure.type}.id`;
    // Definitions name the same elements in snapshot and differential.
    const isElementId = name === 'id' && !resourceId && structure.type !== 'ElementDefinition';
    const typeName = resourceId ? 'id' : (type?.code ?? 'Element');
    const isResource = typeName === 'Resource' || this.definitions.resourceTypes.includes(typeName);
    return {
      name,
      path: pathOf(element).replace('[x]', ''),
      element: stem,
      sibling: false,
      array: element.max !== '1',
      max: element.max === '*' ? Number.POSITIVE_INFINITY : Number(element.max),
      typeName,
      primitive: PRIMITIVES.get(typeName),
      rule: isElementId ? bothRules(this.rules.get(typeName)) : this.rules.get(typeName),
      plan: this.lazyPlan(structure, element, typeName),
      resource: isResource ? (name === 'contained' ? 'contained' : 'independent') : 'none',
      choice,
      binding: this.binding(element, typeName),
      targets: this.targets(type),
      outermostExtension: typeName === 'Extension' && structure.type !== 'Extension',
      invariants: this.ownInvariants(element, typeName),
    };
  }

  private lazyPlan(structure: StructureDefinition, element: ElementDefinition, typeName: string): () => Plan {
    let plan: Plan | undefined;
    const path = pathOf(element);
    const inline = typeName === 'BackboneElement' || typeName === 'Element';
    return () => {
      plan ??= inline ? this.inlinePlan(structure, path) : this.needed(typeName);
      return plan;
    };
  }

  private inlinePlan(structure: StructureDefinition, path: string): Plan {
    const key = `${structure.url}#${path}`;
    const known = this.plans.get(key);
    if (known !== undefined) return known;
    const plan = this.compile(structure, path);
    this.plans.set(key, plan);
    return plan;
  }

  /** One that is only an example says nothing. */
  binding({ binding }: ElementDefinition, typeName: string): Binding | undefined {
    if (binding?.valueSet === undefined || binding.strength === 'example' || !isBindable(typeName)) return undefined;
    const { strength, valueSet } = binding;
    let known = false;
    let codes: Codes | undefined;
    // Looked up at the first use.
    const found = () => {
      if (!known) codes = this.valueSets.codes(valueSet);
      known = true;
      return codes;
    };
    return { strength, valueSet, codes: found };
  }

  private targets(type: ElementType | undefined): Property['targets'] {
    if (type?.code !== 'Reference') return undefined;
    return this.targetTypes(type.targetProfile);
  }

  /** The resource types behind target profiles; `undefined` for any or when one of the profiles is not known. */
  targetTypes(profiles: readonly string[] | undefined): () => ReadonlySet<string> | undefined {
    let types: Set<string> | undefined;
    let known = false;
    return () => {
      if (known) return types;
      known = true;
      const names = (profiles ?? []).map((url) => this.typeOf(url));
      const open = names.length === 0 || names.includes(undefined) || names.includes('Resource');
      types = open ? undefined : new Set(names as string[]);
      return types;
    };
  }

  /** Is this the canonical of a resource type itself, or of any resource, and no profile of one? */
  isTypeOnly(profile: string): boolean {
    const name = profile.startsWith(BASE) ? (profile.slice(BASE.length).split('|')[0] as string) : '';
    return name === 'Resource' || this.definitions.resourceTypes.includes(name);
  }

  private typeOf(profile: string): string | undefined {
    if (this.isTypeOnly(profile)) return profile.slice(BASE.length).split('|')[0];
    return this.definitions.structure(profile)?.type;
  }

  /** Rules written at an element that are not those of its type. */
  private ownInvariants(element: ElementDefinition, typeName: string): readonly Invariant[] {
    if (PRIMITIVES.has(typeName) || element.contentReference !== undefined) return [];
    // The plan of an inline element carries its rules.
    if (typeName === 'BackboneElement' || typeName === 'Element') return [];
    return this.invariants(element);
  }

  private invariants(element: ElementDefinition | undefined): readonly Invariant[] {
    const invariants: Invariant[] = [];
    for (const constraint of element?.constraint ?? []) {
      const { key, severity, human, expression } = constraint;
      if (BUILT_IN.test(key)) continue;
      const holds = INVARIANTS[`${element?.path}|${key}`] ?? INVARIANTS[key] ?? DEFINITION_INVARIANTS[key];
      if (holds !== undefined) {
        invariants.push({ key, severity: severity === 'warning' ? 'warning' : 'error', human: human ?? key, holds });
      } else if (expression !== undefined) {
        // Some of TestScript alone: not worth functions of ours, and not to be passed over either.
        invariants.push(this.constraints.invariant(constraint, expression, element?.path ?? '', element?.path));
      }
    }
    return invariants;
  }
}
