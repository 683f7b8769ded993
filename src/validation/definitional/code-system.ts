/**
 * A CodeSystem against its own words: the properties it declares and those of its concepts, its count, what it adds to.
 * https://hl7.org/fhir/R4/codesystem.html
 */
import type { Definitions } from '../../r4/definitions/index.js';
import { type At, below, fail, isObject, type Json, note, type Run, shown } from '../explain.js';
import type { Check } from '../plan.js';
import { list } from '../presence.js';

const STANDARD = 'http://hl7.org/fhir/concept-properties#';
/** https://hl7.org/fhir/R4/codesystem-concept-properties.html */
const TYPES: Readonly<Record<string, string>> = {
  inactive: 'boolean',
  deprecated: 'dateTime',
  notSelectable: 'boolean',
  parent: 'code',
  child: 'code',
};
/** Named by that page and by later ones: concepts may have them without a declaration. */
const UNDECLARED =
  /^(inactive|deprecated|deprecationDate|retirementDate|notSelectable|parent|child|status|synonym|order|comment|itemWeight|effectiveDate|label|partOf)$/;
const TYPE_OF_VALUE: Readonly<Record<string, string>> = {
  valueCode: 'code',
  valueCoding: 'Coding',
  valueString: 'string',
  valueInteger: 'integer',
  valueBoolean: 'boolean',
  valueDateTime: 'dateTime',
  valueDecimal: 'decimal',
};

export function codeSystemCheck(definitions: Definitions): Check {
  return (value, at, run) => {
    const system = value as Json;
    let ok = checkProperties(system, at, run);
    if (!ok && at === undefined) return false;
    if (!checkContent(system, at, run)) ok = false;
    if (!ok && at === undefined) return false;
    return checkConcepts(system, definitions, at, run) && ok;
  };
}

function checkProperties(system: Json, at: At, run: Run): boolean {
  const codes = new Set<unknown>();
  const uris = new Set<unknown>();
  let ok = true;
  list(system.property).forEach(({ code, uri, type }, i) => {
    const place = below(at, 'property', i);
    // HL7's own publication of SNOMED CT does both.
    if (codes.has(code)) note(run, place, 'warning', 'property-twice', { value: shown(code) });
    else if (uri !== undefined && uris.has(uri)) note(run, place, 'warning', 'property-twice', { value: shown(uri) });
    codes.add(code);
    uris.add(uri);
    if (typeof uri !== 'string' || !uri.startsWith(STANDARD)) return;
    const wanted = TYPES[uri.slice(STANDARD.length)];
    if (wanted !== undefined && wanted !== type) {
      ok = fail(run, below(place, 'type'), 'property-type', { code: shown(code), wanted, found: shown(type) });
    }
  });
  return ok;
}

/** What `content`, `count` and `supplements` say together. */
function checkContent(system: Json, at: At, run: Run): boolean {
  const { content, count, supplements, compositional } = system;
  if (supplements !== undefined && content !== 'supplement') {
    return fail(run, below(at, 'content'), 'supplement-content', { content: shown(content) });
  }
  const concepts = countOf(system);
  if (content === 'not-present' && concepts > 0) return fail(run, below(at, 'concept'), 'content-not-present', {});
  if (content !== 'complete' || typeof count !== 'number' || compositional === true || count === concepts) return true;
  return fail(run, below(at, 'count'), 'concept-count', { count, concepts });
}

function countOf({ concept }: Json): number {
  let count = 0;
  const open: Json[] = [...list(concept)];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    count++;
    for (const each of list(next.concept)) open.push(each);
  }
  return count;
}

function checkConcepts(system: Json, definitions: Definitions, at: At, run: Run): boolean {
  const declared = new Map(list(system.property).map(({ code, type }) => [code, type]));
  const base = typeof system.supplements === 'string' ? definitions.hierarchy(system.supplements) : undefined;
  const walk = (concepts: unknown, above: At): boolean => {
    if (!Array.isArray(concepts)) return true;
    let ok = true;
    for (let i = 0; i < concepts.length && (ok || at !== undefined); i++) {
      const concept: unknown = concepts[i];
      if (!isObject(concept)) continue;
      const place = below(above, 'concept', i);
      const { code } = concept;
      if (base !== undefined && typeof code === 'string' && !base.has(code)) {
        ok = fail(run, below(place, 'code'), 'code-unknown', { code: shown(code), system: shown(system.supplements) });
      }
      list(concept.property).forEach((property, j) => {
        if (!checkValue(property, declared, definitions, below(place, 'property', j), run)) ok = false;
      });
      if (!walk(concept.concept, place)) ok = false;
    }
    return ok;
  };
  return walk(system.concept, at);
}

function checkValue(
  property: Json,
  declared: ReadonlyMap<unknown, unknown>,
  definitions: Definitions,
  at: At,
  run: Run,
): boolean {
  const { code } = property;
  if (typeof code !== 'string') return true;
  if (!declared.has(code)) {
    return UNDECLARED.test(code) || fail(run, below(at, 'code'), 'property-undeclared', { code: shown(code) });
  }
  const type = declared.get(code);
  const found = Object.keys(property).find((key) => key in TYPE_OF_VALUE);
  if (found !== undefined && TYPE_OF_VALUE[found] !== type) {
    return fail(run, at, 'property-type', { code, wanted: shown(type), found: TYPE_OF_VALUE[found] as string });
  }
  const { valueCoding: coding } = property;
  if (!isObject(coding) || typeof coding.system !== 'string' || typeof coding.code !== 'string') return true;
  const known = definitions.hierarchy(coding.system);
  if (known === undefined || known.has(coding.code)) return true;
  return fail(run, below(at, 'value'), 'code-unknown', { code: shown(coding.code), system: shown(coding.system) });
}
