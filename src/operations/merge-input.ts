/** Which Patient a merge is about: by reference, by identifiers, or by both. https://hl7.org/fhir/R5/patient-operation-merge.html */
import { isObject, type Json, objects } from '../identity/traits.js';
import type { Context, InteractionRequest } from '../interactions/interaction.js';
import { current } from '../interactions/read.js';
import { FhirError } from '../r4/errors.js';
import type { StoredVersion } from '../store/store.js';

export interface Named {
  source: StoredVersion;
  target: StoredVersion;
  /** What the target is to be, where the client says it. */
  result: Json | undefined;
}

/** Throws `parameter-missing`, `not-found`, `gone`, `bad-parameter`, and `merge-not-one` for identifiers of nobody or of several. */
export async function patientNamed(
  role: 'source' | 'target',
  request: InteractionRequest,
  context: Context,
): Promise<StoredVersion> {
  const parts = objects(request.body?.value.parameter);
  const of = (name: string) => parts.filter((one) => one.name === name);
  const reference = of(`${role}-patient`)[0]?.valueReference;
  const identifiers = of(`${role}-patient-identifier`).map(({ valueIdentifier }) => valueIdentifier);
  if (isObject(reference) && isObject(reference.identifier)) identifiers.push(reference.identifier);
  const text = isObject(reference) ? reference.reference : undefined;
  if (text === undefined && identifiers.length === 0) {
    throw new FhirError('parameter-missing', { names: `${role}-patient, ${role}-patient-identifier` });
  }
  const byReference = text === undefined ? undefined : await byId(role, text, request, context);
  const byIdentifier = identifiers.length === 0 ? undefined : await byNumbers(role, identifiers, context);
  if (byReference !== undefined && byIdentifier !== undefined && byReference.id !== byIdentifier.id) {
    throw new FhirError('merge-not-one', { role });
  }
  return (byReference ?? byIdentifier) as StoredVersion;
}

async function byId(
  role: string,
  text: unknown,
  request: InteractionRequest,
  { services, baseUrl }: Context,
): Promise<StoredVersion> {
  const relative = typeof text === 'string' && text.startsWith(`${baseUrl}/`) ? text.slice(baseUrl.length + 1) : text;
  const [, id] = /^Patient\/([A-Za-z0-9\-.]{1,64})$/.exec(String(relative)) ?? [];
  if (id === undefined) {
    const reason = { en: 'Patient/id is expected', fr: 'Patient/id est attendu' };
    throw new FhirError('bad-parameter', { name: `${role}-patient`, reason });
  }
  return await current({ ...request, type: 'Patient', id }, services);
}

/** The one Patient that has all of them. */
async function byNumbers(role: string, identifiers: readonly unknown[], { services }: Context): Promise<StoredVersion> {
  const filters = identifiers.map((one) => {
    const { system = '', value } = isObject(one) ? one : {};
    if (typeof system !== 'string' || typeof value !== 'string' || value === '') {
      const reason = { en: 'an Identifier with a value is expected', fr: 'un Identifier avec une valeur est attendu' };
      throw new FhirError('bad-parameter', { name: `${role}-patient-identifier`, reason });
    }
    return { kind: 'token' as const, key: 'Patient.identifier', anyOf: [{ system, code: value }] };
  });
  const { items } = await services.store.search({ type: 'Patient', filters, sort: [], count: 2 });
  const [found, other] = items;
  if (found === undefined || other !== undefined) throw new FhirError('merge-not-one', { role });
  return found;
}
