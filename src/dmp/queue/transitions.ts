/**
 * What becomes of a job at an event: pure. Which event is possible in which state is a table; what is impossible is
 * `undefined`, and nothing happened. docs/adr/0031-a-queue-of-jobs-beside-the-records.md
 */
import type { Decision } from '../decision.js';
import type { Fault } from '../faults.js';
import { ATTEMPTS_KEPT, type Attempt, type DmpJob, type Frozen, type HoldReason, type State } from './job.js';
import { askAgainAt, type Moment, retryAt } from './policy.js';

/** How a call of the DMP ended; `context` is the words of others. */
export interface Answered {
  readonly began: number;
  readonly transaction: Attempt['transaction'];
  readonly messageId?: string;
  readonly decision: Decision;
  readonly context?: string;
}

export type Event =
  /** It could be made. */
  | { readonly type: 'freeze'; readonly frozen: Frozen }
  /** It could not: the producer mends it. */
  | { readonly type: 'reject'; readonly faults: readonly Fault[] }
  | { readonly type: 'hold'; readonly reason: HoldReason; readonly faults?: readonly Fault[] }
  /** What it was held for is over; or shall be looked at again. */
  | { readonly type: 'release' }
  /** Somebody mended what kept it, and wants it sent. */
  | { readonly type: 'resubmit' }
  /** Those before it in its chain are over. */
  | { readonly type: 'turn' }
  /** A call that comes before the sending was not answered as it should be: TD0.2, TD3.1b of the predecessor. */
  | { readonly type: 'preliminary'; readonly answer: Answered }
  /** An attempt begins. */
  | { readonly type: 'send'; readonly transaction: Attempt['transaction'] }
  /** It ended. */
  | { readonly type: 'answer'; readonly answer: Answered }
  /** The DMP is going to be asked what became of it. */
  | { readonly type: 'ask' }
  /** Of a sending: the entry that it has. */
  | {
      readonly type: 'there';
      readonly answer: Answered;
      readonly entryUuid: string;
      readonly isSame: boolean;
      readonly isDeleted: boolean;
    }
  /** What was asked of the DMP was not done. */
  | { readonly type: 'absent'; readonly answer: Answered }
  /** The question was not answered. */
  | { readonly type: 'no-answer'; readonly answer: Answered }
  /** Nobody but an operator can go on; `because` is a word of ours. */
  | { readonly type: 'fail'; readonly because: string; readonly transaction: Attempt['transaction'] }
  /** A later version takes its place. */
  | { readonly type: 'supersede' }
  /** The version that the DMP has says the same: it is not sent. */
  | { readonly type: 'same'; readonly as: string }
  /** It is taken out of the DMP, or does not go there any more. */
  | { readonly type: 'withdraw' };
export type EventType = Event['type'];

/** In which states an event is possible. */
export const POSSIBLE: Readonly<Record<EventType, readonly State[]>> = {
  freeze: ['received'],
  reject: ['received'],
  hold: ['received', 'validated', 'queued', 'held'],
  release: ['held'],
  resubmit: ['held', 'rejected', 'failed'],
  turn: ['validated'],
  preliminary: ['queued', 'held'],
  send: ['queued'],
  answer: ['sending'],
  ask: ['sending', 'unknown', 'reconciling'],
  there: ['reconciling'],
  absent: ['reconciling'],
  'no-answer': ['reconciling'],
  fail: ['received', 'held', 'queued', 'unknown', 'reconciling'],
  supersede: ['held', 'rejected', 'failed', 'delivered'],
  same: ['queued'],
  withdraw: ['received', 'validated', 'held', 'queued', 'rejected', 'failed', 'delivered', 'reconciling'],
};

export interface Step {
  readonly job: DmpJob;
  /** Milliseconds since 1970, never, or as long as the lease lasts. */
  readonly due: number | null | 'lease';
}

type Of<T extends EventType> = Extract<Event, { type: T }>;

/** `undefined` where the event is not possible in the state of the job. */
export function step(job: DmpJob, event: Event, at: Moment): Step | undefined {
  if (!POSSIBLE[event.type].includes(job.state)) return undefined;
  const next = moved(job, event, at);
  return { ...next, job: { ...next.job, changed: at.now } };
}

