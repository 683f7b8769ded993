/**
 * ITI-105, Simplified Publish: a DocumentReference with the document in it. The bytes become a Binary, to which the
 * DocumentReference then leads; both are filed together. https://profiles.ihe.net/ITI/MHD/ITI-105.html
 */

import { concluded } from '../interactions/concluded.js';
import { INLINE_BYTES } from '../interactions/content.js';
import { create } from '../interactions/create.js';
import { parseCriteria } from '../interactions/criteria.js';
import { newId } from '../interactions/id.js';
import { incoming } from '../interactions/incoming.js';
import type { Context, Interaction, InteractionRequest, Result } from '../interactions/interaction.js';
import { refuseParameters } from '../interactions/parameters.js';
import { transactionStore } from '../interactions/transaction-store.js';
import { decodedBase64 } from '../r4/base64.js';
import { FhirError, type Issue } from '../r4/errors.js';
import { parseObject } from '../r4/json.js';
import { pruned, treeText, withTokens } from '../r4/lossless.js';
import { withPositions } from '../r4/outcome.js';
import { escapedValue } from '../search/escapes.js';
import type { ContentFacts } from '../store/contents.js';
import type { StoredVersion } from '../store/store.js';
import { FILED_TAG, read, saysTheSame } from './filed.js';
import { knownAlready, knownAs, locksOf, masterOf, subjectIssues, supersede } from './filing.js';
import { attachmentIssues } from './integrity.js';
import { createdOtherwise, locksOfOther } from './other-ways.js';
import {
  isObject,
  isPublish,
  isPublishProfile,
  itemsOf,
  type Json,
  PDSM_COMPREHENSIVE,
  PDSM_SIMPLIFIED,
  textOf,
} from './profiles.js';
import { foundIn } from './stored-content.js';

export const publish: Interaction = {
  ...create,
  type: 'DocumentReference',
  path: '/DocumentReference',
  capability: { ...create.capability, supportedProfile: [PDSM_COMPREHENSIVE, PDSM_SIMPLIFIED] },
  run: (request, context) =>
    request.body !== undefined && isPublish(request.body.value) ? published(request, context) : plain(request, context),
};

/** Where something follows from it, it is told with the answer: in one transaction with it. */
async function plain(request: InteractionRequest, context: Context): Promise<Result> {
  const { services } = context;
  const { store } = services;
  if (services.feed === undefined) return await createdOtherwise(request, context);
  const { ifNoneExist, type, body } = request;
  const locks = ifNoneExist === undefined ? [] : (await parseCriteria(type, ifNoneExist, context)).locks;
  return await store.transact([...locks, ...locksOfOther(type, body?.value)], async (inner) => {
    const inside: Context = { ...context, services: { ...services, store: transactionStore(store, inner) } };
    return await concluded(await createdOtherwise(request, inside), inner);
  });
}

async function published(request: InteractionRequest, context: Context): Promise<Result> {
  refuseParameters(request);
  const { body, ifNoneExist } = request;
  if (body === undefined) throw new FhirError('empty-body');
  const { issues } = await incoming(request, context);
  const facts = checked(body.value, body.source);
  const { data, contentType } = attachmentOf(body.value) as { data: string; contentType: string };
  const bytes = decodedBase64(data) as Buffer;
  const { store } = context.services;
  const isLarge = facts.size > INLINE_BYTES;
  if (isLarge) await store.contents.put(bytes, undefined, facts);
  const condition = ifNoneExist === undefined ? undefined : await parseCriteria(request.type, ifNoneExist, context);
  const master = masterOf(body.value) as { system: string; value: string };
  const locks = [...(condition?.locks ?? []), ...locksOf(master)];
  return await store.transact(locks, async (inner): Promise<Result> => {
    const inside: Context = { ...context, services: { ...context.services, store: transactionStore(store, inner) } };
    if (condition !== undefined) {
      const { items } = await inner.search({ ...condition.query, count: 2 });
      if (items.length > 1) throw new FhirError('multiple-matches');
      if (items[0] !== undefined) return { status: 200, version: items[0], located: true };
    }
    const binary = {
      resourceType: 'Binary',
      meta: { tag: [FILED_TAG] },
      contentType,
      data: isLarge ? facts.address : data,
    };
    const subject = await resolved(body.value, inside);
    const [known] = await knownAs({ id: '', resource: body.value }, inside);
    if (known !== undefined) {
      const text = withoutData(body, addressOf(known), facts, subject);
      const first = await inner.readVersion('DocumentReference', known.id, 1);
      const isAgain = first !== undefined && saysTheSame(read(text), read(first.text));
      // An entry of a transaction has a name for what it makes.
      if (isAgain && request.newId === undefined) return { status: 200, version: known, located: true };
      throw knownAlready(known, read(text));
    }
    const content = await created(
      {
        ...request,
        type: 'Binary',
        body: parseObject(JSON.stringify(binary)),
        ...(isLarge && { content: facts.address }),
      },
      newId(),
      inside,
    );
    const text = withoutData(body, `Binary/${content.id}`, facts, subject);
    const version = await created({ ...request, body: parseObject(text) }, request.newId ?? newId(), inside);
    const written = { id: version.id, resource: JSON.parse(version.text) as Json, expression: 'DocumentReference' };
    const wrong = await subjectIssues(written, inside);
    wrong.push(...(await supersede(written, new Set(), inside)));
    if (wrong.length > 0) throw new FhirError('invalid', {}, { issues: withPositions(wrong, body.source) });
    return await concluded({ status: 201, version, located: true, issues }, inner);
  });
}

