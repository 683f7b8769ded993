/**
 * What is filed here goes on its way to the DMP in the same transaction, and its author learns at once what keeps it; what
 * is written of patients and of their oppositions moves the jobs that wait for it.
 * docs/adr/0031-a-queue-of-jobs-beside-the-records.md
 */
import { randomUUID } from 'node:crypto';
import type { Consent, DocumentReference, Patient } from '@medplum/fhirtypes';
import { dateRange } from '../r4/dates.js';
import type { Issue } from '../r4/errors.js';
import type { Contents } from '../store/contents.js';
import { factsOf } from '../store/contents.js';
import type { Concluded, StoredVersion, Transaction } from '../store/store.js';
import { hasTag, isIdentityQualified, type Judgement, judge, NOT_QUALIFIED, takerOf } from './eligibility.js';
import type { Establishment } from './establishments.js';
import { type Fault, Faults } from './faults.js';
import { Look, type Looked, type LookParts, predecessorOf } from './look.js';
import { makeDocument } from './make-document.js';
import { isOpposed } from './opposition.js';
import { prepare } from './prepare.js';
import type { Member } from './queue/chain.js';
import type { Freezing, Kept } from './queue/delivery.js';
import { fingerprintOf } from './queue/fingerprint.js';
import { type DmpJob, type Frozen, type HoldReason, isOver } from './queue/job.js';
import { type Filed, lockPatient } from './queue/queue.js';
import type { Submission } from './xds/metadata.js';

export interface IntakeParts extends LookParts {
  readonly establishments: readonly Establishment[];
  readonly contents: Contents;
}

