/**
 * ITI-65, Provide Document Bundle: a transaction whose Bundle claims a profile of it. Its documents are checked against
 * their bytes, filed once, and what they replace is superseded with them. https://profiles.ihe.net/ITI/MHD/ITI-65.html
 */
import { INLINE_BYTES, namedContent } from '../interactions/content.js';
import { type Entry, entryError } from '../interactions/entries.js';
import type { Context, Interaction, Result } from '../interactions/interaction.js';
import { type Additions, runTransaction, transaction } from '../interactions/transaction.js';
import { FhirError, type Issue } from '../r4/errors.js';
import { withPositions } from '../r4/outcome.js';
import type { Contents } from '../store/contents.js';
import { asFiled, read } from './filed.js';
import {
  knownAlready,
  knownAs,
  locksOf,
  masterOf,
  subjectIssues,
  subjectOf,
  supersede,
  type Written,
} from './filing.js';
import { attachmentIssues, attachmentsOf, type Found } from './integrity.js';
import { isObject, isProvideBundle, itemsOf, type Json, listType, PDSM_BUNDLE, textOf } from './profiles.js';
import { FiledBefore, sentAgain } from './sent-again.js';
import { foundIn, freeze, heldHere } from './stored-content.js';

export const provideDocumentBundle: Interaction = {
  ...transaction,
  type: 'Bundle',
  capability: { supportedProfile: [PDSM_BUNDLE] },
  instantiates: [
    'https://interop.esante.gouv.fr/ig/fhir/pdsm/CapabilityStatement/PDSm-GestionnaireDePartageDeDocuments',
  ],
  async run(request, context) {
    try {
      return await runTransaction(request, context, (entries, source) => begun(entries, source, context));
    } catch (thrown) {
      if (thrown instanceof FiledBefore) return thrown.result;
      throw thrown;
    }
  },
};

/** Is what was posted to the base a Bundle of ITI-65? */
export const isProvided = (body: Json | undefined): boolean =>
  body !== undefined && body.resourceType === 'Bundle' && body.type === 'transaction' && isProvideBundle(body);

const typeOf = ({ resource }: Entry): string => textOf(resource?.value.resourceType) ?? '';
const isPosted = (entry: Entry, type: string): boolean => entry.method === 'POST' && typeOf(entry) === type;
const at = ({ index }: Entry, path = ''): string => `Bundle.entry[${index}].resource${path}`;

interface Lot {
  /** All of them, in their order. */
  entries: readonly Entry[];
  set: Entry | undefined;
  documents: Entry[];
  folders: Entry[];
  contents: Entry[];
  patches: Entry[];
  issues: Issue[];
}

async function begun(entries: readonly Entry[], source: string, context: Context): Promise<Additions> {
  const lot = sorted(entries);
  const { issues, documents } = lot;
  checkList(lot);
  const masters = checkMasters(lot);
  const used = new Set<Entry>();
  const frozen = new Map<string, number>();
  const founds = new Map<Entry, Found>();
  for (const document of documents) {
    const attachments = attachmentsOf(document.resource?.value ?? {});
    for (const { attachment, path } of attachments) {
      const content = entryNamed(textOf(attachment.url) ?? '', document, lot.contents);
      if (content === undefined) {
        const held = await heldHere(attachment, at(document, `.${path}`), context);
        issues.push(...held.issues);
        if (held.place !== undefined) frozen.set(held.place, held.version);
        continue;
      }
      used.add(content);
      const inside = foundIn(attachment);
      if (inside !== undefined) issues.push(...attachmentIssues(attachment, inside, at(document, `.${path}`)));
      // A document of FHIR has no bytes of its own: it goes out as it is asked for.
      if (typeOf(content) !== 'Binary') continue;
      const found = founds.get(content) ?? foundIn(content.resource?.value ?? {});
      if (found === undefined) {
        issues.push(error('document-empty', at(content, '.data')));
        continue;
      }
      founds.set(content, found);
      issues.push(...attachmentIssues(attachment, found, at(document, `.${path}`)));
    }
  }
  for (const content of lot.contents) {
    if (!used.has(content)) issues.push(error('document-content-unused', at(content)));
  }
  if (issues.length > 0) throw new FhirError('invalid', {}, { issues: withPositions(issues, source) });
  for (const [content, found] of founds) await kept(content, found, context.services.store.contents);
  for (const entry of [...documents, ...used]) mark(entry);
  return {
    locks: [...masters.values(), ...[...frozen.keys()].map((place) => [place])].flat(),
    shows: (entry) => typeOf(entry) !== 'Binary',
    finish: (results, inside) => finished(lot, frozen, results, source, inside),
  };
}

const error = (key: Issue['key'], expression: string, params: Issue['params'] = {}): Issue => ({
  severity: 'error',
  key,
  params,
  expression,
});

