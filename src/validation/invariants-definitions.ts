/** R4's invariants on what defines: ElementDefinition, StructureDefinition, names. https://hl7.org/fhir/R4/structuredefinition.html#invs */
import { isObject, type Json } from './explain.js';
import type { Holds } from './plan.js';
import { among, has, hasAny, hasChoice, isDistinct, list } from './presence.js';

const CORE = 'http://hl7.org/fhir/StructureDefinition';
const NAME = /^[A-Z][A-Za-z0-9_]{0,254}$/;
const SLICE_NAME = /^[a-zA-Z0-9/\-_[\]@]+$/;
const STEP = '[^\\s.,:;\'"/|?!@#$%&*()[\\]{}]{1,64}';
const PATH = new RegExp(`^${STEP}(\\.${STEP}(\\[x\\])?(:[^\\s.]+)?)*$`);
const PLAIN_PATH = /^[A-Za-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*(\[x\])?)*$/;
const CODE = /^([a-zA-Z0-9]+|http:\/\/hl7\.org\/fhirpath\/System\.[A-Z][A-Za-z]+)$/;

const elements = (part: unknown): Json[] => (isObject(part) ? list(part.element) : []);
const both = (v: Json): Json[] => [...elements(v.snapshot), ...elements(v.differential)];
const path = (element: Json | undefined): string => (typeof element?.path === 'string' ? element.path : '');
const isRoot = (element: Json): boolean => !path(element).includes('.');
const isOfCore = (v: Json): boolean => typeof v.url === 'string' && v.url.startsWith(CORE);
const haveIds = (parts: readonly Json[]): boolean => parts.every(({ id }) => id !== undefined);
const ids = (parts: readonly Json[]): unknown[] => parts.map(({ id }) => id);
const isBelow = (parts: readonly Json[], root: string): boolean =>
  parts.slice(1).every((element) => path(element).startsWith(`${root}.`));
/** A name is optional where it is recommended; where it stands it can be a program's. */
const isNamed: Holds = ({ name }) => typeof name !== 'string' || NAME.test(name);

/** The definition around a snapshot or differential; a contained one is not at hand. */
function definitionOf(part: Json, container: Json | undefined): Json | undefined {
  return container?.snapshot === part || container?.differential === part ? container : undefined;
}

/** Types of metadata resources have the same rule under a key each. */
const NAMED_TYPES =
  'adf cid cmd cpb cpd csd ees esc evd evi evv gdf ig inv lib mea msd nsd opd pdf que rsd red rvs sdf smp spd tcp tst vsd';

