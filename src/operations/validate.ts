/**
 * `$validate`: would this resource be taken, and what would have to change? Nothing is stored, and the answer is 200
 * whether or not the resource is valid. https://hl7.org/fhir/R4/resource-operation-validate.html
 */
import { validated } from '../interactions/incoming.js';
import type { Context, Interaction, InteractionRequest, Result } from '../interactions/interaction.js';
import { refuseParameters } from '../interactions/parameters.js';
import { current } from '../interactions/read.js';
import { FhirError, type Issue } from '../r4/errors.js';
import { parseObject, type ScannedObject } from '../r4/json.js';
import { outcomeOfIssues, outcomeOfSuccess, withPositions } from '../r4/outcome.js';

const OPERATION = { name: 'validate', definition: 'http://hl7.org/fhir/OperationDefinition/Resource-validate' };
const KNOWN = ['mode', 'profile'];
const MODES = ['create', 'update', 'delete', 'profile'];

interface Asked {
  resource: ScannedObject | undefined;
  mode: string | undefined;
  profiles: readonly string[];
}

/** POST on a type: the resource alone, or in Parameters with `mode` and `profile`. */
export const validateType: Interaction = {
  code: 'operation',
  level: 'type',
  method: 'POST',
  path: '/:type/$validate',
  takesBody: true,
  operation: OPERATION,
  run: async (request, context) => await answer(asked(request, context), request, context),
};

/** POST on an instance: what would become of it, or, without a body that has a resource, the one that is stored. */
export const validateInstance: Interaction = {
  ...validateType,
  level: 'instance',
  path: '/:type/:id/$validate',
  takesBody: 'optional',
  async run(request, context) {
    const found = asked(request, context);
    const isStored = found.resource === undefined || found.mode === 'delete';
    const stored = isStored ? parseObject((await current(request, context.services)).text) : undefined;
    return await answer({ ...found, resource: found.resource ?? stored }, request, context);
  },
};

/** GET on an instance: the stored one. */
export const validateStored: Interaction = {
  ...validateInstance,
  method: 'GET',
  takesBody: false,
};

/** Throws `parameter-not-here`, `bad-parameter`. */
function asked(request: InteractionRequest, context: Context): Asked {
  refuseParameters(request, KNOWN, context);
  const named = (name: string) => request.parameters.filter(([one]) => one === name).map(([, value]) => value);
  const inBody = wrapped(request.body);
  const mode = inBody?.mode ?? named('mode')[0];
  if (mode !== undefined && !MODES.includes(mode)) {
    const reason = {
      en: `one of ${MODES.join(', ')} is expected`,
      fr: `une valeur parmi ${MODES.join(', ')} est attendue`,
    };
    throw new FhirError('bad-parameter', { name: 'mode', reason });
  }
  const profiles = [...named('profile'), ...(inBody?.profiles ?? [])];
  if (profiles.some((profile) => profile === '')) {
    throw new FhirError('bad-parameter', {
      name: 'profile',
      reason: { en: 'a canonical URL is expected', fr: 'une URL canonique est attendue' },
    });
  }
  return { resource: inBody === undefined ? request.body : inBody.resource, mode, profiles };
}

/** The parts of a Parameters resource that wraps what is to be validated; `undefined` for any other body. */
function wrapped(body: ScannedObject | undefined): Asked | undefined {
  if (body === undefined || body.value.resourceType !== 'Parameters') return undefined;
  const parameters = Array.isArray(body.value.parameter) ? body.value.parameter : [];
  const of = (name: string) =>
    parameters.filter((one): one is Record<string, unknown> => isObject(one) && one.name === name);
  const [resource] = of('resource');
  const text = (one: Record<string, unknown> | undefined) => {
    const value = one?.valueCode ?? one?.valueUri ?? one?.valueCanonical ?? one?.valueString ?? one?.valueUrl;
    return typeof value === 'string' ? value : undefined;
  };
  const mode = text(of('mode')[0]);
  const profiles = of('profile').map((one) => text(one) ?? '');
  // Parameters that say nothing of a validation are what is to be validated.
  if (resource === undefined && mode === undefined && profiles.length === 0) return undefined;
  return { resource: isObject(resource?.resource) ? inner(body, resource.resource) : undefined, mode, profiles };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The wrapped resource as a body of its own; numbers keep their text. */
function inner(body: ScannedObject, resource: Record<string, unknown>): ScannedObject {
  const index = (body.value.parameter as unknown[]).findIndex((one) => isObject(one) && one.resource === resource);
  const prefix = ['parameter', index, 'resource'];
  const rawNumbers = body.rawNumbers
    .filter(({ path }) => prefix.every((step, i) => path[i] === step))
    .map(({ path, token }) => ({ path: path.slice(prefix.length), token }));
  return {
    ...body,
    value: resource,
    sourcePath: `Parameters.parameter[${index}].resource`,
    rawNumbers,
    members: [],
    metaMembers: [],
  };
}

async function answer(
  { resource, mode, profiles }: Asked,
  request: InteractionRequest,
  context: Context,
): Promise<Result> {
  if (mode === 'delete') return outcome([], context);
  if (resource === undefined) throw new FhirError('empty-body');
  const place = placeIssues(resource.value, mode, request);
  const unknown = unknownProfiles(profiles, request.type, context);
  const found = await validated(
    resource,
    context,
    profiles.filter((profile) => !isUnknown(profile, context)),
  );
  return outcome([...withPositions(place, resource.source, resource.sourcePath), ...unknown, ...found], context);
}

/** A profile that is asked for by name and is not known: nobody may take the answer for a yes. */
function unknownProfiles(profiles: readonly string[], type: string, context: Context): Issue[] {
  return profiles
    .filter((profile) => isUnknown(profile, context))
    .map((profile) => ({
      severity: 'error',
      key: 'profile-unknown',
      params: { profile: profile.slice(0, 200) },
      expression: type,
    }));
}

/** Neither known nor known to be broken, which the validation tells. */
const isUnknown = (profile: string, { services: { validator, known } }: Context): boolean =>
  !validator.knows(profile) && known.fault(profile) === undefined;

/** What the URL asks of the resource: its type, and on an update its id. */
function placeIssues(
  value: Record<string, unknown>,
  mode: string | undefined,
  { type, id }: InteractionRequest,
): Issue[] {
  const found = value.resourceType;
  if (typeof found === 'string' && found !== type) {
    throw new FhirError('wrong-resource-type', { found: found.slice(0, 64), expected: type });
  }
  if (id === '' || mode === 'create' || value.id === id) return [];
  const given = typeof value.id === 'string' ? value.id.slice(0, 64) : '';
  return [{ severity: 'error', key: 'id-of-update', params: { id, found: given }, expression: `${type}.id` }];
}

function outcome(issues: readonly Issue[], { language }: Context): Result {
  const well = { en: 'No fault was found.', fr: 'Aucun défaut n’a été trouvé.' };
  const body = issues.length === 0 ? outcomeOfSuccess(well[language]) : outcomeOfIssues(issues, language);
  return { status: 200, text: JSON.stringify(body) };
}
