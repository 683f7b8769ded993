/**
 * The values of R4's search parameters, taken by the `fhirpath` package from the expressions as HL7 wrote them: nothing
 * of the server's own reading of them is used here.
 */
import { readFileSync } from 'node:fs';
import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4/index.js';

const all = JSON.parse(readFileSync(new URL('../../generated/r4/search-parameters.json', import.meta.url), 'utf8'));
const byUrl = new Map(all.map((one) => [one.url, one]));
const BASES = ['Resource', 'DomainResource'];
/** Without an expression that says what they mean, or with rules of their own. */
const OTHER = new Set(['_id', '_lastUpdated', '_text', '_content', '_query', '_list', '_has', '_type', '_filter']);

const perType = new Map();

/** The parameters of a type by their codes. */
export function parametersOf(type) {
  let found = perType.get(type);
  if (found === undefined) {
    const mine = all.filter(({ base, code }) => !OTHER.has(code) && base.some((b) => b === type || BASES.includes(b)));
    found = new Map(mine.map((one) => [one.code, one]));
    perType.set(type, found);
  }
  return found;
}

/** `A | (B as C)` without what is inside of brackets. */
function alternatives(expression) {
  const parts = [];
  let depth = 0;
  let start = 0;
  for (const [i, character] of [...expression].entries()) {
    if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (character === '|' && depth === 0) {
      parts.push(expression.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, expression.slice(start)].map((part) => part.trim());
}

/** R4 means `as` of each of several nodes, which FHIRPath calls `ofType`; one of its expressions says `DateTime`. */
const ofEach = (expression) =>
  expression
    .replace(/\(?([\w.[\]]+) as (\w+)\)?/g, '$1.ofType($2)')
    .replace(/\.as\((\w+)\)/g, '.ofType($1)')
    .replace('ofType(DateTime)', 'ofType(dateTime)');

const compiled = new Map();
/** All that an expression yields; `.type().name` after it tells the FHIR types. */
function evaluate(resource, expression) {
  let run = compiled.get(expression);
  if (run === undefined) {
    run = fhirpath.compile(ofEach(expression), r4);
    compiled.set(expression, run);
  }
  return run(resource);
}

const RESOLVED = /\.where\(resolve\(\) is (\w+)\)$/;
const URL_TYPE = /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;
const referencedType = ({ reference, type }) => URL_TYPE.exec(reference ?? '')?.[1] ?? type;

/** The nodes at an expression, each with its FHIR type. */
function nodesAt(resource, expression) {
  const nodes = [];
  for (const part of alternatives(expression)) {
    const head = /^\(*([A-Z]\w*)/.exec(part)?.[1];
    if (head !== undefined && head !== resource.resourceType && !BASES.includes(head)) continue;
    const target = RESOLVED.exec(part)?.[1];
    const path = part.replace(RESOLVED, '');
    const values = evaluate(resource, path);
    if (values.length === 0) continue;
    const types = evaluate(resource, `(${ofEach(path)}).type().name`);
    for (const [i, value] of values.entries()) {
      if (target === undefined || referencedType(value) === target) nodes.push({ type: types[i], value });
    }
  }
  return nodes;
}

/** The nodes that a parameter reads. */
export function valuesOf(parameter, resource) {
  return nodesAt(resource, parameter.expression);
}

/** `DocumentReference.relationship` names the definitions of its two parts the wrong way round. */
function meant(definition, [node]) {
  if (node?.type === 'Reference') return { ...definition, type: 'reference', target: [] };
  return node?.type === 'code' ? { ...definition, type: 'token' } : definition;
}

/** Of a composite: for each of its places, the nodes of each part and the part's parameter. */
export function partsOf(parameter, resource) {
  const places = [];
  for (const part of alternatives(parameter.expression)) {
    const head = /^\(*([A-Z]\w*)/.exec(part)?.[1];
    if (head !== resource.resourceType) continue;
    const count = part === head ? 1 : evaluate(resource, part).length;
    for (let i = 0; i < count; i++) {
      const place = part === head ? head : `${part}[${i}]`;
      places.push(
        parameter.component.map(({ definition, expression }) => {
          const nodes = alternatives(expression).flatMap((one) => {
            const path = one.startsWith('%resource.') ? `${head}.${one.slice('%resource.'.length)}` : `${place}.${one}`;
            const values = evaluate(resource, path);
            const types = values.length === 0 ? [] : evaluate(resource, `(${ofEach(path)}).type().name`);
            return values.map((value, at) => ({ type: types[at], value }));
          });
          return { parameter: meant(byUrl.get(definition), nodes), nodes };
        }),
      );
    }
  }
  return places;
}