export const DEFINITION_INVARIANTS: Readonly<Record<string, Holds>> = {
  ...Object.fromEntries(NAMED_TYPES.split(' ').map((type) => [`${type}-0`, isNamed])),
  'eld-2': (v) => v.min === undefined || v.max === undefined || v.max === '*' || Number(v.min) <= Number(v.max),
  'eld-6': (v) => !hasChoice(v, 'fixed') || list(v.type).length <= 1,
  'eld-7': (v) => !hasChoice(v, 'pattern') || list(v.type).length <= 1,
  'eld-8': (v) => !hasChoice(v, 'pattern') || !hasChoice(v, 'fixed'),
  'eld-13': (v) => isDistinct(list(v.type).map((type) => type.code)),
  'eld-14': (v) => isDistinct(list(v.constraint).map((constraint) => constraint.key)),
  'eld-15': (v) => !hasChoice(v, 'defaultValue') || !has(v, 'meaningWhenMissing'),
  'eld-22': (v) => !has(v, 'sliceIsConstraining') || has(v, 'sliceName'),
  'eld-1': (v) => has(v, 'discriminator') || has(v, 'description'),
  'eld-4': (v) => !has(v, 'aggregation') || among(v.code, 'Reference', 'canonical'),
  'eld-17': (v) => !has(v, 'targetProfile') || among(v.code, 'Reference', 'canonical'),
  'eld-5': (v) =>
    !has(v, 'contentReference') ||
    !(
      hasAny(v, 'type', 'example', 'maxLength', 'binding') ||
      ['defaultValue', 'fixed', 'pattern', 'minValue', 'maxValue'].some((choice) => hasChoice(v, choice))
    ),
  // Its expression looks whether there are answers, not whether one of them is yes.
  'eld-11': () => true,
  'eld-12': ({ valueSet }) => typeof valueSet !== 'string' || /^(https?|urn):/.test(valueSet),
  'eld-16': ({ sliceName }) => typeof sliceName !== 'string' || SLICE_NAME.test(sliceName),
  'eld-18': (v) => v.isModifier !== true || has(v, 'isModifierReason'),
  'eld-19': (v) => PATH.test(path(v)),
  'eld-20': (v) => PLAIN_PATH.test(path(v)),
  'eld-21': (v) => has(v, 'expression'),
  'sdf-2': (v) => hasAny(v, 'name', 'uri'),
  'sdf-4': (v) => v.abstract === true || has(v, 'baseDefinition'),
  'sdf-5': (v) => v.type !== 'Extension' || v.derivation === 'specialization' || has(v, 'context'),
  'sdf-6': (v) => hasAny(v, 'snapshot', 'differential'),
  'sdf-18': (v) => !has(v, 'contextInvariant') || v.type === 'Extension',
  'sdf-1': (v) => v.derivation === 'constraint' || isDistinct(elements(v.snapshot).map(path)),
  'sdf-3': (v) => elements(v).every((each) => has(each, 'definition') && has(each, 'min') && has(each, 'max')),
  'sdf-8': (v, { container }) => {
    const root = path(elements(v)[0]);
    const definition = definitionOf(v, container);
    return (
      (definition === undefined || definition.kind === 'logical' || root === definition.type) &&
      isBelow(elements(v), root)
    );
  },
  'sdf-8a': (v, { container }) => {
    const first = path(elements(v)[0]);
    const definition = definitionOf(v, container);
    const begins =
      definition === undefined || definition.kind === 'logical' || first.startsWith(String(definition.type));
    return begins && isBelow(elements(v), first.split('.')[0] as string);
  },
  'sdf-8b': (v) => elements(v).every((each) => has(each, 'base')),
  'sdf-9': (v) => both(v).every((each) => !isRoot(each) || !hasAny(each, 'label', 'code', 'requirements')),
  'sdf-10': ({ binding }) => !isObject(binding) || hasAny(binding, 'valueSet', 'description'),
  'sdf-11': (v) => v.kind === 'logical' || !has(v, 'snapshot') || path(elements(v.snapshot)[0]) === v.type,
  'sdf-14': (v) => haveIds(both(v)),
  'sdf-15': (v) => v.kind === 'logical' || elements(v.snapshot)[0]?.type === undefined,
  'sdf-15a': (v) => {
    const first = elements(v.differential)[0];
    return v.kind === 'logical' || first === undefined || !isRoot(first) || first.type === undefined;
  },
  'sdf-16': (v) => haveIds(elements(v.snapshot)) && isDistinct(ids(elements(v.snapshot))),
  'sdf-17': (v) => haveIds(elements(v.differential)) && isDistinct(ids(elements(v.differential))),
  'sdf-19': (v) =>
    !isOfCore(v) ||
    both(v).every(({ type }) => list(type).every(({ code }) => code === undefined || CODE.test(String(code)))),
  'sdf-20': (v) => elements(v).every((each) => !isRoot(each) || !has(each, 'slicing')),
  'sdf-21': (v) =>
    v.derivation === 'specialization' || !elements(v.differential).some((each) => hasChoice(each, 'defaultValue')),
  'sdf-22': (v) => !isOfCore(v) || !both(v).some((each) => hasChoice(each, 'defaultValue')),
  'sdf-23': (v) => both(v).every((each) => !isRoot(each) || !has(each, 'sliceName')),
};
