/**
 * The queue for the DMP as its writers see it: each step within a transaction of theirs, so that a document and its job are
 * written together or not at all. docs/adr/0031-a-queue-of-jobs-beside-the-records.md
 */
import type { Job, JobSteps, NewJob } from '../../store/jobs.js';
import type { Transaction } from '../../store/store.js';
import type { Fault } from '../faults.js';
import type { Submission } from '../xds/metadata.js';
import { Member, readChain, settle } from './chain.js';
import { DMP_QUEUE, type DmpJob, type Frozen, type HoldReason, isOpen, isOver, mayBeInTheDmp } from './job.js';
import type { Moment, Policy } from './policy.js';
import type { Event } from './transitions.js';

/** A job that changed: `before` is absent for a new one. */
export interface Change {
  readonly id: string;
  readonly job: DmpJob;
  readonly before?: DmpJob;
}
export interface QueuePorts {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly policy: Policy;
  /** An id that was never used; a Task's. */
  readonly newId: () => string;
  /** Shows a job that changed, in the same transaction: writes its Task. */
  readonly record: (change: Change, transaction: Transaction) => Promise<void>;
}

/** A document that is for the DMP. */
export interface Order {
  /** DocumentReference and its version, Patient: ids without type. */
  readonly document: string;
  readonly version: number;
  readonly patient: string;
  readonly establishment: string;
  /** DocumentReference that this one takes the place of. */
  readonly replaces?: string;
  /** Absent: a worker freezes it. */
  readonly frozen?: Frozen;
  /** Something keeps it: it waits until `release`. */
  readonly hold?: HoldReason;
  /** What keeps it; without `hold` the producer has to mend it. */
  readonly faults?: readonly Fault[];
}
export interface Filed {
  /**
   * - `filed`: a new job
   * - `amended`: the job that the document had, which nothing was sent of
   * - `unchanged`: the version before says the same, and stands for it
   * - `duplicate`: a document of this establishment bears this uniqueId already, and may be in the DMP: nothing was done
   */
  readonly outcome: 'filed' | 'amended' | 'unchanged' | 'duplicate';
  readonly id: string;
  readonly job: DmpJob;
}
/** `impossible`: not in the state that it is in. */
export type Done = { readonly outcome: 'done' | 'impossible' | 'absent'; readonly job?: DmpJob };

/** Keys of jobs in the store. */
const documentKey = (id: string) => `document|${id}`;
const patientKey = (id: string) => `patient|${id}`;
const uniqueKey = (establishment: string, uniqueId: string) => `unique|${establishment}|${uniqueId}`;

function keysOf({ work, document, alike = [], patient, establishment, frozen }: DmpJob): string[] {
  const unique = work === 'provide' && frozen !== undefined ? [uniqueKey(establishment, frozen.header.uniqueId)] : [];
  return [...[document, ...alike].map(documentKey), patientKey(patient), ...unique];
}
const contentsOf = ({ work, frozen }: DmpJob): string[] =>
  work === 'provide' && frozen !== undefined ? [frozen.cda, frozen.lotSignature] : [];

/** A job of the store that shows this body. `lease` is the end of the lease that it keeps. */
export function jobWith(job: NewJob & { readonly fence?: number }, body: DmpJob, due: number | null): Job {
  const { state } = body;
  const text = JSON.stringify(body);
  return { fence: 0, ...job, state, due, keys: keysOf(body), contents: contentsOf(body), body: text };
}

/** Held by whoever holds jobs of a patient for what he read, and by whoever changes that. */
export const lockPatient = (transaction: Transaction, patient: string) => transaction.lock(`dmp patient ${patient}`);

/** Of one document at most so many jobs are looked at. */
const MOST = 100;

/** Another has the job by now, or changed it: whoever slept writes nothing. */
export class LeaseLost extends Error {
  override name = 'LeaseLost';
}

export class Queue {
  constructor(readonly ports: QueuePorts) {}

  moment(): Moment {
    const { now, random, policy } = this.ports;
    return { now: now(), random, policy };
  }

  async get(jobs: Pick<JobSteps, 'get'>, id: string): Promise<DmpJob | undefined> {
    const job = await jobs.get(DMP_QUEUE, id);
    return job === undefined ? undefined : (JSON.parse(job.body) as DmpJob);
  }
  /** The newest first. */
  ofDocument(jobs: Pick<JobSteps, 'find'>, document: string, count = MOST): Promise<{ id: string; job: DmpJob }[]> {
    return found(jobs, documentKey(document), count);
  }
  ofPatient(jobs: Pick<JobSteps, 'find'>, patient: string, count = MOST): Promise<{ id: string; job: DmpJob }[]> {
    return found(jobs, patientKey(patient), count);
  }
  /** Those of an establishment that send a document with this uniqueId. */
  ofUniqueId(jobs: Pick<JobSteps, 'find'>, establishment: string, uniqueId: string) {
    return found(jobs, uniqueKey(establishment, uniqueId), MOST);
  }