function moved(job: DmpJob, event: Event, at: Moment): Step {
  const { now } = at;
  switch (event.type) {
    case 'freeze': {
      const { afresh: _, ...rest } = plain(job);
      return {
        job: { ...rest, state: 'validated', frozen: event.frozen, ins: event.frozen.header.subject.ins },
        due: null,
      };
    }
    case 'reject':
      return { job: { ...plain(job), state: 'rejected', faults: event.faults }, due: null };
    case 'hold':
      return held(job, event.reason, event.faults, at);
    case 'release':
      return again(job, now);
    case 'resubmit':
      return again({ ...job, afresh: true, inARow: 0 }, now);
    case 'turn':
      return { job: { ...job, state: 'queued' }, due: now };
    case 'preliminary':
      return preliminary(job, event, at);
    case 'send': {
      const attempt: Attempt = { began: now, transaction: event.transaction };
      return {
        job: { ...job, state: 'sending', sendings: job.sendings + 1, attempts: kept(job, attempt) },
        due: 'lease',
      };
    }
    case 'answer':
      return answered(job, event, at);
    case 'ask': {
      // An attempt that is still open was left by a process that died.
      const attempts = job.attempts.map((one) =>
        one.ended === undefined ? { ...one, ended: now, result: 'interrupted' } : one,
      );
      return { job: { ...job, state: 'reconciling', attempts, mayBeThere: true }, due: 'lease' };
    }
    case 'there':
      return there(job, event, now);
    case 'absent':
      return absent(job, event, now);
    case 'no-answer':
      return noAnswer(job, event, at);
    case 'fail': {
      const attempt: Attempt = { began: now, ended: now, transaction: event.transaction, result: event.because };
      return { job: { ...plain(job), state: 'failed', attempts: kept(job, attempt) }, due: null };
    }
    case 'supersede':
      return { job: { ...plain(job), state: 'superseded' }, due: null };
    case 'same':
      return { job: { ...plain(job), state: 'superseded', sameAs: event.as }, due: null };
    case 'withdraw':
      return { job: { ...plain(job), state: 'deleted' }, due: null };
  }
}

/** Without what kept it. */
function plain(job: DmpJob): DmpJob {
  const { hold: _, faults: __, ...rest } = job;
  return rest;
}

const kept = (job: DmpJob, attempt: Attempt): readonly Attempt[] => [...job.attempts, attempt].slice(-ATTEMPTS_KEPT);

/** How many answers of this call were the same in a row, this one included. */
function inARow(job: DmpJob, { transaction, decision }: Answered): number {
  const before = job.attempts.findLast((one) => one.transaction === transaction && one.ended !== undefined);
  return before?.result === decision.because ? job.inARow + 1 : 1;
}

/** Its attempt is closed where one is open, else added. */
function told(job: DmpJob, answer: Answered, now: number): DmpJob {
  const { began, transaction, messageId, decision, context } = answer;
  const attempt: Attempt = {
    began,
    ended: now,
    transaction,
    ...(messageId === undefined ? {} : { messageId }),
    result: decision.because,
    ...(context === undefined || context === '' ? {} : { codeContext: context }),
  };
  const last = job.attempts.at(-1);
  const isOpenOne = last !== undefined && last.ended === undefined && last.transaction === transaction;
  const attempts = isOpenOne ? [...job.attempts.slice(0, -1), { ...attempt, began: last.began }] : kept(job, attempt);
  return { ...job, attempts, inARow: inARow(job, answer) };
}

function held(job: DmpJob, reason: HoldReason, faults: readonly Fault[] | undefined, at: Moment): Step {
  const next: DmpJob = { ...plain(job), state: 'held', hold: reason, ...(faults === undefined ? {} : { faults }) };
  return { job: next, due: reason === 'no-dmp' ? askAgainAt(at) : null };
}

/** From wherever it stood back to the beginning, or to what is not known of it. */
function again(job: DmpJob, now: number): Step {
  const free = plain(job);
  if (job.mayBeThere && job.work === 'provide') return { job: { ...free, state: 'unknown' }, due: now };
  const isReady = job.work === 'delete' || (job.frozen !== undefined && job.afresh === undefined);
  return isReady
    ? { job: { ...free, state: 'validated' }, due: null }
    : { job: { ...free, state: 'received' }, due: now };
}

