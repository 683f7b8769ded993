/** `_filter` as a condition: each comparison is what the search parameter itself would be asked. https://hl7.org/fhir/R4/search_filter.html */

import { FhirError } from '../r4/errors.js';
import { badValue, type ConditionContext, chainTo, conditionOf, MAX_BRANCHES, MAX_HOPS, spend } from './conditions.js';
import { escapedValue } from './escapes.js';
import {
  type FilterExpression,
  type FilterOperator,
  type FilterStep,
  FilterSyntaxError,
  parseFilter,
} from './filter-syntax.js';
import type { DateMatch, Filter, StringMatch } from './query.js';
import type { ServedParameter } from './registry.js';

const MAX_LENGTH = 8192;

/** Throws FhirError: `bad-filter`, and what a parameter asked by itself would throw. */
export function filterCondition(type: string, text: string, context: ConditionContext): Filter {
  return conditionOfTree(type, tree(text), context, 0);
}

function tree(text: string): FilterExpression {
  if (text.length > MAX_LENGTH) throw new FhirError('search-too-large', { max: MAX_LENGTH });
  try {
    return parseFilter(text);
  } catch (error) {
    if (!(error instanceof FilterSyntaxError)) throw error;
    throw new FhirError('bad-filter', { at: error.at, reason: error.reason }, { expression: 'http._filter' });
  }
}

const TERM_MODIFIER: Readonly<Partial<Record<FilterOperator, string>>> = {
  in: 'in',
  ni: 'not-in',
  ss: 'below',
  sb: 'above',
};

/** The value sets and codes that a filter names, each with the search modifier that its operator stands for. */
export function filterTerms(text: string): [string, string][] {
  const found: [string, string][] = [];
  const walk = (expression: FilterExpression): void => {
    if (expression.op === 'not') walk(expression.of);
    else if (expression.op === 'compare') {
      const modifier = TERM_MODIFIER[expression.operator];
      if (modifier !== undefined) found.push([modifier, expression.value]);
      for (const { filter } of expression.path) if (filter !== undefined) walk(filter);
    } else {
      walk(expression.left);
      walk(expression.right);
    }
  };
  try {
    walk(parseFilter(text.slice(0, MAX_LENGTH)));
  } catch (error) {
    // What is wrong with it is said when it is read.
    if (!(error instanceof FilterSyntaxError)) throw error;
  }
  return found;
}

function conditionOfTree(type: string, expression: FilterExpression, context: ConditionContext, hops: number): Filter {
  switch (expression.op) {
    case 'and':
    case 'or':
      return {
        kind: expression.op === 'and' ? 'all' : 'any',
        of: [
          conditionOfTree(type, expression.left, context, hops),
          conditionOfTree(type, expression.right, context, hops),
        ],
      };
    case 'not':
      return { kind: 'not', of: conditionOfTree(type, expression.of, context, hops) };
    case 'compare':
      return comparison(type, expression.path, expression, context, hops);
  }
}

type Comparison = FilterExpression & { op: 'compare' };

function comparison(
  type: string,
  path: readonly FilterStep[],
  compared: Comparison,
  context: ConditionContext,
  hops: number,
): Filter {
  const [step, ...rest] = path;
  if (step === undefined || hops > MAX_HOPS) throw new FhirError('search-too-large', { max: MAX_HOPS });
  const { name, type: target, filter } = step;
  if (rest.length === 0) {
    if (target !== undefined || filter !== undefined) {
      throw badValue('_filter', name, {
        en: 'a type or a filter in brackets is followed by a further parameter',
        fr: 'un type ou un filtre entre crochets est suivi d’un autre paramètre',
      });
    }
    return compare(type, name, compared, context);
  }
  const where = (one: string): Filter[] => [
    ...(filter === undefined ? [] : [conditionOfTree(one, filter, context, hops + 1)]),
    comparison(one, rest, compared, context, hops + 1),
  ];
  spend(context.budget, 'branches', 1, MAX_BRANCHES);
  return chainTo(type, target === undefined ? name : `${name}:${target}`, where, context);
}

const PREFIXES: ReadonlySet<string> = new Set(['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap']);

/** The kind of a parameter as far as operators care. */
function kindOf({ kind }: ServedParameter): string {
  if (typeof kind === 'object') return kind.kind;
  return kind === '_lastUpdated' ? 'date' : kind === '_id' ? 'id' : kind;
}

function compare(type: string, name: string, { operator, value }: Comparison, context: ConditionContext): Filter {
  const ask = (modifier: string, text: string) => conditionOf(type, name + modifier, text, context);
  if (operator === 'pr') return ask(':missing', value === 'true' ? 'false' : 'true');
  const [definition] = context.registry.parameter(type, name);
  // Also says what is wrong with an unknown name.
  if (definition === undefined) return ask('', value);
  const kind = kindOf(definition);
  const modifier = TERM_MODIFIER[operator];
  if (kind === 'token' && modifier !== undefined) return ask(`:${modifier}`, escaped(value));
  if (kind === 'date' || kind === 'number') {
    if (PREFIXES.has(operator)) return ask('', operator + escaped(value));
    if (operator === 'po' && kind === 'date') return overlapping(ask('', `eq${escaped(value)}`));
  }
  if (kind === 'string') {
    const text = escapedValue(value);
    if (operator === 'eq') return ask(':exact', text);
    if (operator === 'ne') return { kind: 'not', of: ask(':exact', text) };
    if (operator === 'sw') return ask('', text);
    if (operator === 'co') return ask(':contains', text);
    if (operator === 'ew') return ending(ask(':contains', text));
  }
  if (/^(token|reference|uri|id|position|composite)$/.test(kind)) {
    if (operator === 'eq' || (operator === 're' && kind === 'reference')) return ask('', escaped(value));
    if (operator === 'ne') return { kind: 'not', of: ask('', escaped(value)) };
    if (kind === 'uri' && operator === 'sw') return ask(':below', escaped(value));
  }
  if (/^_(text|content)$/.test(kind) && (operator === 'co' || operator === 'eq')) return ask('', escaped(value));
  throw badValue('_filter', `${name} ${operator}`, {
    en: `this operator does not go with a parameter of type ${definition.type}`,
    fr: `cet opérateur ne va pas avec un paramètre de type ${definition.type}`,
  });
}

/** A comma or backslash in a value of a filter is no separator. */
const escaped = (value: string) => value.replace(/[\\,]/g, '\\$&');

/** The same dates, met by any overlap. */
function overlapping(filter: Filter): Filter {
  const overlap = (match: DateMatch): DateMatch => ({ ...match, prefix: 'ap' });
  if (filter.kind === 'date' || filter.kind === 'lastUpdated') return { ...filter, anyOf: filter.anyOf.map(overlap) };
  return changed(filter, overlapping);
}

/** The same texts, at the end of a value. */
function ending(filter: Filter): Filter {
  if (filter.kind !== 'string') return changed(filter, ending);
  return {
    ...filter,
    anyOf: filter.anyOf.map(
      (match): StringMatch => (match.mode === 'contains' ? { mode: 'suffix', value: match.value } : match),
    ),
  };
}

/** Two definitions of one code are two filters. */
function changed(filter: Filter, change: (one: Filter) => Filter): Filter {
  return filter.kind === 'any' || filter.kind === 'all' ? { ...filter, of: filter.of.map(change) } : filter;
}