  /** Files a document. One that replaces another stands behind it, and waits for it where it is on its way. */
  async enqueue(transaction: Transaction, order: Order): Promise<Filed> {
    const { jobs } = transaction;
    const { establishment, document, frozen } = order;
    if (order.hold !== undefined) await lockPatient(transaction, order.patient);
    const uniqueId = frozen?.header.uniqueId;
    const key = uniqueId === undefined ? undefined : uniqueKey(establishment, uniqueId);
    const [same] = key === undefined ? [] : await jobs.find(DMP_QUEUE, key, 1);
    const behind = same ?? (await this.#before(jobs, order));
    const chain = behind?.chain ?? `${establishment} ${document}`;
    const members = await readChain(jobs, chain);
    const last = members.at(-1);
    const own = same === undefined ? last : members.find(({ job }) => job.id === same.id);
    if (own !== undefined && isFree(own.body, document)) return await this.#amend(transaction, order, members, own);
    if (last !== undefined && isSaidBy(order, last.body)) return await this.#unchanged(transaction, order, last);
    if (same !== undefined && own !== undefined) return { outcome: 'duplicate', id: same.id, job: own.body };
    return await this.#add(transaction, order, chain, members);
  }

  async #add(transaction: Transaction, order: Order, chain: string, members: Member[]): Promise<Filed> {
    const last = members.at(-1);
    const at = this.moment();
    const body = fresh(order, at.now, last?.job.id);
    const id = this.ports.newId();
    const place = (last?.job.place ?? 0) + 1;
    const own = new Member(newJob(id, chain, place, body));
    own.due = body.state === 'received' ? at.now : null;
    members.push(own);
    settle(members, at);
    await this.write(transaction, members, own);
    return { outcome: 'filed', id, job: own.body };
  }

  /** The job behind whose chain it stands. */
  async #before(jobs: JobSteps, { document, replaces, establishment }: Order): Promise<Job | undefined> {
    for (const each of replaces === undefined ? [document] : [replaces, document]) {
      const all = await jobs.find(DMP_QUEUE, documentKey(each), MOST);
      const own = all.find(({ lane }) => lane === establishment);
      if (own !== undefined) return own;
    }
    return undefined;
  }

  /** The job that the document has already, and of which nothing was sent. */
  async #amend(transaction: Transaction, order: Order, members: Member[], own: Member): Promise<Filed> {
    const { body } = own;
    const at = this.moment();
    const { attempts, sendings, created, predecessor } = body;
    own.body = { ...fresh(order, at.now, predecessor), attempts, sendings, created };
    own.due = own.body.state === 'received' ? at.now : null;
    settle(members, at);
    await this.write(transaction, members);
    return { outcome: 'amended', id: own.job.id, job: own.body };
  }

  async #unchanged(transaction: Transaction, { document }: Order, last: Member): Promise<Filed> {
    const { alike = [] } = last.body;
    if (last.body.document !== document && !alike.includes(document)) {
      last.body = { ...last.body, alike: [...alike, document] };
      await this.write(transaction, [last]);
    }
    return { outcome: 'unchanged', id: last.job.id, job: last.body };
  }

  /** Holds back what is not on its way yet. */
  hold(transaction: Transaction, id: string, reason: HoldReason, faults?: readonly Fault[]): Promise<Done> {
    return this.take(transaction, id, { type: 'hold', reason, ...(faults === undefined ? {} : { faults }) });
  }
  /** `reason`: only what is held for it. The worker looks again whether anything else keeps it. */
  async release(transaction: Transaction, id: string, reason?: HoldReason): Promise<Done> {
    return await this.take(transaction, id, { type: 'release' }, ({ hold }) => reason === undefined || hold === reason);
  }
  /** What was rejected, failed or held goes again, frozen anew where the DMP does not have it. */
  resubmit(transaction: Transaction, id: string): Promise<Done> {
    return this.take(transaction, id, { type: 'resubmit' });
  }

  /**
   * All of a patient's that are held for a reason are looked at again: to be called in the transaction that ends the reason,
   * so that a worker who still sees it does not hold one behind its back. Returns how many.
   */
  async releaseAll(transaction: Transaction, patient: string, reason: HoldReason): Promise<number> {
    await lockPatient(transaction, patient);
    let count = 0;
    const held = await this.ofPatient(transaction.jobs, patient, 10_000);
    for (const { id, job } of held) {
      if (job.hold !== reason) continue;
      if ((await this.release(transaction, id, reason)).outcome === 'done') count++;
    }
    return count;
  }

  /**
   * Takes a document out of the DMP, or keeps it from getting there. What is not on its way is withdrawn at once; where the
   * DMP has any version of it, or may have, a deletion is queued, with `withdrawal` as its submission set. `undefined` for a
   * document without a job.
   */
  async delete(
    transaction: Transaction,
    document: string,
    withdrawal: (frozen: Frozen) => Submission,
  ): Promise<{ id: string; job: DmpJob } | undefined> {
    const [named] = await transaction.jobs.find(DMP_QUEUE, documentKey(document), 1);
    if (named === undefined) return undefined;
    const members = await readChain(transaction.jobs, named.chain);
    const at = this.moment();
    const last = members.at(-1) as Member;
    // A deletion that stands there already will do it.
    if (last.body.work === 'delete' && !isOver(last.body)) {
      if (last.take({ type: 'resubmit' }, at)) {
        settle(members, at);
        await this.write(transaction, members);
      }
      return { id: last.job.id, job: last.body };
    }
    for (const member of members) {
      if (!isOver(member.body) && !isOpen(member.body)) member.take({ type: 'withdraw' }, at);
    }
    const there = members.findLast(({ body }) => isThere(body));
    if (there?.body.frozen === undefined) {
      await this.write(transaction, members);
      return { id: last.job.id, job: last.body };
    }
    const { frozen } = there.body;
    const { hold: _, faults: __, alike: ___, deliveredAt: ____, entryUuid: _____, ...rest } = there.body;
    const body: DmpJob = {
      ...rest,
      work: 'delete',
      state: 'validated',
      withdrawal: withdrawal(frozen),
      predecessor: there.job.id,
      ...{ attempts: [], sendings: 0, inARow: 0, mayBeThere: false, created: at.now, changed: at.now },
    };
    const id = this.ports.newId();
    const own = new Member(newJob(id, named.chain, last.job.place + 1, body));
    own.due = null;
    members.push(own);
    settle(members, at);
    await this.write(transaction, members, own);
    return { id, job: own.body };
  }

  /** An event for one job, and what follows for its chain; `wanted` looks at it once the chain is held. */
  async take(
    transaction: Transaction,
    id: string,
    event: Event,
    wanted: (job: DmpJob) => boolean = () => true,
  ): Promise<Done> {
    const named = await transaction.jobs.get(DMP_QUEUE, id);
    if (named === undefined) return { outcome: 'absent' };
    const members = await readChain(transaction.jobs, named.chain);
    const own = members.find(({ job }) => job.id === id) as Member;
    const at = this.moment();
    if (!wanted(own.body) || !own.take(event, at)) return { outcome: 'impossible', job: own.body };
    settle(members, at);
    await this.write(transaction, members);
    return { outcome: 'done', job: own.body };
  }

  /**
   * Saves and shows what changed. Throws LeaseLost where somebody was quicker: never for what this transaction has read,
   * only for what a worker leased before it.
   */
  async write(transaction: Transaction, members: readonly Member[], added?: Member): Promise<void> {
    for (const member of members) {
      if (member !== added && !member.isChanged) continue;
      const job = jobWith(member.job, member.body, member.due === 'lease' ? member.job.due : member.due);
      if (member === added) await transaction.jobs.add(job);
      else if (!(await transaction.jobs.save(job))) throw new LeaseLost(job.id);
      const change = { id: job.id, job: member.body };
      await this.ports.record(member === added ? change : { ...change, before: member.before }, transaction);
    }
  }
}

