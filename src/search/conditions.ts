/**
 * One pair of a query string as a condition: a parameter with its modifier, a chain, or `_has`.
 * https://hl7.org/fhir/R4/search.html#chaining, https://hl7.org/fhir/R4/search.html#has
 */
import { FhirError } from '../r4/errors.js';
import { nearMiss } from '../r4/near-miss.js';
import { INSIDE, insideFirst } from './bundled.js';
import { isFollowed, withinContained } from './contained.js';
import { split, unescaped } from './escapes.js';
import { compositeFilter } from './parameters/composite.js';
import { dateMatch } from './parameters/date.js';
import { BadValue } from './parameters/parameter-type.js';
import type { Filter } from './query.js';
import type { SearchRegistry, ServedParameter } from './registry.js';
import type { Terms } from './terms.js';
import { wordsOf } from './words.js';

export interface ConditionContext {
  registry: SearchRegistry;
  baseUrl: string;
  timeZone: string;
  terms: Terms;
  budget: Budget;
  /** What the answer leaves out, to be told with it. */
  notes: FhirError[];
}

/** What one query may still ask for: it is answered before any other, so all that it asks together has to be short. */
export interface Budget {
  /** Alternatives as they are written, for each type. */
  values: number;
  /** Ways of chains, for each type. */
  branches: number;
  /** Shared by all types that are searched: conditions, and alternatives once sets and bare ids are spread out. */
  shared: { questions: number; alternatives: number };
}

/** Hops of a chain, `_has` included. */
export const MAX_HOPS = 12;
export const MAX_VALUES = 2000;
/** Ways that chains without types may take: each hop tries every type that its reference may point to. */
export const MAX_BRANCHES = 400;

/** Measured: a condition on a type takes half a millisecond to be asked. */
const MAX_QUESTIONS = 2000;
const MAX_ALTERNATIVES = 20_000;
/** Values that cost so many times more than others: units are converted, distances computed. */
const COSTLY = 20;

export function newBudget(): Budget {
  return {
    values: MAX_VALUES,
    branches: MAX_BRANCHES,
    shared: { questions: MAX_QUESTIONS, alternatives: MAX_ALTERNATIVES },
  };
}

/** Throws `search-too-large`. */
export function spend<Name extends string>(budget: Record<Name, number>, name: Name, cost: number, max: number): void {
  budget[name] -= cost;
  if (budget[name] < 0) throw new FhirError('search-too-large', { max });
}

/** The alternatives that a store is asked for. */
function alternativesOf(filter: Filter): number {
  return 'anyOf' in filter ? filter.anyOf.length : 1;
}

/**
 * What `name=value` asks of resources of a type. Throws FhirError: `unknown-parameter`, `unsupported-parameter`,
 * `unknown-modifier`, `bad-search-value`, `bad-chain`, `parameter-pending`, `search-too-large`.
 */
export function conditionOf(type: string, name: string, value: string, context: ConditionContext, hops = 0): Filter {
  if (hops > MAX_HOPS) throw new FhirError('search-too-large', { max: MAX_HOPS });
  spend(context.budget, 'branches', 1, MAX_BRANCHES);
  spend(context.budget.shared, 'questions', 1, MAX_QUESTIONS);
  if (name.startsWith('_has:')) return has(type, name, value, context, hops);
  const dot = name.indexOf('.');
  if (dot >= 0) {
    const rest = name.slice(dot + 1);
    return chainTo(
      type,
      name.slice(0, dot),
      (target) => [conditionOf(target, rest, value, context, hops + 1)],
      context,
    );
  }
  if (name === '_list') return listed(type, value, context);
  const [code = '', modifier] = nameAndModifier(name);
  return own(type, code, modifier, value, context);
}

/** Members of a List. https://hl7.org/fhir/R4/search.html#list */
function listed(type: string, value: string, context: ConditionContext): Filter {
  const ids = split(value, ',').map(unescaped);
  spend(context.budget, 'values', ids.length, MAX_VALUES);
  if (ids.some((id) => !/^[A-Za-z0-9\-.]{1,64}$/.test(id))) {
    throw badValue('_list', value, {
      en: 'the id of a List is expected; lists that the server keeps by itself ($current-...) are not served',
      fr: 'l’id d’une List est attendu ; les listes tenues par le serveur ($current-...) ne sont pas servies',
    });
  }
  const [item] = context.registry.parameter('List', 'item');
  if (item === undefined || !context.registry.types.has('List')) {
    throw unknownParameter(type, '_list', context.registry);
  }
  return { kind: 'has', key: item.key, type: 'List', where: [{ kind: 'id', anyOf: ids }] };
}

