/**
 * What a ValueSet includes against the code systems that are known: systems that are systems, filters whose values can
 * be. https://hl7.org/fhir/R4/valueset.html#compositions
 */
import type { Definitions } from '../../r4/definitions/index.js';
import { type At, below, fail, isObject, type Json, note, type Run, shown } from '../explain.js';
import type { Check } from '../plan.js';
import { list } from '../presence.js';
import { isAbsolute } from './canonical.js';
import { isExpressionConstraint } from './ecl.js';

const SNOMED = 'http://snomed.info/sct';
/** Filters whose value is a code of the system. */
const HIERARCHICAL = /^(is-a|descendent-of|is-not-a|generalizes)$/;

export function valueSetCheck(definitions: Definitions): Check {
  return (value, at, run) => {
    const { compose } = value as Json;
    if (!isObject(compose)) return true;
    let ok = true;
    for (const part of ['include', 'exclude']) {
      list(compose[part]).forEach((include, i) => {
        const place = at === undefined ? undefined : below(below(at, 'compose'), part, i);
        if ((ok || at !== undefined) && !checkInclude(include, definitions, place, run)) ok = false;
      });
    }
    return ok;
  };
}

function checkInclude(include: Json, definitions: Definitions, at: At, run: Run): boolean {
  const { system } = include;
  if (typeof system !== 'string') return true;
  // A contained code system, as an example of R4 itself has it.
  if (system.startsWith('#')) return true;
  if (!isAbsolute(system)) return fail(run, below(at, 'system'), 'system-relative', { system: shown(system) });
  const authored = definitions.authored('CodeSystem', system) as Json | undefined;
  if (authored?.content === 'supplement') {
    return fail(run, below(at, 'system'), 'code-system-supplement', { system: shown(system) });
  }
  // FR Core 2.1.0 publishes one such, which must be loadable.
  if (definitions.isValueSet(system)) {
    note(run, below(at, 'system'), 'warning', 'system-value-set', { system: shown(system) });
  }
  let ok = true;
  list(include.filter).forEach((filter, i) => {
    if (!checkFilter(filter, system, authored, definitions, below(at, 'filter', i), run)) ok = false;
  });
  return ok;
}

function checkFilter(
  filter: Json,
  system: string,
  authored: Json | undefined,
  definitions: Definitions,
  at: At,
  run: Run,
): boolean {
  const { property, op, value } = filter;
  if (typeof value !== 'string') return true;
  if (system === SNOMED && (property === 'constraint' || property === 'expressions')) {
    return (
      property === 'expressions' ||
      isExpressionConstraint(value) ||
      fail(run, below(at, 'value'), 'filter-expression', { value: shown(value) })
    );
  }
  if (op === 'regex' || op === 'exists') {
    if (op === 'regex' || value === 'true' || value === 'false') return true;
    return fail(run, below(at, 'value'), 'filter-value', { value: shown(value), type: 'boolean' });
  }
  const ofConcept = property === 'concept' || property === 'code' || HIERARCHICAL.test(String(op));
  if (ofConcept) return op === 'in' || op === 'not-in' || isCode(value, system, definitions, at, run);
  const declared = list(authored?.property).find(({ code }) => code === property);
  return declared === undefined || op !== '=' || checkTyped(value, declared.type, system, definitions, at, run);
}

/** A code of the system, where all of its codes are known. */
function isCode(code: string, system: string, definitions: Definitions, at: At, run: Run): boolean {
  const known = definitions.hierarchy(system);
  if (known === undefined || known.has(code)) return true;
  return fail(run, below(at, 'value'), 'code-unknown', { code: shown(code), system: shown(system) });
}

/** The value of a filter is text, whatever type its property has. */
function checkTyped(value: string, type: unknown, system: string, definitions: Definitions, at: At, run: Run): boolean {
  if (type === 'code') return isCode(value, system, definitions, at, run);
  if (type === 'Coding') {
    const hash = value.indexOf('#');
    if (hash > 0)
      return isCode(value.slice(hash + 1), value.slice(0, hash).split('|')[0] as string, definitions, at, run);
  }
  // Numbers come with comparators here, whatever the operator says: they are left alone.
  const wrong = type === 'boolean' && !/^(true|false)$/.test(value);
  return !wrong || fail(run, below(at, 'value'), 'filter-value', { value: shown(value), type: String(type) });
}
