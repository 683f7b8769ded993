/**
 * Mutations of valid resources with the verdict that their definition gives: read from the snapshot alone, without a look
 * at the validator. https://hl7.org/fhir/R4/elementdefinition.html
 */
import { createHash } from 'node:crypto';
import type { Definitions, ElementDefinition, StructureDefinition } from '../../src/r4/definitions/index.js';

type Json = Record<string, unknown>;
export interface Mutation {
  name: string;
  valid: boolean;
  resource: Json;
}

const CORE = 'http://hl7.org/fhir/StructureDefinition/';
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Literals that a type does not have. https://hl7.org/fhir/R4/datatypes.html#primitive */
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  boolean: ['true', 1, {}],
  integer: [1.5, '1', 3e9],
  unsignedInt: [-1, '0', 0.5],
  positiveInt: [0, -3, '1'],
  decimal: ['1.0', true, {}],
  string: ['', '  ', 7, true, ['a'], 'a\u0001'],
  markdown: ['', 7, {}],
  code: ['', ' a', 'a  b', 7],
  uri: ['', 'a b', 7, 'urn:oid:x', 'urn:uuid:1'],
  url: ['', 'a b', 7],
  canonical: ['', 'a b', 7],
  id: ['', 'a_b', 'é', 'x'.repeat(65)],
  date: ['', '2026-13', '2026-02-30', '26-01-01', '2026-01-01T10:00:00Z', 7],
  dateTime: ['', '2026-02-30', '2026-01-01T10:00:00', '2026-01-01T25:00:00Z', '2026-1-1', 7],
  instant: ['', '2026-01-01', '2026-01-01T10:00:00', 7],
  base64Binary: ['', '###', 'AAA', 7],
};

/** Codes that R4's invariants speak of by name, so that another one may be right in itself and wrong beside others. */
const IN_INVARIANTS = /^(Appointment\.(status|participant\.(status|type))|CarePlan\.activity\.detail\.status)$/;

/** Mutations of a resource, then mutants of mutants, chosen by a hash of their names: every run has the same. */
export function mutantsOf(mutator: Mutator, definitions: Definitions, profile: string, count: number): Mutation[] {
  const first = [...mutator.all(), ...mutator.ofProfile(profile)];
  if (first.length >= count) return first.slice(0, count);
  const second = first
    .filter(({ valid }) => valid)
    .flatMap(({ name, resource }) =>
      [...new Mutator(definitions, resource).all()].map((each) => ({ ...each, name: `${name} + ${each.name}` })),
    );
  const ordered = second.map((each) => ({ each, order: createHash('sha256').update(each.name).digest('hex') }));
  ordered.sort((a, b) => (a.order < b.order ? -1 : 1));
  return [...first, ...ordered.map(({ each }) => each)].slice(0, count);
}

/** Where a value stands: the steps to it, and its element. */
interface Spot {
  steps: readonly (string | number)[];
  element: ElementDefinition;
  typeName: string;
  /** All that the definitions on the way say of rules between elements. */
  expressions: string;
}

export class Mutator {
  constructor(
    private readonly definitions: Definitions,
    private readonly resource: Json,
  ) {}

  /** Every mutation that the definition decides, in the order of the resource. */
  *all(): Generator<Mutation> {
    const type = String(this.resource.resourceType);
    const structure = this.structure(type);
    yield* this.ofObject(this.resource, [], structure, type, '');
  }

  /** What a profile asks beyond its base, taken away: its required elements and slices, its constants, its limits. */
  *ofProfile(canonical: string): Generator<Mutation> {
    const profile = this.definitions.structure(canonical);
    if (profile === undefined) throw new Error(`no profile ${canonical}`);
    const base = this.structure(profile.type);
    const baseOf = new Map(base.snapshot.element.map((element) => [element.path, element]));
    const { element: elements } = profile.snapshot;
    for (const element of elements) {
      const [, name = '', ...deeper] = element.id.split('.');
      if (name === '' || deeper.length > 0) continue;
      const key = name.split(':')[0] as string;
      const value = this.resource[key];
      if (value === undefined) continue;
      const before = baseOf.get(element.path);
      const set = (what: string, to: unknown) => this.at([key], `${what} (${name})`, false, to);
      if (!name.includes(':')) {
        if (element.min > (before?.min ?? 0)) yield set('what the profile requires left out', undefined);
        if (element.max === '1' && before?.max === '*')
          yield set('twice what the profile has once', [...(value as unknown[]), (value as unknown[])[0]]);
        continue;
      }
      const constants = elements.filter(({ id }) => id.startsWith(`${element.id}.`) && id.split('.').length === 3);
      const isIn = (item: unknown) => isObject(item) && this.isInSlice(item, element, constants);
      const items = Array.isArray(value) ? value : [];
      const those = items.filter(isIn);
      if (those.length === 0) continue;
      const rest = items.filter((item) => !isIn(item));
      if (element.min > 0) yield set('a required slice left out', rest.length === 0 ? undefined : rest);
      if (element.max === '1') yield set('a slice twice', [...items, those[0]]);
      for (const { path, min } of constants) {
        const inner = path.split('.').at(-1) as string;
        const index = items.indexOf(those[0]);
        if (min === 0 || (those[0] as Json)[inner] === undefined || inner === 'url') continue;
        // What tells the slice is left: without it the item would only be in no slice.
        if (inner === 'type' || inner === 'use') continue;
        const { [inner]: _, ...without } = those[0] as Json;
        yield set(
          `${inner} of a slice left out`,
          items.map((item, i) => (i === index ? without : item)),
        );
      }
    }
  }