function nameAndModifier(name: string): [string, string | undefined] {
  const colon = name.indexOf(':');
  return colon < 0 ? [name, undefined] : [name.slice(0, colon), name.slice(colon + 1)];
}

/** The definitions of a code; throws when there is none that is ready. */
function definitionsOf(type: string, code: string, { registry, notes }: ConditionContext): readonly ServedParameter[] {
  const found = registry.parameter(type, code);
  if (found.length === 0) throw unknownParameter(type, code, registry);
  return readyOf(type, code, found, registry, notes);
}

/**
 * Those of the definitions of a code that are indexed. Throws `parameter-pending` where the answer would be a part: with
 * one of two definitions that were added. But no client's definition shuts a search of R4's own: what it would add is not
 * there yet, and `notes` tells it.
 */
export function readyOf(
  type: string,
  code: string,
  definitions: readonly ServedParameter[],
  registry: SearchRegistry,
  notes: FhirError[],
): readonly ServedParameter[] {
  const ready = definitions.filter((one) => !registry.isPending(type, one));
  if (ready.length === definitions.length) return definitions;
  const pending = new FhirError('parameter-pending', { name: code, type }, { expression: `http.${code}` });
  if (ready.every(({ key }) => registry.customKeys(type).has(key))) throw pending;
  const isTold = notes.some(({ key, params }) => key === pending.key && params.name === code && params.type === type);
  if (!isTold) notes.push(pending);
  return ready;
}

export function unknownParameter(type: string, code: string, registry: SearchRegistry): FhirError {
  const name = code.slice(0, 64);
  const expression = `http.${name}`;
  if (registry.isUnserved(type, code)) return new FhirError('unsupported-parameter', { name, type }, { expression });
  const valid = [...new Set(registry.parameters(type).map((p) => p.code)), ...RESULT_PARAMETERS];
  // One that wants more after its name is no miss of itself.
  const near = nearMiss(
    name,
    valid.filter((one) => one !== name),
  );
  return new FhirError('unknown-parameter', { name, type, near, valid: valid.join(', ') }, { expression });
}

/** Parameters about the search as a whole. https://hl7.org/fhir/R4/search.html#return */
export const RESULT_PARAMETERS = [
  '_count',
  '_elements',
  '_explain',
  '_filter',
  '_has',
  '_include',
  '_list',
  '_revinclude',
  '_sort',
  '_summary',
  '_total',
] as const;

function own(
  type: string,
  code: string,
  modifier: string | undefined,
  value: string,
  context: ConditionContext,
): Filter {
  const definitions = definitionsOf(type, code, context);
  const texts = split(value, ',');
  const isCostly = definitions.some(({ type: kind }) => /^(quantity|composite|special)$/.test(kind));
  const cost = isCostly ? COSTLY : 1;
  spend(context.budget, 'values', texts.length * cost, MAX_VALUES / cost);
  const filters: Filter[] = [];
  let refusal: unknown;
  for (const definition of definitions) {
    try {
      checkModifier(definition, modifier, context);
      const filter = build(definition, modifier, texts, context);
      spend(context.budget.shared, 'alternatives', alternativesOf(filter), MAX_ALTERNATIVES);
      filters.push(filter);
    } catch (error) {
      if (error instanceof FhirError && error.key === 'search-too-large') throw error;
      refusal ??= error instanceof BadValue ? badValue(joined(code, modifier), error.value, error.reason) : error;
    }
  }
  if (filters.length === 0) throw refusal;
  // What excludes must hold for each definition, what includes for one.
  const excludes = modifier === 'not' || modifier === 'not-in' || (modifier === 'missing' && value === 'true');
  return several(filters, excludes ? 'all' : 'any');
}

const joined = (code: string, modifier: string | undefined) => (modifier === undefined ? code : `${code}:${modifier}`);

/** One filter of several, those that are alike counted once. */
export function several(filters: readonly Filter[], kind: 'all' | 'any'): Filter {
  const distinct = [...new Map(filters.map((filter) => [JSON.stringify(filter), filter])).values()];
  const [only, other] = distinct;
  return only !== undefined && other === undefined ? only : { kind, of: distinct };
}

