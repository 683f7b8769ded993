/** The entries of a batch or transaction: each a request to an interaction. https://hl7.org/fhir/R4/http.html#transaction */
import { FhirError, type Issue, isError } from '../r4/errors.js';
import { parseObject, type ScannedObject } from '../r4/json.js';
import { itemTexts, memberTexts } from '../r4/json-text.js';
import { withPositions } from '../r4/outcome.js';
import { type EntryRoute, entryRoute } from './entry-route.js';
import type { Context, InteractionRequest } from './interaction.js';

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export interface Entry {
  index: number;
  fullUrl: string | undefined;
  method: string;
  route: EntryRoute;
  /** The text of its resource, and the same read. */
  resource: { text: string; value: Json } | undefined;
  /** As for a request by itself; the body is read when it is needed. */
  request: InteractionRequest;
}

/**
 * `work` is what reads one entry: what it throws is told as that entry's. Throws `empty-body`, `wrong-resource-type`,
 * `too-many-entries`, `invalid` for a Bundle that is none.
 */
export function bundleEntries(body: ScannedObject | undefined, context: Context): (() => Entry)[] {
  if (body === undefined) throw new FhirError('empty-body');
  const { resourceType, entry = [] } = body.value;
  if (resourceType !== 'Bundle') {
    const found = typeof resourceType === 'string' ? resourceType.slice(0, 64) : '';
    throw new FhirError('wrong-resource-type', { found, expected: 'Bundle' });
  }
  const { maxEntries } = context.services;
  if (Array.isArray(entry) && entry.length > maxEntries) throw new FhirError('too-many-entries', { max: maxEntries });
  checkBundle(body, context);
  // Without validation anything may stand there.
  if (!Array.isArray(entry)) throw new FhirError('entry-request');
  const texts = itemTexts(body.members.find(({ name }) => name === 'entry')?.text ?? '[]');
  return (entry as Json[]).map((each, index) => () => entryOf(each, index, texts[index] as string, context));
}

/** The Bundle's own shape, and where it claims profiles, all of it; its resources are looked at one by one. */
function checkBundle(body: ScannedObject, { services }: Context): void {
  if (services.validation === 'off') return;
  const { value } = body;
  const claims = isObject(value.meta) && value.meta.profile !== undefined;
  const entry = Array.isArray(value.entry)
    ? value.entry.map((each: unknown) => {
        if (!isObject(each)) return each;
        const { resource: _, ...rest } = each;
        return rest;
      })
    : value.entry;
  const looked = claims ? value : { ...value, ...(entry !== undefined && { entry }) };
  const issues = services.validator.validate(looked).filter(isError);
  if (issues.length > 0 && services.validation === 'enforce') {
    throw new FhirError('invalid', {}, { issues: withPositions(issues, body.source) });
  }
}

function entryOf(entry: unknown, index: number, text: string, context: Context): Entry {
  const asked = isObject(entry) ? entry.request : undefined;
  if (!isObject(entry) || !isObject(asked) || typeof asked.method !== 'string' || typeof asked.url !== 'string') {
    throw new FhirError('entry-request');
  }
  const header = (name: string): string | undefined => {
    const value = asked[name];
    return typeof value === 'string' ? value : undefined;
  };
  const resource = isObject(entry.resource)
    ? { value: entry.resource, text: memberTexts(text).find(({ name }) => name === 'resource')?.text as string }
    : undefined;
  const type = typeof resource?.value.resourceType === 'string' ? resource.value.resourceType : undefined;
  const route = entryRoute(asked.method, asked.url, type, context);
  const { type: named, id, vid, member, parameters } = route;
  const ifNoneExist = header('ifNoneExist');
  context.services.guard?.(route.interaction, { type: named, member, parameters, ifNoneExist });
  return {
    index,
    fullUrl: typeof entry.fullUrl === 'string' ? entry.fullUrl : undefined,
    method: asked.method,
    route,
    resource,
    request: {
      type: named,
      id,
      vid,
      member,
      parameters,
      body: undefined,
      ifMatch: header('ifMatch'),
      ifNoneMatch: header('ifNoneMatch'),
      ifModifiedSince: header('ifModifiedSince'),
      ifNoneExist,
    },
  };
}

/** The request with its body; `text` where it is another than came in. Throws what reading it throws. */
export function withBody({ resource, request, route }: Entry, text = resource?.text): InteractionRequest {
  const { takesBody } = route.interaction;
  if (takesBody === false || (text === undefined && takesBody === 'optional')) return request;
  if (text === undefined) throw new FhirError('empty-body');
  return { ...request, body: parseObject(text) };
}

/** Does it write the resource that it holds? */
export const isWrite = ({ route }: Entry): boolean => /^(create|(conditional-)?update)$/.test(route.interaction.code);

/** An error as that of an entry: what it says of a resource is said of `Bundle.entry[i].resource`. */
export function entryError(error: FhirError, index: number, source: string): FhirError {
  const { key, params, issues, expression } = error;
  return new FhirError(key, params, {
    issues: withPositions(entryIssues(issues, index), source),
    expression:
      expression !== undefined && /^[A-Z]\w*\./.test(expression) ? inside(index, expression) : `Bundle.entry[${index}]`,
  });
}

/** Findings on the resource of an entry, told of the Bundle; where they stand in its text nobody has looked yet. */
export function entryIssues(issues: readonly Issue[], index: number): Issue[] {
  return issues.map(({ position: _, ...issue }) => ({ ...issue, expression: inside(index, issue.expression) }));
}

const inside = (index: number, expression: string): string =>
  `Bundle.entry[${index}].resource${expression.replace(/^[A-Za-z]*/, '')}`;

/** DELETE, POST, PUT and PATCH, GET: the order of https://hl7.org/fhir/R4/http.html#trules */
export function phaseOf({ method }: Entry): number {
  if (method === 'DELETE') return 0;
  if (method === 'POST') return 1;
  return method === 'PUT' || method === 'PATCH' ? 2 : 3;
}