/** An OID that was never used: of a UUID, under 2.25. */
const newOid = (): string => `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`)}`;
/** Jobs of one patient that are looked at. */
const MOST = 10_000;
const NOTHING: Concluded = { issues: [], isRefused: false };
/** What a document waits for. */
const WORDS: Readonly<Record<HoldReason, { en: string; fr: string }>> = {
  opposition: { en: 'the patient is opposed to it', fr: 'le patient s’y oppose' },
  identity: { en: 'the identity of the patient is not qualified', fr: 'l’identité du patient n’est pas qualifiée' },
  'no-dmp': { en: 'the patient has no open DMP', fr: 'le patient n’a pas de DMP ouvert' },
  professional: { en: 'a professional has to release it', fr: 'un professionnel doit le libérer' },
};

export class Intake {
  constructor(private readonly parts: IntakeParts) {}

  establishment(id: string): Establishment | undefined {
    return this.parts.establishments.find((one) => one.id === id);
  }

  /** A DocumentReference was written. */
  async document({ id, version, deleted, text }: StoredVersion, transaction: Transaction): Promise<Concluded> {
    const stored = deleted ? undefined : (JSON.parse(text) as DocumentReference);
    if (stored === undefined || stored.status === 'entered-in-error') {
      await this.parts.queue.delete(transaction, id, (frozen) => this.withdrawal(frozen));
      return NOTHING;
    }
    // What was replaced is told by its replacement.
    if (stored.status !== 'current') return NOTHING;
    const look = new Look(this.parts, transaction);
    const looked = await look.document(stored);
    const taker = takerOf(looked.document, looked.resolve, this.parts.establishments);
    if (taker === undefined) return NOTHING;
    if (stored.docStatus === 'preliminary')
      return told('information', 'dmp-preliminary', 'DocumentReference.docStatus');
    const { patientId } = looked;
    if (patientId === undefined) {
      const reference = stored.subject?.reference ?? '—';
      return told('warning', 'dmp-reference', 'DocumentReference.subject', { reference });
    }
    const replaced = await look.replaced(stored);
    const own = await look.chainOf(id, taker.id);
    const chain = own.length > 0 || replaced?.id === undefined ? own : await look.chainOf(replaced.id, taker.id);
    const made = await this.#made({ look, looked, taker, chain, replaced, id });
    const { judgement } = made;
    const isRefused =
      judgement.faults !== undefined && judgement.hold === undefined && taker.feed.incomplete === 'refuse';
    if (isRefused) return { issues: faultIssues('error', judgement), isRefused };
    const filed = await this.parts.queue.enqueue(transaction, {
      document: id,
      version,
      patient: patientId,
      establishment: taker.id,
      ...(replaced?.id !== undefined && { replaces: replaced.id }),
      ...made.frozen,
      ...judgement,
    });
    return { issues: [...issuesOf(filed, judgement, taker), ...asides(looked)], isRefused };
  }

  async #made(about: {
    look: Look;
    looked: Looked;
    taker: Establishment;
    chain: readonly Member[];
    replaced: DocumentReference | undefined;
    id: string;
  }): Promise<{ judgement: Judgement; frozen: { frozen?: Frozen } }> {
    const { look, looked, taker, chain, replaced, id } = about;
    const { document, resolve, patient, patientId = '' } = looked;
    const wrong = new Faults();
    const bytes = await look.bytes(document, taker.feed.maxBytes, wrong);
    const master = makeDocument({ document, resolve }, bytes, taker.rules);
    const predecessor = predecessorOf(chain, master.header?.uniqueId, replaced);
    const { header, cda, faults } =
      predecessor === undefined || master.header === undefined
        ? master
        : makeDocument({ document, resolve, predecessor }, bytes, taker.rules);
    // Of bytes that are not there, that they are empty is no news.
    const all = [...wrong.all, ...faults.filter(({ key }) => wrong.all.length === 0 || key !== 'dmp-empty')];
    const documents = [id, ...chain.map(({ body }) => body.document)];
    const opposed = this.#isOpposed(await this.#consents(look, [patient?.id ?? patientId, patientId]), documents);
    const judgement = judge(document, taker.feed, { patient, faults: all, isOpposed: opposed });
    if (header === undefined || cda === undefined || judgement.faults !== undefined) return { judgement, frozen: {} };
    return { judgement, frozen: { frozen: await this.#frozen(taker, header, cda, bytes) } };
  }

  async #frozen(
    { caller, sourceId, contentType }: Establishment,
    header: Frozen['header'],
    cda: Buffer,
    bytes: Buffer,
  ): Promise<Frozen> {
    const submission: Submission = { uniqueId: newOid(), time: this.#now(), sourceId, contentType };
    const sending = { header, cda, submission, signatureId: newOid() };
    const { content, lotSignature, signature } = prepare(sending, caller.signer, caller.profile?.hash);
    const { contents } = this.parts;
    const keep = async (kept: Buffer): Promise<string> => (await contents.put(kept, undefined, factsOf(kept))).address;
    return {
      header,
      submission,
      cda: await keep(cda),
      lotSignature: await keep(lotSignature),
      content,
      signature,
      fingerprint: fingerprintOf(header, bytes),
    };
  }

  #now(): number {
    return this.parts.queue.ports.now();
  }

  /** The submission set of a deletion. */
  withdrawal({ submission }: Frozen): Submission {
    return { ...submission, uniqueId: newOid(), time: this.#now() };
  }

  async #consents(look: Look, patients: readonly string[]): Promise<Consent[]> {
    const consents: Consent[] = [];
    for (const id of new Set(patients)) consents.push(...(await look.consents(id)));
    return consents;
  }
  #isOpposed(consents: readonly Consent[], documents: readonly string[]): boolean {
    const { timeZone, baseUrl } = this.parts;
    return isOpposed(consents, documents, this.#now(), baseUrl, (text) => dateRange(text, timeZone));
  }

  /** A Patient was written: what waited for its identity is looked at again. */
  async patient({ deleted, text, id }: StoredVersion, transaction: Transaction): Promise<void> {
    const patient = deleted ? undefined : (JSON.parse(text) as Patient);
    if (patient === undefined || !isIdentityQualified(patient)) return;
    const { queue } = this.parts;
    for (const one of this.#namesOf(patient, id)) {
      await lockPatient(transaction, one);
      for (const held of await queue.ofPatient(transaction.jobs, one, MOST)) {
        // Made anew, with the identity of now.
        if (held.job.hold === 'identity') await queue.resubmit(transaction, held.id);
      }
    }
  }

  /** Ids under which jobs may know a patient: those of the records that this one took the place of, too. */
  #namesOf({ link = [] }: Patient, id: string): string[] {
    const replaced = link.filter(({ type }) => type === 'replaces').map(({ other }) => other.reference ?? '');
    return [id, ...replaced.flatMap((one) => /^Patient\/([A-Za-z0-9\-.]{1,64})$/.exec(one)?.[1] ?? [])];
  }

  /** A Consent was written, changed or deleted: what is on its way is held, what was held for it goes on. */
  async consent(version: StoredVersion, transaction: Transaction): Promise<void> {
    const look = new Look(this.parts, transaction);
    const before =
      version.version > 1 ? await transaction.readVersion('Consent', version.id, version.version - 1) : undefined;
    const texts = [version.text, before?.text ?? ''].filter((text) => text !== '');
    const named = texts.map((text) => look.place((JSON.parse(text) as Consent).patient?.reference));
    for (const id of new Set(named.flatMap((place) => (place?.[0] === 'Patient' ? [place[1]] : [])))) {
      const patient = await look.patient(id);
      const names = patient?.id === undefined ? [id] : this.#namesOf(patient, patient.id);
      const all = [...new Set([id, ...names])];
      const consents = await this.#consents(look, all);
      for (const one of all) await this.#oppose(one, consents, look, transaction);
    }
  }

  async #oppose(patient: string, consents: readonly Consent[], look: Look, transaction: Transaction): Promise<void> {
    const { queue } = this.parts;
    await lockPatient(transaction, patient);
    for (const { id, job } of await queue.ofPatient(transaction.jobs, patient, MOST)) {
      if (isOver(job) || job.work === 'delete') continue;
      const chain = await look.chainWith(id);
      const documents = [job.document, ...(job.alike ?? []), ...chain.map(({ body }) => body.document)];
      const opposed = this.#isOpposed(consents, documents);
      // What a professional holds is looked at when he releases it.
      if (opposed && job.hold !== 'professional' && job.hold !== 'opposition')
        await queue.hold(transaction, id, 'opposition');
      else if (!opposed) await queue.release(transaction, id, 'opposition');
    }
  }

  /** For the worker, before each sending: what keeps it now. */
  async check(job: DmpJob, transaction: Transaction): Promise<Kept | undefined> {
    const look = new Look(this.parts, transaction);
    const patient = await look.patient(job.patient);
    const chain = await look.chainOf(job.document, job.establishment);
    const documents = [job.document, ...(job.alike ?? []), ...chain.map(({ body }) => body.document)];
    const consents = await this.#consents(look, [patient?.id ?? job.patient, job.patient]);
    if (this.#isOpposed(consents, documents)) return { hold: 'opposition' };
    if (!isIdentityQualified(patient)) return { hold: 'identity', faults: [NOT_QUALIFIED] };
    const { ins } = job;
    const isSame =
      ins === undefined ||
      patient?.identifier?.some(({ system, value }) => system === `urn:oid:${ins.root}` && value === ins.extension);
    return isSame === true ? undefined : { hold: 'identity', faults: [CHANGED] };
  }

  /** For the worker: what was not made yet, or is made again. */
  async freeze(job: DmpJob, transaction: Transaction): Promise<Freezing> {
    const look = new Look(this.parts, transaction);
    const stored = await look.read<DocumentReference>('DocumentReference', job.document);
    const taker = this.establishment(job.establishment);
    if (stored === undefined || taker === undefined) return { faults: [GONE] };
    const looked = await look.document(stored);
    const all = await look.chainOf(job.document, job.establishment);
    const place = all.findIndex(({ body }) => body.document === job.document && !isOver(body));
    const chain = place < 0 ? all : all.slice(0, place);
    // Who releases or resubmits it is who was waited for.
    const free = { ...taker, feed: { ...taker.feed, hold: 'none' as const } };
    const document = { ...looked.document, meta: {} };
    const replaced = await look.replaced(stored);
    const { judgement, frozen } = await this.#made({
      look,
      looked: { ...looked, document },
      taker: free,
      chain,
      replaced,
      id: job.document,
    });
    const { hold, faults } = judgement;
    if (hold !== undefined) return { hold, ...(faults !== undefined && { faults }) };
    return frozen.frozen === undefined ? { faults: faults ?? [] } : { frozen: frozen.frozen };
  }

  /** Does a professional hold back documents of this kind? */
  isHeldBack(document: DocumentReference, establishment: string): boolean {
    const { hold = 'none' } = this.establishment(establishment)?.feed ?? {};
    if (hasTag(document, 'hold') || hold === 'all') return true;
    return hold !== 'none' && (document.type?.coding ?? []).some(({ code }) => hold.has(code ?? ''));
  }
}

const CHANGED: Fault = { key: 'dmp-ins-changed', params: {}, expression: 'DocumentReference.subject.resolve()' };
const GONE: Fault = { key: 'dmp-document-gone', params: {}, expression: 'DocumentReference' };

const told = (
  severity: Issue['severity'],
  key: Issue['key'],
  expression: string,
  params: Issue['params'] = {},
): Concluded => ({ issues: [{ severity, key, params, expression }], isRefused: false });

const faultIssues = (severity: Issue['severity'], { faults = [] }: Judgement): Issue[] =>
  faults.map(({ key, params, expression }) => ({ severity, key, params, expression }));

/** What the author of the document learns at once. */
function issuesOf({ outcome, id, job }: Filed, judgement: Judgement, { name }: Establishment): Issue[] {
  const expression = 'DocumentReference';
  const params = { task: id, establishment: name };
  const one = (severity: Issue['severity'], key: Issue['key'], more: Issue['params'] = {}): Issue => ({
    severity,
    key,
    params: { ...params, ...more },
    expression,
  });
  if (outcome === 'unchanged') return [one('information', 'dmp-unchanged')];
  if (outcome === 'duplicate') return [one('warning', 'dmp-duplicate')];
  if (job.hold !== undefined)
    return [one('warning', 'dmp-held', { reason: WORDS[job.hold] }), ...faultIssues('warning', judgement)];
  if (job.state === 'rejected') return [one('warning', 'dmp-rejected'), ...faultIssues('warning', judgement)];
  return [one('information', 'dmp-filed')];
}

/** What is sent without, and nobody would miss it otherwise. */
function asides({ contents, document: { author = [] }, resolve }: Looked): Issue[] {
  const issues: Issue[] = [];
  if (contents > 1)
    issues.push({ severity: 'warning', key: 'dmp-one-content', params: {}, expression: 'DocumentReference.content' });
  for (const [i, { reference }] of author.entries()) {
    if (reference === undefined || resolve(reference)?.resourceType !== 'Device') continue;
    issues.push({
      severity: 'warning',
      key: 'dmp-author-device',
      params: {},
      expression: `DocumentReference.author[${i}]`,
    });
  }
  return issues;
}
