/** Paths that only name elements, `Patient.contact[0].name`, without the whole of FHIRPath. https://hl7.org/fhir/R4/fhirpath.html */
import type { Shape, Shapes } from '../definitions/shapes.js';
import type { JsonPath } from '../json.js';

type Tree = Record<string, unknown>;
const isObject = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const PLAIN = /^[A-Z][A-Za-z]*(\.[a-z][A-Za-z0-9]*(\[\d{1,6}\])?)*$/;
const STEP = /\.([A-Za-z0-9]+)(?:\[(\d+)\])?/g;

/** Where such a path leads; `undefined` for any other expression. */
export function plainPlaces(path: string, resource: Tree, shapes: Shapes): JsonPath[] | undefined {
  if (!PLAIN.test(path)) return undefined;
  const [type = ''] = path.split('.');
  if (type !== resource.resourceType && type !== 'Resource' && type !== 'DomainResource') return [];
  let places: Place[] = [{ path: [], value: resource, shape: shapes.of(String(resource.resourceType)) }];
  for (const [, name = '', index] of path.matchAll(STEP)) {
    places = places.flatMap((place) => below(place, name, shapes));
    if (index !== undefined) places = places.slice(Number(index), Number(index) + 1);
  }
  return places.map((place) => place.path);
}

interface Place {
  path: JsonPath;
  value: unknown;
  shape: Shape | undefined;
}

function below({ path, value, shape }: Place, name: string, shapes: Shapes): Place[] {
  if (!isObject(value)) return [];
  const key = Object.keys(value).find((one) => one === name || shape?.get(one)?.element === name);
  if (key === undefined) return [];
  const found = value[key];
  const shapeOf = (one: unknown): Shape | undefined =>
    isObject(one) && typeof one.resourceType === 'string' ? shapes.of(one.resourceType) : shape?.get(key)?.below();
  if (!Array.isArray(found)) return [{ path: [...path, key], value: found, shape: shapeOf(found) }];
  return found.map((one, i) => ({ path: [...path, key, i], value: one, shape: shapeOf(one) }));
}