/** What each entry is in the lot. */
function sorted(entries: readonly Entry[]): Lot {
  const lot: Lot = { entries, set: undefined, documents: [], folders: [], contents: [], patches: [], issues: [] };
  let sets = 0;
  for (const entry of entries) {
    const type = typeOf(entry);
    const { value = {} } = entry.resource ?? {};
    if (entry.method === 'PATCH' && entry.request.type === 'DocumentReference') lot.patches.push(entry);
    else if (isPosted(entry, 'List') && listType(value) === 'submissionset') {
      lot.set = entry;
      sets++;
    } else if (type === 'List' && listType(value) === 'folder' && /^(POST|PUT)$/.test(entry.method)) {
      lot.folders.push(entry);
    } else if (isPosted(entry, 'DocumentReference')) lot.documents.push(entry);
    else if (isPosted(entry, 'Binary') || isPosted(entry, 'Bundle')) lot.contents.push(entry);
    else if (!(type === 'Patient' && /^(POST|PUT)$/.test(entry.method))) {
      const params = { method: entry.method.slice(0, 10), type: (type || entry.request.type).slice(0, 64) };
      lot.issues.push(error('document-entry-kind', at(entry), params));
    }
  }
  if (sets !== 1) lot.issues.push(error('document-set-count', 'Bundle.entry', { count: sets }));
  return lot;
}

/** The SubmissionSet lists what comes with it. */
function checkList({ set, documents, folders, issues }: Lot): void {
  if (set === undefined) return;
  const listed = itemsOf(set.resource?.value.entry).map(({ item }) => (isObject(item) ? textOf(item.reference) : ''));
  for (const entry of [...documents, ...folders]) {
    const isListed = listed.some((reference) => reference !== undefined && entryNamed(reference, set, [entry]));
    if (!isListed) issues.push(error('document-not-in-set', at(entry)));
  }
}

/** The locks of each document. */
function checkMasters({ documents, issues }: Lot): ReadonlyMap<string, string[]> {
  const locks = new Map<string, string[]>();
  for (const document of documents) {
    const master = masterOf(document.resource?.value ?? {});
    const key = JSON.stringify(master);
    const place = at(document, '.masterIdentifier');
    if (master === undefined) issues.push(error('document-master-missing', place));
    else if (locks.has(key)) issues.push(error('document-master-twice', place));
    else locks.set(key, locksOf(master));
  }
  return locks;
}

/** The entry that a link in another means: by its fullUrl, in whole or relative to the base of the other's, or by its id. */
function entryNamed(link: string, from: Entry, among: readonly Entry[]): Entry | undefined {
  const [, base] = /^(.+\/)[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/s.exec(from.fullUrl ?? '') ?? [];
  return among.find((entry) => {
    const { fullUrl, resource } = entry;
    if (fullUrl === link || (base !== undefined && fullUrl === base + link)) return true;
    return link === `${typeOf(entry)}/${textOf(resource?.value.id) ?? ''}`;
  });
}

/** Large data go into the contents now, once, with their hash known. */
async function kept(entry: Entry, { facts, bytes }: Found, contents: Contents): Promise<void> {
  if (facts.size <= INLINE_BYTES || bytes === undefined) return;
  await contents.put(bytes, undefined, facts);
  namedContent(entry, facts.address);
}

function mark(entry: Entry): void {
  const { resource } = entry;
  if (resource === undefined) return;
  const text = asFiled(resource.text);
  entry.resource = { text, value: { ...resource.value, meta: read(text).meta } };
}

/** What the store knows: throws where something is wrong, which undoes all. */
async function finished(
  lot: Lot,
  frozen: ReadonlyMap<string, number>,
  results: ReadonlyMap<Entry, Result>,
  source: string,
  context: Context,
): Promise<void> {
  const written = (entry: Entry): Written | undefined => {
    const { version } = results.get(entry) ?? {};
    return version && { id: version.id, resource: JSON.parse(version.text) as Json, expression: at(entry) };
  };
  for (const entry of lot.documents) {
    const [known] = await knownAs(written(entry) as Written, context);
    if (known === undefined) continue;
    await sentAgain(lot, results, context);
    throw entryError(knownAlready(known, (written(entry) as Written).resource), entry.index, source);
  }
  const patched = new Set(lot.patches.map((entry) => results.get(entry)?.version?.id ?? ''));
  const issues: Issue[] = [];
  const subjects = new Set<string | undefined>();
  for (const entry of [lot.set, ...lot.documents, ...lot.folders, ...lot.patches]) {
    const one = entry && written(entry);
    if (entry === undefined || one === undefined) continue;
    const subject = subjectOf(one.resource, context.baseUrl);
    issues.push(...(subjects.has(subject) ? [] : await subjectIssues(one, context)));
    subjects.add(subject);
    if (subjects.size > 1) issues.push(error('document-subject-differs', at(entry, '.subject')));
    if (lot.documents.includes(entry)) issues.push(...(await supersede(one, patched, context)));
  }
  if (issues.length > 0) throw new FhirError('invalid', {}, { issues: withPositions(issues, source) });
  for (const [place, version] of frozen) await freeze(place, version, context);
}