  private isInSlice(item: Json, slice: ElementDefinition, inside: readonly ElementDefinition[]): boolean {
    if (slice.path.endsWith('.extension')) {
      const url =
        inside.find(({ path }) => path.endsWith('.url'))?.fixedUri ?? slice.type?.[0]?.profile?.[0]?.split('|')[0];
      return item.url === url;
    }
    let isTold = false;
    for (const element of inside) {
      const name = element.path.split('.').at(-1) as string;
      for (const [key, wanted] of Object.entries(element)) {
        if (!/^(fixed|pattern)[A-Z]/.test(key)) continue;
        isTold = true;
        if (!holds(item[name], wanted)) return false;
      }
    }
    return isTold;
  }

  private structure(type: string): StructureDefinition {
    const found = this.definitions.structure(CORE + type);
    if (found === undefined) throw new Error(`no definition of ${type}`);
    return found;
  }

  private *ofObject(
    value: Json,
    steps: readonly (string | number)[],
    structure: StructureDefinition,
    path: string,
    outer: string,
  ): Generator<Mutation> {
    const depth = path.split('.').length + 1;
    const children = structure.snapshot.element.filter(
      (one) => one.path.startsWith(`${path}.`) && one.path.split('.').length === depth,
    );
    const own = structure.snapshot.element.find((one) => one.path === path);
    const expressions = outer + (own?.constraint ?? []).map(({ expression = '' }) => expression).join('\n');
    yield this.at(steps, 'an unknown element', false, { ...value, inconnu: 'x' });
    yield this.at(steps, 'an element in the wrong case', false, { ...value, Status: 'x' });
    for (const element of children) {
      const name = element.path.slice(path.length + 1);
      const types = element.type ?? [];
      const stem = name.replace('[x]', '');
      const found = name.endsWith('[x]')
        ? types.map(({ code }) => ({ key: stem + code.charAt(0).toUpperCase() + code.slice(1), code }))
        : [{ key: name, code: types[0]?.code ?? 'Element' }];
      for (const { key, code } of found) {
        if (value[key] === undefined) continue;
        const typeName = key === 'id' && path === structure.type && structure.kind === 'resource' ? 'id' : code;
        yield* this.ofMember(value, key, { steps: [...steps, key], element, typeName, expressions }, structure);
      }
    }
  }

  private *ofMember(parent: Json, key: string, spot: Spot, structure: StructureDefinition): Generator<Mutation> {
    const { element, steps, expressions } = spot;
    const value = parent[key];
    const isList = element.max !== '1';
    const set = (what: string, valid: boolean, to: unknown) => this.at(steps, what, valid, to);
    const isRuled = expressions.includes(element.path.split('.').at(-1)?.replace('[x]', '') as string);
    if (element.min > 0) yield set('a required element left out', false, undefined);
    // dom-3: what a contained resource is referred to by cannot go.
    else if (!isRuled && Object.keys(parent).length > 2 && !JSON.stringify(value).includes('"#'))
      yield set('an optional element left out', true, undefined);
    yield set('null', false, null);
    if (isList) {
      yield set('one in place of a list', false, (value as unknown[])[0]);
      yield set('an empty list', false, []);
      yield set('null in a list', false, [...(value as unknown[]), null]);
      if (!isRuled && element.max === '*' && !/^(id|contained|modifierExtension|identifier|participant)$/.test(key)) {
        // Nothing in R4 forbids to say a thing twice in a list without rules.
        yield set('a value twice', true, [...(value as unknown[]), (value as unknown[])[0]]);
      }
      for (let i = 0; i < (value as unknown[]).length; i++) {
        yield* this.ofValue((value as unknown[])[i], { ...spot, steps: [...steps, i] }, structure);
      }
    } else {
      yield set('a list in place of one', false, [value]);
      yield* this.ofValue(value, spot, structure);
    }
  }

