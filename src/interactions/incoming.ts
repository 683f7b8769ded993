/**
 * A resource on its way in: checked against the URL, validated, then split so that the store can set id and meta
 * without touching the rest of the text. https://hl7.org/fhir/R4/http.html#create
 */
import { parameterOf } from '../r4/definitions/index.js';
import { FhirError, type Issue, isError } from '../r4/errors.js';
import type { ScannedObject } from '../r4/json.js';
import { withPositions } from '../r4/outcome.js';
import type { SearchValues } from '../search/query.js';
import { contentMark } from '../store/contents.js';
import type { ResourceText } from '../store/store.js';
import { withBundled } from './bundled-definitions.js';
import { largeData, withContent } from './content.js';
import { identityFindings } from './identity.js';
import type { Context, InteractionRequest } from './interaction.js';
import { storedQuestionnaires } from './stored-questionnaire.js';

const ID = /^[A-Za-z0-9\-.]{1,64}$/;

export interface Incoming {
  /** The id in the body, when there is one. */
  id: string | undefined;
  content: { text: ResourceText; values: SearchValues };
  /** Warnings; under `VALIDATION=warn` errors too. */
  issues: readonly Issue[];
}

/** Throws `bad-id` unless `id` is one. https://hl7.org/fhir/R4/datatypes.html#id */
export function checkId(id: string): void {
  if (!ID.test(id)) throw new FhirError('bad-id', { id: id.slice(0, 80) });
}

/** Room that id and meta take in a stored text beyond what came in. */
const META_ROOM = 256;

/**
 * Throws FhirError: `empty-body`, `no-resource-type`, `wrong-resource-type`, `bad-id`, `bad-meta`, `too-large`,
 * `invalid` (with the findings).
 */
export async function incoming(request: InteractionRequest, context: Context): Promise<Incoming> {
  const { body, type, prepared } = request;
  const { services } = context;
  if (prepared !== undefined) return prepared;
  if (body === undefined) throw new FhirError('empty-body');
  const resource = body.value;
  const found = resource.resourceType;
  if (found === undefined) throw new FhirError('no-resource-type');
  if (found !== type) {
    const named = typeof found === 'string' ? found : JSON.stringify(found);
    throw new FhirError('wrong-resource-type', { found: named.slice(0, 64), expected: type });
  }
  const id = resource.id;
  if (id !== undefined) {
    if (typeof id !== 'string') throw new FhirError('bad-id', { id: JSON.stringify(id).slice(0, 80) });
    checkId(id);
  }
  const meta = resource.meta;
  if (meta !== undefined && (meta === null || typeof meta !== 'object' || Array.isArray(meta))) {
    throw new FhirError('bad-meta');
  }
  const bytes = request.content === undefined ? largeData(resource) : undefined;
  // Three bytes at most stand behind a UTF-16 unit, so that most texts need no count of bytes.
  const most = services.store.maxTextBytes - META_ROOM;
  if (bytes === undefined && body.text.length * 3 > most && Buffer.byteLength(body.text) > most) {
    throw new FhirError('too-large', { max: most });
  }
  const issues = await validate(body, context, request.around);
  const content = bytes === undefined ? request.content : (await services.store.contents.put(bytes)).address;
  const kept = content === undefined ? body : withContent(body, contentMark(content));
  return {
    id: id as string | undefined,
    content: { text: split(type, kept), values: services.registry.extract(type, resource, context.baseUrl) },
    issues,
  };
}

/** What the store is given of a resource that was checked, or is not to be. */
export function contentOf(type: string, body: ScannedObject, { services, baseUrl }: Context): Incoming['content'] {
  return { text: split(type, body), values: services.registry.extract(type, body.value, baseUrl) };
}

/** Throws `invalid` under VALIDATION=enforce. */
async function validate(body: ScannedObject, context: Context, around: object | undefined): Promise<readonly Issue[]> {
  const { validation } = context.services;
  if (validation === 'off') return [];
  const issues = await validated(body, context, [], around);
  if (validation === 'enforce' && issues.some(isError)) {
    throw new FhirError('invalid', {}, { issues });
  }
  return issues;
}

/**
 * The findings on a body, against `profiles` too, whatever the server does with a resource that has errors; `around` is
 * the Bundle that it came in.
 */
export async function validated(
  body: ScannedObject,
  outside: Context,
  profiles: readonly string[] = [],
  around?: object,
): Promise<readonly Issue[]> {
  const { resourceType } = body.value;
  const context = resourceType === 'Bundle' ? withBundled(body.value, outside) : outside;
  const { validator, requiredProfiles } = context.services;
  // Only what responses name has to be read first.
  const questionnaires = await storedQuestionnaires(body.value, context);
  const oneOf = requiredProfiles.get(resourceType as string);
  const found = validator.validate(body.value, {
    rawNumbers: body.rawNumbers,
    ...(questionnaires && { questionnaires }),
    ...(around && { around }),
    ...(oneOf && { oneOf }),
    ...(profiles.length > 0 && { profiles }),
  });
  const all = [
    ...found,
    ...parameterIssues(body, context),
    ...baseIssues(body, context),
    ...hiddenIssues(body, context),
  ];
  const ofIdentity = identityFindings(body, context);
  // Errors come first, here as in the validator.
  if (ofIdentity.length > 0) all.unshift(...ofIdentity.filter(isError));
  all.push(...ofIdentity.filter((issue) => !isError(issue)));
  return withPositions(all, body.source, body.sourcePath);
}

/** A search parameter that could not be served is told at once, not when it is searched by. */
function parameterIssues({ value }: ScannedObject, { services }: Context): Issue[] {
  const parameter = value.resourceType === 'SearchParameter' ? parameterOf(value) : undefined;
  const reason = parameter === undefined ? undefined : services.registry.problemOf(parameter);
  if (reason === undefined) return [];
  return [{ severity: 'error', key: 'search-parameter', params: { reason }, expression: 'SearchParameter.expression' }];
}

/** A profile that nothing could be validated against is told at once, not when it is claimed. */
function baseIssues({ value }: ScannedObject, { services }: Context): Issue[] {
  const key = value.resourceType === 'StructureDefinition' ? services.definitions.baseProblem(value) : undefined;
  if (key === undefined) return [];
  const base = String(value.baseDefinition).slice(0, 200);
  return [{ severity: 'error', key, params: { base }, expression: 'StructureDefinition.baseDefinition' }];
}

/** A definition that will have no effect is not taken without a word. */
function hiddenIssues({ value }: ScannedObject, { services }: Context): Issue[] {
  if (!/^(StructureDefinition|ValueSet|CodeSystem)$/.test(String(value.resourceType))) return [];
  const by = services.definitions.hiddenBy(value);
  if (by === undefined) return [];
  const canonical = String(value.url).slice(0, 200);
  return [
    {
      severity: 'warning',
      key: by === 'R4' ? 'hidden-by-r4' : 'hidden-by-operator',
      params: { canonical },
      expression: `${value.resourceType}.url`,
    },
  ];
}

/** The server's members are left out: it sets them. */
function split(type: string, body: ScannedObject): ResourceText {
  let metaRest = '';
  for (const { name, text } of body.metaMembers) {
    if (name !== 'versionId' && name !== 'lastUpdated') metaRest += `,${JSON.stringify(name)}:${text}`;
  }
  let rest = '';
  for (const { name, text } of body.members) {
    if (name !== 'resourceType' && name !== 'id' && name !== 'meta') rest += `,${JSON.stringify(name)}:${text}`;
  }
  return { type, metaRest, rest };
}
