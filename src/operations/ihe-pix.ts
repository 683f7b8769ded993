/**
 * `Patient/$ihe-pix`: by which other numbers is the holder of this one known? ITI-83 of IHE PIXm.
 * https://profiles.ihe.net/ITI/PIXm/ITI-83.html
 */
import type { Parameters } from '@medplum/fhirtypes';
import { isObject, type Json, objects } from '../identity/traits.js';
import type { Context, Interaction, InteractionRequest, Result } from '../interactions/interaction.js';
import { replacedBy } from '../interactions/likely-patients.js';
import { FhirError } from '../r4/errors.js';
import { split, unescaped } from '../search/escapes.js';
import type { TokenMatch } from '../search/query.js';
import type { StoredVersion } from '../store/store.js';
import { everyWay } from './every-way.js';
import { Input, parametersResult } from './parameters.js';

export const IHE_PIX: readonly Interaction[] = everyWay(
  { name: 'ihe-pix', definitions: { Patient: 'https://profiles.ihe.net/ITI/PIXm/OperationDefinition/IHE.PIXm.pix' } },
  ['type'],
  run,
);

/** Records of one number, and records linked to each other, that are looked at. */
const MAX_RECORDS = 100;

/** Throws `parameter-missing`, `bad-parameter`, `pix-source-domain` (400), `pix-source-unknown` (404), `pix-target-domain` (403). */
async function run(request: InteractionRequest, context: Context): Promise<Result> {
  const input = Input.of(request, context, ['sourceIdentifier', 'targetSystem']);
  const source = sourceOf(input);
  const targets = targetsOf(request);
  const patients = await patientsOf(source, context);
  const own = ownDomain(context);
  for (const system of targets) {
    if (system !== own && !(await isKnown(system, context))) throw new FhirError('pix-target-domain');
  }
  const isAsked = (system: unknown) => targets.length === 0 || (typeof system === 'string' && targets.includes(system));
  const parameter: Parameters['parameter'] = [];
  const told = new Set<string>();
  for (const { id, patient } of patients) {
    for (const identifier of objects(patient.identifier)) {
      const { system, value } = identifier;
      const name = JSON.stringify([system, value]);
      // What was asked with is no answer; a number has an authority.
      if (typeof system !== 'string' || typeof value !== 'string' || told.has(name) || !isAsked(system)) continue;
      if (system === source.system && value === source.value) continue;
      told.add(name);
      parameter.push({ name: 'targetIdentifier', valueIdentifier: identifier as never });
    }
    if (isAsked(own) && !(source.system === own && source.value === `Patient/${id}`)) {
      parameter.push({ name: 'targetId', valueReference: { reference: `Patient/${id}` } });
    }
  }
  return parameter.length === 0
    ? { status: 200, text: JSON.stringify({ resourceType: 'Parameters' }) }
    : parametersResult(parameter);
}

/** The authority of our own ids: the base. https://profiles.ihe.net/ITI/PIXm/ITI-83.html#23834121-source-patient-identifier-parameter */
const ownDomain = ({ baseUrl }: Context): string => baseUrl;

interface Source {
  system: string;
  value: string;
}

function sourceOf(input: Input): Source {
  const given = input.object('sourceIdentifier');
  const text = input.text('sourceIdentifier');
  if (given === undefined && text === undefined)
    throw new FhirError('parameter-missing', { names: 'sourceIdentifier' });
  const parts = text === undefined ? [given?.system, given?.value] : split(text, '|').map(unescaped);
  const [system, value] = parts;
  if (typeof system !== 'string' || typeof value !== 'string' || system === '' || value === '' || parts.length !== 2) {
    const reason = { en: 'authority|value is expected, once', fr: 'autorité|valeur est attendu, une fois' };
    throw new FhirError('bad-parameter', { name: 'sourceIdentifier', reason });
  }
  return { system, value };
}

/** It may be repeated, in the URL and in Parameters. Throws `bad-parameter` for a source that is. */
function targetsOf({ parameters, body }: InteractionRequest): string[] {
  const parts = objects(body?.value.parameter);
  const named = (name: string) => [
    ...parameters.filter(([one]) => one === name).map(([, value]) => value),
    ...parts.filter((one) => one.name === name).map((one) => one.valueUri ?? one.valueString ?? one.valueUrl ?? ''),
  ];
  if (named('sourceIdentifier').length > 1) {
    const reason = { en: 'authority|value is expected, once', fr: 'autorité|valeur est attendu, une fois' };
    throw new FhirError('bad-parameter', { name: 'sourceIdentifier', reason });
  }
  return named('targetSystem').filter((one): one is string => typeof one === 'string');
}

interface Found {
  id: string;
  patient: Json;
}

/** The holders of the number and the records that are linked to them as one person; what was replaced is no answer itself. */
async function patientsOf(source: Source, context: Context): Promise<Found[]> {
  const { store } = context.services;
  const waiting: StoredVersion[] = [];
  const id =
    source.system === ownDomain(context) ? /^Patient\/([A-Za-z0-9\-.]{1,64})$/.exec(source.value)?.[1] : undefined;
  if (id !== undefined) {
    const version = await store.read('Patient', id);
    if (version !== undefined && !version.deleted) waiting.push(version);
  } else waiting.push(...(await search({ system: source.system, code: source.value }, MAX_RECORDS, context)));
  if (waiting.length === 0) {
    const isOwn = source.system === ownDomain(context);
    throw new FhirError(isOwn || (await isKnown(source.system, context)) ? 'pix-source-unknown' : 'pix-source-domain');
  }
  const found = new Map<string, Found>();
  const seen = new Set<string>();
  for (let version = waiting.shift(); version !== undefined && seen.size < MAX_RECORDS; version = waiting.shift()) {
    if (seen.has(version.id)) continue;
    seen.add(version.id);
    const patient = JSON.parse(version.text) as Json;
    if (replacedBy(patient) === undefined) found.set(version.id, { id: version.id, patient });
    for (const linked of linkedIds(patient)) {
      const other = seen.has(linked) ? undefined : await store.read('Patient', linked);
      if (other !== undefined && !other.deleted) waiting.push(other);
    }
  }
  return [...found.values()];
}

/** https://hl7.org/fhir/R4/valueset-link-type.html: replaced-by and seealso lead to records of the same person. */
function linkedIds({ link }: Json): string[] {
  return objects(link).flatMap(({ type, other }) => {
    const reference = isObject(other) ? other.reference : undefined;
    const [, id] = /^Patient\/([A-Za-z0-9\-.]{1,64})$/.exec(String(reference)) ?? [];
    return id !== undefined && (type === 'replaced-by' || type === 'seealso') ? [id] : [];
  });
}

async function search(match: TokenMatch, count: number, { services }: Context): Promise<StoredVersion[]> {
  const filters = [{ kind: 'token' as const, key: 'Patient.identifier', anyOf: [match] }];
  return (await services.store.search({ type: 'Patient', filters, sort: [], count })).items;
}

/** Has anybody a number of this authority? */
const isKnown = async (system: string, context: Context): Promise<boolean> =>
  (await search({ system }, 1, context)).length > 0;
