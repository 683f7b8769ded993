/** What search reads of a SearchParameter as its authors wrote it. https://hl7.org/fhir/R4/searchparameter.html */
import type { SearchParameter, SearchParameterType } from './types.js';

/** https://hl7.org/fhir/R4/valueset-search-param-type.html */
const TYPES: ReadonlySet<string> = new Set<SearchParameterType>([
  ...(['token', 'string', 'reference', 'date', 'uri', 'number', 'quantity', 'composite', 'special'] as const),
]);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The parts that search reads; `undefined` when they are not there or it is retired. */
export function parameterOf(resource: unknown): SearchParameter | undefined {
  if (!isObject(resource) || resource.status === 'retired') return undefined;
  const { url, code, type, base, expression, target, component } = resource;
  const isText = (value: unknown): value is string => typeof value === 'string';
  if (!isText(url) || !isText(code) || !isText(type) || !Array.isArray(base) || !base.every(isText)) return undefined;
  if (!TYPES.has(type)) return undefined;
  const parts = Array.isArray(component)
    ? component
        .filter(isObject)
        .map((part) => ({ definition: String(part.definition ?? ''), expression: String(part.expression ?? '') }))
    : undefined;
  return {
    url,
    code,
    type: type as SearchParameterType,
    base,
    ...(isText(expression) ? { expression } : {}),
    ...(Array.isArray(target) ? { target: target.filter(isText) } : {}),
    ...(parts === undefined ? {} : { component: parts }),
    custom: true,
  };
}