function attachmentOf({ content }: Json): Json {
  const { attachment } = itemsOf(content)[0] ?? {};
  return isObject(attachment) ? attachment : {};
}

/** Where the bytes of a document that is filed are. */
const addressOf = ({ text }: StoredVersion): string => textOf(attachmentOf(read(text)).url) ?? '';

/** What the bytes are; throws `invalid` where the resource says otherwise, whatever validation is set to. */
function checked(resource: Json, source: string): ContentFacts {
  const issues: Issue[] = [];
  const place = 'DocumentReference.content[0].attachment';
  const tell = (key: Issue['key'], expression: string) =>
    issues.push({ severity: 'error', key, params: {}, expression });
  const found = foundIn(attachmentOf(resource));
  if (masterOf(resource) === undefined) tell('document-master-missing', 'DocumentReference.masterIdentifier');
  if (found === undefined) tell('document-data-missing', `${place}.data`);
  else issues.push(...attachmentIssues(attachmentOf(resource), found, place));
  if (issues.length > 0 || found === undefined)
    throw new FhirError('invalid', {}, { issues: withPositions(issues, source) });
  return found.facts;
}

async function created(request: InteractionRequest, id: string, context: Context) {
  const { prepared: _, ...asked } = request;
  const { content } = await incoming(asked, context);
  const result = await context.services.store.put({
    type: request.type,
    id,
    content,
    method: 'POST',
    expect: 'absent',
  });
  if (result.outcome !== 'created') throw new Error(`a create ended as ${result.outcome}`);
  return result.version;
}

/** A subject that is named by an identifier alone is the one patient who has it. */
async function resolved({ subject }: Json, context: Context): Promise<string | undefined> {
  if (!isObject(subject) || subject.reference !== undefined || !isObject(subject.identifier)) return undefined;
  const { system = '', value } = subject.identifier;
  if (typeof value !== 'string') return undefined;
  const token = `${escapedValue(String(system))}|${escapedValue(value)}`;
  const { query } = await parseCriteria('Patient', [['identifier', token]], context);
  const { items } = await context.services.store.search({ ...query, count: 2 });
  return items.length === 1 ? `Patient/${items[0]?.id}` : undefined;
}

/**
 * The text as it is stored: an address and hashes where the data were. It claims no longer what it keeps no longer: the
 * profile of ITI-105 asks for data.
 */
function withoutData(
  { value, rawNumbers }: NonNullable<InteractionRequest['body']>,
  url: string,
  { size, sha1 }: ContentFacts,
  subject: string | undefined,
): string {
  const tree = withTokens(value, rawNumbers) as Json;
  const meta = tree.meta as Json;
  meta.profile = (meta.profile as unknown[]).filter((one) => !isPublishProfile(one));
  meta.tag = [...itemsOf(meta.tag), FILED_TAG];
  const attachment = attachmentOf(tree);
  delete attachment.data;
  Object.assign(attachment, { url, size, hash: sha1 });
  if (subject !== undefined) (tree.subject as Json).reference = subject;
  return treeText(pruned(tree));
}
