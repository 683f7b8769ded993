/**
 * `Patient/$merge`, R5's operation: one Patient takes another's place. The source becomes inactive, both are linked, all
 * that refers to the source refers to the target, and a Provenance says so, all in one transaction.
 * https://hl7.org/fhir/R5/patient-operation-merge.html
 */
import { isLinked, mergedSource, mergedTarget, mergeFault } from '../identity/merge.js';
import type { Json } from '../identity/traits.js';
import { contentOf, incoming } from '../interactions/incoming.js';
import type { Context, Interaction, InteractionRequest, Result } from '../interactions/interaction.js';
import { transactionStore } from '../interactions/transaction-store.js';
import { FhirError } from '../r4/errors.js';
import { parseObject } from '../r4/json.js';
import { treeText, withTokens } from '../r4/lossless.js';
import { outcomeOfSuccess } from '../r4/outcome.js';
import type { Put, StoredVersion, Transaction } from '../store/store.js';
import { type Named, patientNamed } from './merge-input.js';
import { mergeId, provenances, versionRef } from './merge-provenance.js';
import { Input } from './parameters.js';
import { redirected, referring } from './referring.js';

/**
 * Resources that a merge moves at most: a transaction of MongoDB is given up after a quarter of a minute of conflicts, and
 * these take a few seconds on a busy machine.
 */
const MAX_MOVED = 5000;

const KNOWN = [
  'source-patient',
  'source-patient-identifier',
  'target-patient',
  'target-patient-identifier',
  'result-patient',
  'preview',
];

export const merge: Interaction = {
  code: 'operation',
  level: 'type',
  method: 'POST',
  path: '/:type/$merge',
  takesBody: true,
  operation: { name: 'merge', definitions: { Patient: 'http://hl7.org/fhir/OperationDefinition/Patient-merge' } },
  run,
};

/**
 * Throws `parameter-missing`, `merge-not-one`, `merge-same`, `merge-source-replaced`, `merge-target-replaced`,
 * `merge-ins-conflict`, `merge-result`, `merge-too-many`, `invalid` for a target that would be none, `contended`.
 */
async function run(request: InteractionRequest, context: Context): Promise<Result> {
  const input = Input.of(request, context, KNOWN);
  const preview = input.flag('preview') ?? false;
  const result = input.resource('result-patient', 'Patient');
  const { store, types } = context.services;
  if (!types.has('Provenance')) throw new FhirError('unknown-type', { type: 'Provenance', near: '' });
  const source = await patientNamed('source', request, context);
  const target = await patientNamed('target', request, context);
  const named = { source, target, result };
  if (preview) {
    const planned = await plan(named, request, context);
    return answer(request, planned, planned.text, context, true);
  }
  const locks = [`Patient/${source.id}`, `Patient/${target.id}`].sort();
  const done = await store.transact(locks, (transaction) =>
    merged(named, request, transaction, within(transaction, context)),
  );
  return answer(request, done.planned, done.target.text, context, false);
}

/** The services of a request, its store the transaction. */
export function within(transaction: Transaction, context: Context): Context {
  const { services } = context;
  return { ...context, services: { ...services, store: transactionStore(services.store, transaction) } };
}

interface Planned {
  source: StoredVersion;
  target: StoredVersion;
  puts: { source: Put; target: Put };
  /** The target as it will be. */
  text: string;
  moves: Put[];
}

/** Reads both again, since the names were looked up before the transaction. */
async function plan(named: Named, request: InteractionRequest, context: Context): Promise<Planned> {
  const { maxEntries } = context.services;
  const [source, target] = [await live(named.source.id, context), await live(named.target.id, context)];
  const [from, to] = [`Patient/${source.id}`, `Patient/${target.id}`];
  const trees = { source: treeOf(source), target: treeOf(target) };
  const fault = mergeFault(trees.source, trees.target);
  if (fault !== undefined) throw new FhirError(fault);
  const outcome = named.result ?? mergedTarget(trees.target, trees.source, from);
  if (named.result !== undefined) checkResult(named.result, target.id, from);
  const text = treeText(outcome);
  const { content } = await incoming({ ...request, type: 'Patient', id: target.id, body: parseObject(text) }, context);
  const left = contentOf('Patient', parseObject(treeText(mergedSource(trees.source, to))), context);
  const found = await referring(from, Math.min(maxEntries, MAX_MOVED), context);
  const moves = found.flatMap((version) => redirected(version, from, to, context) ?? []);
  const put = (version: StoredVersion, what: Put['content']): Put => ({
    type: 'Patient',
    id: version.id,
    content: what,
    method: 'PUT',
    expect: { version: version.version },
  });
  return { source, target, text, moves, puts: { source: put(source, left), target: put(target, content) } };
}

async function live(id: string, { services }: Context): Promise<StoredVersion> {
  const version = await services.store.read('Patient', id);
  if (version === undefined || version.deleted) throw new FhirError('contended');
  return version;
}

export function treeOf({ text }: StoredVersion): Json {
  const { value, rawNumbers } = parseObject(text);
  return withTokens(value, rawNumbers);
}

/** https://hl7.org/fhir/R5/patient-operation-merge.html: the same id, and the link to the source. */
function checkResult(result: Json, id: string, source: string): void {
  if (result.id !== id || !isLinked(result, source)) throw new FhirError('merge-result', { source });
}

async function merged(
  named: Named,
  request: InteractionRequest,
  transaction: Transaction,
  context: Context,
): Promise<{ planned: Planned; target: StoredVersion }> {
  const planned = await plan(named, request, context);
  const { puts, moves } = planned;
  const [source, target, ...moved] = await written([puts.source, puts.target, ...moves], transaction);
  if (source === undefined || target === undefined) throw new Error('a merge writes both');
  const about = {
    id: mergeId(source, target),
    activity: 'merge' as const,
    targets: [source, target, ...moved].map(versionRef),
    entities: [
      { role: 'source' as const, reference: versionRef(planned.source) },
      { role: 'revision' as const, reference: versionRef(planned.target) },
    ],
  };
  await written(provenances(about, context), transaction);
  return { planned, target };
}

/** Throws `contended` where somebody else was there first. */
export async function written(puts: readonly Put[], transaction: Transaction): Promise<StoredVersion[]> {
  const results = await transaction.putAll(puts);
  return results.map((result) => {
    if (result.outcome !== 'updated' && result.outcome !== 'created') throw new FhirError('contended');
    return result.version;
  });
}

function answer(
  request: InteractionRequest,
  { source, target, moves }: Planned,
  result: string,
  { language }: Context,
  preview: boolean,
): Result {
  const [from, to] = [`Patient/${source.id}`, `Patient/${target.id}`];
  const texts = {
    en: `${from} ${preview ? 'would be' : 'was'} replaced by ${to}; ${moves.length} resource(s) ${preview ? 'would be' : 'were'} moved.`,
    fr: `${from} ${preview ? 'serait remplacé' : 'a été remplacé'} par ${to} ; ${moves.length} ressource(s) ${preview ? 'seraient déplacées' : 'déplacée(s)'}.`,
  };
  const outcome = JSON.stringify(outcomeOfSuccess(texts[language]));
  return parametersText([
    ['input', request.body?.text ?? '{"resourceType":"Parameters"}'],
    ['outcome', outcome],
    ['result', result],
  ]);
}

/** Resources as they are written. */
export function parametersText(parts: readonly (readonly [string, string])[]): Result {
  const parameter = parts.map(([name, resource]) => `{"name":"${name}","resource":${resource}}`);
  return { status: 200, text: `{"resourceType":"Parameters","parameter":[${parameter.join(',')}]}` };
}