export function badValue(name: string, value: string, reason: { en: string; fr: string }): FhirError {
  return new FhirError(
    'bad-search-value',
    { name: name.slice(0, 64), value: value.slice(0, 100), reason },
    { expression: `http.${name.slice(0, 64)}` },
  );
}

/** Types that a reference may point to, among those served. */
export function targetTypes({ targets }: ServedParameter, { types }: SearchRegistry): readonly string[] {
  return targets.filter((type) => types.has(type));
}

function isReference({ kind }: ServedParameter): boolean {
  return typeof kind === 'object' && kind.kind === 'reference';
}

function checkModifier(parameter: ServedParameter, modifier: string | undefined, { registry }: ConditionContext): void {
  const { code, modifiers, targets } = parameter;
  if (modifier === undefined || modifiers.includes(modifier)) return;
  if (isReference(parameter) && (targets.length === 0 ? registry.types.has(modifier) : targets.includes(modifier))) {
    return;
  }
  const valid = isReference(parameter) ? [...modifiers, ...targets] : modifiers;
  throw new FhirError('unknown-modifier', {
    name: code,
    modifier: modifier.slice(0, 64),
    valid: valid.join(', ') || '-',
  });
}

/** Any instant. */
const ALWAYS = { prefix: 'ge', low: 0, high: 0 } as const;

function build(
  parameter: ServedParameter,
  modifier: string | undefined,
  texts: readonly string[],
  { baseUrl, timeZone, terms }: ConditionContext,
): Filter {
  const { kind, key, targets, composition } = parameter;
  if (modifier === 'missing') {
    const [text = ''] = texts;
    if (texts.length !== 1 || (text !== 'true' && text !== 'false')) {
      throw new BadValue(text, { en: 'true or false is expected', fr: 'true ou false est attendu' });
    }
    // Every resource has both.
    if (typeof kind === 'string') {
      return text === 'true' ? { kind: 'id', anyOf: [] } : { kind: 'lastUpdated', anyOf: [ALWAYS] };
    }
    return { kind: 'missing', key, valueKind: kind.kind, missing: text === 'true' };
  }
  switch (kind) {
    case '_id': {
      if (texts.includes('')) throw new BadValue('', { en: 'it is empty', fr: 'elle est vide' });
      const filter: Filter = { kind: 'id', anyOf: texts.map(unescaped) };
      return modifier === 'not' ? { kind: 'not', of: filter } : filter;
    }
    case '_lastUpdated':
      return { kind: 'lastUpdated', anyOf: texts.map((text) => dateMatch(text, timeZone)) };
    case '_text':
    case '_content':
      return { kind: 'words', area: kind === '_text' ? 'narrative' : 'content', anyOf: texts.map(allWords) };
    case 'composite':
      if (composition === undefined) throw new Error('a composite without its parts');
      return compositeFilter(composition, { key, texts, baseUrl, timeZone, terms });
    default:
      return kind.parse({ key, texts, modifier, targets, baseUrl, timeZone, terms });
  }
}

/** Words of one full-text alternative. */
const MAX_WORDS = 20;

function allWords(text: string): string[] {
  const words = [...new Set(wordsOf(unescaped(text)))];
  if (words.length === 0) throw new BadValue(text, { en: 'a word is expected', fr: 'un mot est attendu' });
  if (words.length > MAX_WORDS) {
    throw new BadValue(text, { en: `${MAX_WORDS} words at most`, fr: `${MAX_WORDS} mots au plus` });
  }
  return words;
}

/**
 * Resources whose reference `step` (`subject`, `subject:Patient`) leads to one that fits what `where` gives for its
 * type. A type for which `where` throws a FhirError does not count, unless all do.
 */