/** Nothing of it was sent, and it is the document's own. */
const isFree = (body: DmpJob, document: string): boolean =>
  body.work === 'provide' && body.document === document && !isOver(body) && !mayBeInTheDmp(body);

const isThere = (body: DmpJob): boolean =>
  body.work === 'provide' &&
  body.frozen !== undefined &&
  (body.state === 'delivered' || body.mayBeThere || isOpen(body));

async function found(jobs: Pick<JobSteps, 'find'>, key: string, count: number): Promise<{ id: string; job: DmpJob }[]> {
  const all = await jobs.find(DMP_QUEUE, key, count);
  return all.map(({ id, body }) => ({ id, job: JSON.parse(body) as DmpJob }));
}

/** The last of the chain says the same, and is in the DMP or on its way there. */
function isSaidBy({ frozen, hold, faults }: Order, last: DmpJob): boolean {
  if (frozen === undefined || hold !== undefined || faults !== undefined || last.work !== 'provide') return false;
  const isGone = last.state === 'deleted' || last.state === 'superseded';
  const isKept = last.state === 'rejected' || last.state === 'failed';
  return !isGone && !isKept && last.frozen?.fingerprint === frozen.fingerprint;
}

function fresh(order: Order, now: number, predecessor: string | undefined): DmpJob {
  const { document, version, patient, establishment, frozen, hold, faults } = order;
  const ready = frozen === undefined ? 'received' : 'validated';
  return {
    work: 'provide',
    state: hold !== undefined ? 'held' : faults !== undefined ? 'rejected' : ready,
    ...(hold === undefined ? {} : { hold }),
    document,
    version,
    patient,
    establishment,
    ...(frozen === undefined ? {} : { frozen, ins: frozen.header.subject.ins }),
    ...(predecessor === undefined ? {} : { predecessor }),
    ...(faults === undefined ? {} : { faults }),
    attempts: [],
    sendings: 0,
    inARow: 0,
    mayBeThere: false,
    created: now,
    changed: now,
  };
}

function newJob(id: string, chain: string, place: number, body: DmpJob): Job {
  const { establishment, state } = body;
  const where = { queue: DMP_QUEUE, lane: establishment, chain, place };
  return {
    id,
    ...where,
    state,
    keys: keysOf(body),
    due: null,
    body: JSON.stringify(body),
    contents: contentsOf(body),
    fence: 0,
  };
}
