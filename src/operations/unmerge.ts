/**
 * `Patient/[id]/$unmerge`, our own: what `$merge` moved goes back, on the record that it left. It is refused where what was
 * moved has been changed since, and for all or nothing.
 */
import { unmergedTarget } from '../identity/merge.js';
import { contentOf, incoming } from '../interactions/incoming.js';
import type { Context, Interaction, InteractionRequest, Result } from '../interactions/interaction.js';
import { replacedBy } from '../interactions/likely-patients.js';
import { refuseParameters } from '../interactions/parameters.js';
import { current } from '../interactions/read.js';
import { FhirError } from '../r4/errors.js';
import { parseObject } from '../r4/json.js';
import { treeText } from '../r4/lossless.js';
import { outcomeOfSuccess } from '../r4/outcome.js';
import type { Put, Store, StoredVersion, Transaction } from '../store/store.js';
import { parametersText, treeOf, within, written } from './merge.js';
import { mergeId, provenances, type Recorded, recordOf, versionRef } from './merge-provenance.js';

/** Resources that stand in the way and are named. */
const MAX_NAMED = 10;
/** Resources that are read at a time. */
const TOGETHER = 200;

export const unmerge: Interaction = {
  code: 'operation',
  level: 'instance',
  method: 'POST',
  path: '/:type/:id/$unmerge',
  takesBody: 'optional',
  operation: { name: 'unmerge', definitions: { Patient: 'urn:passerelle:operation:patient-unmerge' } },
  run,
};

/** `id` is the source of the merge. Throws `not-found`, `gone`, `unmerge-nothing`, `unmerge-conflict`, `contended`. */
async function run(request: InteractionRequest, context: Context): Promise<Result> {
  refuseParameters(request);
  const { store } = context.services;
  const there = await current({ ...request, type: 'Patient' }, context.services);
  const target = replacedBy(JSON.parse(there.text));
  if (target === undefined) throw new FhirError('unmerge-nothing', { id: there.id });
  const locks = [`Patient/${there.id}`, `Patient/${target}`].sort();
  const done = await store.transact(locks, (transaction) =>
    undone(request, target, transaction, within(transaction, context)),
  );
  const texts = {
    en: `Patient/${there.id} and Patient/${target} are two records again; ${done.moved} resource(s) went back.`,
    fr: `Patient/${there.id} et Patient/${target} sont de nouveau deux fiches ; ${done.moved} ressource(s) replacée(s).`,
  };
  return parametersText([
    ['outcome', JSON.stringify(outcomeOfSuccess(texts[context.language]))],
    ['result', done.source.text],
  ]);
}

async function undone(request: InteractionRequest, targetId: string, transaction: Transaction, context: Context) {
  const { store } = context.services;
  const source = await current({ ...request, type: 'Patient' }, context.services);
  const record = await recordOf(mergeId(source, { id: targetId }), context);
  // Without the record the source was changed since, or was merged elsewhere.
  if (record === undefined) throw new FhirError('unmerge-nothing', { id: source.id });
  const moved = await movedBack(record, context);
  const before = await versionAt(record, 'source', context);
  const targetBefore = await versionAt(record, 'revision', context);
  const target = await store.read('Patient', targetId);
  const after = await store.readVersion('Patient', targetId, targetBefore.version + 1);
  if (target === undefined || target.deleted || after === undefined) throw conflict([`Patient/${targetId}`]);
  const again = await written(
    [
      restored(source, before, context),
      await targetPut(request, { target, targetBefore, after, before }, context),
      ...moved.map(({ now, then }) => restored(now, then, context)),
    ],
    transaction,
  );
  const about: Recorded = {
    id: `un${record.id}`,
    activity: 'unmerge',
    targets: again.map(versionRef),
    entities: [{ role: 'source', reference: `Provenance/${record.id}` }],
  };
  await written(provenances(about, context), transaction);
  return { source: again[0] as StoredVersion, moved: moved.length };
}

const conflict = (names: readonly string[]): FhirError =>
  new FhirError('unmerge-conflict', { count: names.length, names: names.slice(0, MAX_NAMED).join(', ') });

/** What the merge moved, now and before; what was deleted since needs no way back. Throws `unmerge-conflict`. */
async function movedBack(
  record: Recorded,
  { services }: Context,
): Promise<{ now: StoredVersion; then: StoredVersion }[]> {
  const { store } = services;
  const moved: { now: StoredVersion; then: StoredVersion }[] = [];
  const changed: string[] = [];
  const places = record.targets.map((reference) => reference.split('/')).filter(([type]) => type !== 'Patient');
  const there = await currentOf(places, store);
  for (const [type = '', id = '', , number = ''] of places) {
    const now = there.get(`${type}/${id}`) ?? (await store.read(type, id));
    if (now?.deleted === true) continue;
    const then = now?.version === Number(number) ? await store.readVersion(type, id, Number(number) - 1) : undefined;
    if (now === undefined || then === undefined || then.deleted) changed.push(`${type}/${id}`);
    else moved.push({ now, then });
  }
  if (changed.length > 0) throw conflict(changed);
  return moved;
}

/** Those of now, by `Type/id`, many at a time: a question for each takes a trip to the database. */
async function currentOf(places: readonly string[][], store: Store): Promise<Map<string, StoredVersion>> {
  const byType = new Map<string, string[]>();
  for (const [type = '', id = ''] of places) grouped(byType, type).push(id);
  const found = new Map<string, StoredVersion>();
  for (const [type, ids] of byType) {
    for (let from = 0; from < ids.length; from += TOGETHER) {
      const anyOf = ids.slice(from, from + TOGETHER);
      const { items } = await store.search({ type, filters: [{ kind: 'id', anyOf }], sort: [], count: TOGETHER });
      for (const version of items) found.set(`${type}/${version.id}`, version);
    }
  }
  return found;
}

async function versionAt({ entities }: Recorded, role: string, { services }: Context): Promise<StoredVersion> {
  const [type = '', id = '', , number = ''] = entities.find((one) => one.role === role)?.reference.split('/') ?? [];
  const version = await services.store.readVersion(type, id, Number(number));
  if (version === undefined) throw conflict([`${type}/${id}`]);
  return version;
}

/** The content of a past version as a new one. */
function restored(now: StoredVersion, then: StoredVersion, context: Context): Put {
  const content = contentOf(now.type, parseObject(then.text), context);
  return { type: now.type, id: now.id, content, method: 'PUT', expect: { version: now.version } };
}

/** As it was, or, where it was changed since, without what the merge put in. */
async function targetPut(
  request: InteractionRequest,
  {
    target,
    targetBefore,
    after,
    before,
  }: { target: StoredVersion; targetBefore: StoredVersion; after: StoredVersion; before: StoredVersion },
  context: Context,
): Promise<Put> {
  if (target.version === after.version) return restored(target, targetBefore, context);
  const reference = `Patient/${before.id}`;
  const tree = unmergedTarget(treeOf(target), treeOf(targetBefore), treeOf(after), treeOf(before), reference);
  if (tree === undefined) throw conflict([`Patient/${target.id}`]);
  const body = parseObject(treeText(tree));
  const { content } = await incoming({ ...request, type: 'Patient', id: target.id, body }, context);
  return { type: 'Patient', id: target.id, content, method: 'PUT', expect: { version: target.version } };
}

function grouped(groups: Map<string, string[]>, name: string): string[] {
  const group = groups.get(name) ?? [];
  groups.set(name, group);
  return group;
}
