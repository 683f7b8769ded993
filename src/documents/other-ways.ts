/**
 * DocumentReferences that are written otherwise than by ITI-65 and ITI-105: one that claims to be a filed document is held
 * to what those are held to, and none takes the masterIdentifier of one that is filed. docs/adr/0022-documents-as-interactions.md
 */
import { create } from '../interactions/create.js';
import type { Entry } from '../interactions/entries.js';
import { entryError } from '../interactions/entries.js';
import type { Context, Interaction, InteractionRequest, Result } from '../interactions/interaction.js';
import { type Additions, runTransaction, transaction } from '../interactions/transaction.js';
import { transactionStore } from '../interactions/transaction-store.js';
import { FhirError, type Issue } from '../r4/errors.js';
import { withPositions } from '../r4/outcome.js';
import type { StoredVersion } from '../store/store.js';
import { isFiled, read } from './filed.js';
import { knownAlready, knownAs, locksOf, masterOf, subjectIssues, supersede } from './filing.js';
import { attachmentsOf } from './integrity.js';
import { isPublish, type Json, textOf } from './profiles.js';
import { freeze, heldHere, isElsewhere } from './stored-content.js';

/** So that of two of one masterIdentifier the second sees the first. */
export function locksOfOther(type: string, resource: Json | undefined): string[] {
  const master = type === 'DocumentReference' && resource !== undefined ? masterOf(resource) : undefined;
  return master === undefined ? [] : locksOf(master);
}

/** A create that is none of ITI-105. */
export async function createdOtherwise(request: InteractionRequest, context: Context): Promise<Result> {
  const resource = request.body?.value ?? {};
  const locks = locksOfOther('DocumentReference', resource);
  // What has no masterIdentifier and claims nothing is a resource as any other.
  if (request.around !== undefined || (locks.length === 0 && !isFiled(resource))) return create.run(request, context);
  const { store } = context.services;
  return await store.transact(locks, async (inner) => {
    const inside: Context = { ...context, services: { ...context.services, store: transactionStore(store, inner) } };
    const result = await create.run(request, inside);
    if (result.status === 201) await checkOtherWay(request, result, inside);
    return result;
  });
}

/** Within the transaction that wrote it, which what is thrown undoes. An entry of a transaction is checked at its end. */
export async function checkOtherWay(request: InteractionRequest, { version }: Result, context: Context): Promise<void> {
  if (request.around === undefined) await check(version, 'DocumentReference', request.body?.source ?? '', context);
}

/** A Bundle of any kind but that of ITI-65. */
export const otherTransaction: Interaction = {
  ...transaction,
  run: (request, context) => runTransaction(request, context, async (entries, source) => begun(entries, source)),
};

function begun(entries: readonly Entry[], source: string): Additions | undefined {
  const written = entries.filter(({ request, method, resource }) => {
    if (request.type !== 'DocumentReference' || !/^(POST|PUT|PATCH)$/.test(method)) return false;
    return method !== 'POST' || !isPublish(resource?.value ?? {});
  });
  if (written.length === 0) return undefined;
  return {
    locks: written.flatMap(({ resource }) => locksOfOther('DocumentReference', resource?.value)),
    shows: () => false,
    async finish(results, inside) {
      for (const entry of written) {
        const { status, version } = results.get(entry) ?? {};
        if (entry.method === 'POST' && status !== 201) continue;
        try {
          await check(version, 'DocumentReference', source, inside);
        } catch (failure) {
          throw failure instanceof FhirError ? entryError(failure, entry.index, source) : failure;
        }
      }
    },
  };
}

/** Throws `document-put`, `document-known`, `document-differs`, `invalid`. */
async function check(
  version: StoredVersion | undefined,
  expression: string,
  source: string,
  context: Context,
): Promise<void> {
  if (version === undefined || version.type !== 'DocumentReference' || version.deleted) return;
  const { id } = version;
  const { store } = context.services;
  const before = version.version > 1 ? await store.readVersion(version.type, id, version.version - 1) : undefined;
  // Its metadata alone have changed.
  if (before !== undefined && !before.deleted && isFiled(read(before.text))) return;
  const resource = read(version.text);
  if (isPublish(resource)) throw new FhirError('document-put', { allowed: 'GET, HEAD, PATCH' });
  const one = { id, resource, expression };
  const known = await knownAs(one, context);
  const first = isFiled(resource) ? known[0] : known.find(({ text }) => isFiled(read(text)));
  if (first !== undefined) throw knownAlready(first, resource);
  if (!isFiled(resource)) return;
  const issues: Issue[] = await subjectIssues(one, context);
  const frozen = new Map<string, number>();
  for (const { attachment, path } of attachmentsOf(resource)) {
    const url = textOf(attachment.url);
    if (url !== undefined && isElsewhere(url, context)) continue;
    const held = await heldHere(attachment, `${expression}.${path}`, context);
    issues.push(...held.issues);
    if (held.place !== undefined) frozen.set(held.place, held.version);
  }
  issues.push(...(await supersede(one, new Set(), context)));
  if (issues.length > 0) throw new FhirError('invalid', {}, { issues: withPositions(issues, source) });
  for (const [place, version] of frozen) await freeze(place, version, context);
}