  private *ofValue(value: unknown, spot: Spot, structure: StructureDefinition): Generator<Mutation> {
    const { steps, element, typeName, expressions } = spot;
    const set = (what: string, valid: boolean, to: unknown) => this.at(steps, what, valid, to);
    if (!isObject(value)) {
      for (const wrong of WRONG[typeName] ?? [])
        yield set(`${JSON.stringify(wrong).slice(0, 30)} as ${typeName}`, false, wrong);
      if (typeName === 'string' && !/\.(id|system|code|reference)$/.test(element.path))
        yield set('another text', true, 'L’œuvre d’Anaïs\u00a0: n° 2');
      yield* this.ofCode(value, spot);
      return;
    }
    yield set('a text in place of an object', false, 'x');
    yield set('an empty object', false, {});
    if (typeName === 'Reference') yield* this.ofReference(value, spot);
    if (typeName === 'Extension') {
      yield set('an extension without url', false, { ...value, url: undefined });
      return;
    }
    if (typeName === 'Resource' || typeName === 'Narrative') return;
    const isInline = typeName === 'BackboneElement' || typeName === 'Element';
    const { contentReference } = element;
    const path = contentReference?.slice(contentReference.indexOf('#') + 1) ?? element.path;
    if (isInline || contentReference !== undefined) yield* this.ofObject(value, steps, structure, path, expressions);
    else yield* this.ofObject(value, steps, this.structure(typeName), typeName, expressions);
  }

  private *ofCode(value: unknown, { steps, element, typeName }: Spot): Generator<Mutation> {
    const { binding } = element;
    if (typeName !== 'code' || binding?.strength !== 'required' || binding.valueSet === undefined) return;
    const codes = this.definitions.valueSetCodes(binding.valueSet);
    if (codes === undefined) return;
    const set = (what: string, valid: boolean, to: unknown) => this.at(steps, what, valid, to);
    yield set('a code outside the value set', false, 'nulle-part');
    yield set('a code in capitals', false, String(value).toUpperCase() === value ? 'Xx' : String(value).toUpperCase());
    if (IN_INVARIANTS.test(element.path)) return;
    const others = [...codes.codes()].filter((code) => code !== value).slice(0, 3);
    for (const other of others) yield set(`the code ${other}`, true, other);
  }

  private *ofReference(value: Json, { steps, element }: Spot): Generator<Mutation> {
    const targets = (element.type ?? [])
      .flatMap(({ targetProfile }) => targetProfile ?? [])
      .map((url) => url.slice(CORE.length));
    const set = (what: string, valid: boolean, to: unknown) => this.at(steps, what, valid, to);
    yield set('a reference that is none', false, { ...value, reference: 'quelque part' });
    yield set('a contained resource that is not there', false, { ...value, reference: '#nulle-part' });
    if (targets.length === 0 || targets.includes('Resource')) return;
    const wrong = targets.includes('Binary') ? 'Basic' : 'Binary';
    yield set(`a reference to ${wrong}`, false, { ...value, reference: `${wrong}/1` });
    if (typeof value.reference === 'string' && value.reference.startsWith('#')) return;
    for (const target of targets.slice(0, 3)) {
      yield set(`a reference to ${target}`, true, { reference: `${target}/1` });
      yield set(`a reference to ${target} elsewhere`, true, {
        reference: `https://autre.example/fhir/${target}/1/_history/2`,
      });
    }
  }

  /** The resource with the value at `steps` changed in its parent; the resource itself where there are no steps. */
  private at(steps: readonly (string | number)[], what: string, valid: boolean, to: unknown): Mutation {
    // Not a structured clone, which keeps what is shared between two places shared.
    const root = { resource: JSON.parse(JSON.stringify(this.resource)) as Json };
    const all = ['resource', ...steps];
    let parent: unknown = root;
    for (const step of all.slice(0, -1)) parent = (parent as Record<string | number, unknown>)[step];
    put(parent as Json, all.at(-1) as string | number, to);
    const place = steps.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
    return { name: `${String(this.resource.resourceType)}${place}: ${what}`, valid, resource: root.resource };
  }
}

/** Everything that is wanted is there. */
function holds(value: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted))
    return Array.isArray(value) && wanted.every((one) => value.some((each) => holds(each, one)));
  if (!isObject(wanted)) return value === wanted;
  return isObject(value) && Object.entries(wanted).every(([name, one]) => holds(value[name], one));
}

function put(parent: Json | unknown[], name: string | number, value: unknown): void {
  const holder = parent as Record<string | number, unknown>;
  if (value === undefined) delete holder[name];
  else holder[name] = JSON.parse(JSON.stringify(value));
}
