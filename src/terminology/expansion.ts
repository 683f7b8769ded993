/** The expansion that a ValueSet brings along, where it is whole. https://hl7.org/fhir/R4/valueset.html#expansion */
import type { CodeSet } from './code-set.js';
import type { Contains, Expansion } from './value-set.js';

const EXTENSIONS = 'http://hl7.org/fhir/StructureDefinition/';
/** Their presence with a true value says that the list is not all. */
const NOT_ALL = new Set([`${EXTENSIONS}valueset-toocostly`, `${EXTENSIONS}valueset-unclosed`]);
/** What an expansion may have been asked with that leaves codes out. */
const NARROWING = new Set([
  'filter',
  'limitedExpansion',
  'activeOnly',
  'excludeNotForUI',
  'excludePostCoordinated',
  'exclude-system',
]);

/** A page of it, or what a text, a wish or a limit has left of it. */
function isPartial({ extension = [], offset = 0, parameter = [], total }: Expansion): boolean {
  if (offset > 0) return true;
  if (extension.some(({ url = '', valueBoolean }) => NOT_ALL.has(url) && valueBoolean !== false)) return true;
  return parameter.some(({ name = '', ...values }) => {
    const value = Object.entries(values).find(([key]) => key.startsWith('value'))?.[1];
    if (name === 'count') return total === undefined;
    if (name === 'offset') return value !== 0;
    return NARROWING.has(name) && value !== false && value !== '';
  });
}

/** Its codes; `undefined` when it is a part only, or when a code has no system and so cannot be told from others. */
export function expandedCodes(expansion: Expansion): CodeSet | undefined {
  if (isPartial(expansion)) return undefined;
  const result = new Map<string, Set<string>>();
  let count = 0;
  const open: Contains[][] = [expansion.contains ?? []];
  for (let list = open.pop(); list !== undefined; list = open.pop()) {
    for (const { system, code, contains } of list) {
      if (contains !== undefined) open.push(contains);
      // A heading over others, no code by itself.
      if (code === undefined) continue;
      if (system === undefined) return undefined;
      count++;
      const codes = result.get(system) ?? new Set();
      codes.add(code);
      result.set(system, codes);
    }
  }
  return count < (expansion.total ?? 0) ? undefined : result;
}