const isBeyond = (job: DmpJob, { attempts }: Decision): boolean => attempts !== undefined && job.inARow > attempts;

/** The same again, later; a human's where it was answered too often. `state` is where it waits. */
function later(job: DmpJob, state: 'queued' | 'unknown', decision: Decision, at: Moment): Step {
  if (isBeyond(job, decision)) return { job: { ...job, state: 'failed' }, due: null };
  return { job: { ...job, state }, due: retryAt(at, job.inARow) };
}

/** The lane is stopped, and no attempt is burnt: it waits in its place. */
const stopped = (job: DmpJob, state: 'queued' | 'unknown', inARow: number, now: number): Step => ({
  job: { ...job, state, inARow },
  due: now,
});

function preliminary(job: DmpJob, { answer }: Of<'preliminary'>, at: Moment): Step {
  const next = plain(told(job, answer, at.now));
  const { decision } = answer;
  if (decision.lane) return stopped(next, 'queued', job.inARow, at.now);
  switch (decision.action) {
    case 'hold':
      return held(next, 'no-dmp', undefined, at);
    case 'operator':
    case 'reject':
      return { job: { ...next, state: 'failed' }, due: null };
    default:
      return later(next, 'queued', decision, at);
  }
}

function answered(job: DmpJob, { answer }: Of<'answer'>, at: Moment): Step {
  const { now, policy } = at;
  const { decision } = answer;
  const next = told(job, answer, now);
  if (decision.lane) return stopped(next, 'queued', job.inARow, now);
  switch (decision.action) {
    case 'done':
      return job.work === 'delete'
        ? { job: { ...next, state: 'deleted' }, due: null }
        : { job: { ...next, state: 'delivered', deliveredAt: now }, due: null };
    case 'retry':
      return later(next, 'queued', decision, at);
    case 'reconcile':
      if (isBeyond(next, decision)) return { job: { ...next, state: 'failed' }, due: null };
      return { job: { ...next, state: 'unknown', mayBeThere: true }, due: now + policy.reconcileAfter };
    case 'hold':
      return held(next, 'no-dmp', undefined, at);
    case 'reject':
      // What a deletion says is all ours: no producer can mend it.
      return { job: { ...next, state: job.work === 'delete' ? 'failed' : 'rejected' }, due: null };
    case 'operator':
      return { job: { ...next, state: 'failed' }, due: null };
  }
}

function there(job: DmpJob, event: Of<'there'>, now: number): Step {
  const next = { ...told(job, event.answer, now), inARow: 0, entryUuid: event.entryUuid };
  // Somebody gave the number to another document.
  if (!event.isSame) return { job: { ...next, state: 'rejected' }, due: null };
  if (event.isDeleted) return { job: { ...next, state: 'deleted', deliveredAt: now }, due: null };
  return { job: { ...next, state: 'delivered', deliveredAt: now }, due: null };
}

/** The row of the error table that says that the set is known, while the document is not there. */
const DUPLICATE = 'XDSDuplicateUniqueIdInRegistry';

function absent(job: DmpJob, { answer }: Of<'absent'>, now: number): Step {
  const sent = job.attempts.findLast(({ transaction }) => transaction.startsWith('TD2.1'));
  // The count is of the answers to the sending: a question that is answered between two of them ends no series.
  const next = { ...told(job, answer, now), inARow: job.inARow };
  if (job.afresh) return { job: { ...next, state: 'received' }, due: now };
  if (sent?.result === DUPLICATE) return { job: { ...next, state: 'failed' }, due: null };
  return { job: { ...next, state: 'queued' }, due: now };
}

function noAnswer(job: DmpJob, { answer }: Of<'no-answer'>, at: Moment): Step {
  const next = told(job, answer, at.now);
  const { decision } = answer;
  if (decision.lane) return stopped(next, 'unknown', job.inARow, at.now);
  switch (decision.action) {
    case 'hold':
      return held(next, 'no-dmp', undefined, at);
    case 'operator':
    case 'reject':
      return { job: { ...next, state: 'failed' }, due: null };
    default:
      return later(next, 'unknown', decision, at);
  }
}