export function chainTo(
  type: string,
  step: string,
  where: (target: string) => Filter[],
  context: ConditionContext,
): Filter {
  const { registry } = context;
  const [code, target] = nameAndModifier(step);
  const filters: Filter[] = [];
  let refusal: FhirError | undefined;
  for (const definition of definitionsOf(type, code, context)) {
    for (const one of hopTargets(type, step, definition, target, registry)) {
      try {
        const asked = where(one);
        if (definition.places.has(INSIDE)) {
          const isIndexed = (key: string) => !registry.customKeys(one).has(key);
          const within = insideFirst(definition.key, one, asked, isIndexed);
          if (within === undefined) throw badChain(step, type, NOT_INSIDE);
          filters.push(within);
          continue;
        }
        filters.push({ kind: 'chain', key: definition.key, type: one, where: asked });
        const inside = isFollowed(type, code) ? withinContained(definition.key, asked) : undefined;
        if (inside !== undefined) filters.push(inside);
      } catch (error) {
        // Of the types that the reference may point to, those that have the parameter count.
        if (!(error instanceof FhirError) || error.key === 'search-too-large') throw error;
        if (error.key === 'parameter-pending') throw error;
        refusal = refusal === undefined || isBetter(error) ? error : refusal;
      }
    }
  }
  if (filters.length === 0) throw refusal ?? badChain(step, type, NO_TYPE);
  return several(filters, 'any');
}

function hopTargets(
  type: string,
  step: string,
  definition: ServedParameter,
  target: string | undefined,
  registry: SearchRegistry,
): readonly string[] {
  if (!isReference(definition)) throw badChain(step, type, NO_REFERENCE);
  if (!definition.places.has('Reference') && !definition.places.has(INSIDE)) throw badChain(step, type, CANONICAL);
  const possible = targetTypes(definition, registry);
  if (target === undefined) {
    if (possible.length === 0) throw badChain(step, type, TYPE_NEEDED);
    return possible;
  }
  if (!registry.types.has(target)) throw badChain(step, type, NO_TYPE);
  return pointsTo(definition, target) ? [target] : [];
}

/** A value that does not parse says more than a type that lacks the parameter. */
const isBetter = (error: FhirError) => error.key !== 'unknown-parameter' && error.key !== 'unsupported-parameter';

const NO_REFERENCE = { en: 'it is no reference', fr: 'ce n’est pas une référence' };
const CANONICAL = {
  en: 'it holds canonical URLs, which chains do not follow',
  fr: 'il contient des URL canoniques, que les chaînes ne suivent pas',
};
const NOT_INSIDE = {
  en: 'of a resource inside a Bundle this is not indexed',
  fr: 'ceci n’est pas indexé pour une ressource à l’intérieur d’un Bundle',
};
const NO_TYPE = { en: 'it points to no type served here', fr: 'il ne désigne aucun type servi ici' };
const TYPE_NEEDED = {
  en: 'it may point to any type: name one, as in subject:Patient.name',
  fr: 'il peut désigner tout type : nommez-en un, comme dans subject:Patient.name',
};
const HAS_FORM = {
  en: '_has:Type:reference:parameter is expected',
  fr: '_has:Type:référence:paramètre est attendu',
};
const NO_TYPE_HERE = { en: 'this type is not served here', fr: 'ce type n’est pas servi ici' };
const NOT_HERE = { en: 'it cannot point to this type', fr: 'il ne peut désigner ce type' };

function badChain(name: string, type: string, reason: { en: string; fr: string }): FhirError {
  return new FhirError(
    'bad-chain',
    { name: name.slice(0, 64), type, reason },
    { expression: `http.${name.slice(0, 64)}` },
  );
}

/** `_has:Observation:patient:code`: resources that others point to. */
function has(type: string, name: string, value: string, context: ConditionContext, hops: number): Filter {
  const { registry } = context;
  const match = /^_has:([^:]+):([^:]+):(.+)$/s.exec(name);
  const [, other = '', code = '', rest = ''] = match ?? [];
  if (match === null) throw badChain(name, type, HAS_FORM);
  if (!registry.types.has(other)) {
    const near = nearMiss(other, registry.types);
    throw badChain(name, type, near === '' ? NO_TYPE_HERE : { en: `did you mean ${near}?`, fr: `${near} ?` });
  }
  const filters = definitionsOf(other, code, context)
    .filter((one) => isReference(one) && one.places.has('Reference') && pointsTo(one, type))
    .map(
      ({ key }): Filter => ({
        kind: 'has',
        key,
        type: other,
        where: [conditionOf(other, rest, value, context, hops + 1)],
      }),
    );
  if (filters.length === 0) throw badChain(`${other}:${code}`, type, NOT_HERE);
  return several(filters, 'any');
}

function pointsTo({ targets }: ServedParameter, type: string): boolean {
  return targets.length === 0 || targets.includes(type);
}
