/** What becomes of a job: every event in every state. */
import t from 'tap';
import { decide } from '../../../src/dmp/decision.js';
import type { DocumentHeader } from '../../../src/dmp/document.js';
import { ATTEMPTS_KEPT, type DmpJob, type Frozen, STATES, type State } from '../../../src/dmp/queue/job.js';
import { DEFAULT_POLICY, type Moment, retryAt } from '../../../src/dmp/queue/policy.js';
import { type Answered, type Event, type EventType, POSSIBLE, step } from '../../../src/dmp/queue/transitions.js';

const NOW = 1_790_000_000_000;
const at: Moment = { now: NOW, random: () => 0, policy: DEFAULT_POLICY };
const frozen = { header: { subject: { ins: { root: '1.2', extension: '1' } } } as DocumentHeader } as Frozen;
const jobIn = (state: State, more: Partial<DmpJob> = {}): DmpJob => ({
  work: 'provide',
  state,
  document: 'd',
  version: 1,
  patient: 'p',
  establishment: 'e',
  frozen,
  attempts: [],
  sendings: 0,
  inARow: 0,
  mayBeThere: false,
  created: NOW - 1000,
  changed: NOW - 1000,
  ...more,
});
const failure = (code: string, context = '') =>
  decide({ kind: 'failure', errors: [{ code, context, severity: 'error' }] }, true);
const answered = (decision = decide({ kind: 'success', value: undefined, warnings: [] }, true)): Answered => ({
  began: NOW - 10,
  transaction: 'TD2.1a',
  messageId: 'urn:uuid:1',
  decision,
});
const asked = (because: string): Answered => ({
  began: NOW,
  transaction: 'TD3.1b',
  decision: { action: 'done', because },
});

const EVENTS: Readonly<Record<EventType, Event>> = {
  freeze: { type: 'freeze', frozen },
  reject: { type: 'reject', faults: [] },
  hold: { type: 'hold', reason: 'opposition' },
  release: { type: 'release' },
  resubmit: { type: 'resubmit' },
  turn: { type: 'turn' },
  preliminary: { type: 'preliminary', answer: { ...asked(''), decision: failure('XDSRegistryBusy') } },
  send: { type: 'send', transaction: 'TD2.1a' },
  answer: { type: 'answer', answer: answered() },
  ask: { type: 'ask' },
  there: { type: 'there', answer: asked('there'), entryUuid: 'urn:uuid:2', isSame: true, isDeleted: false },
  absent: { type: 'absent', answer: asked('absent') },
  'no-answer': { type: 'no-answer', answer: { ...asked(''), decision: failure('XDSRegistryBusy') } },
  fail: { type: 'fail', because: 'content is missing', transaction: 'TD2.1a' },
  supersede: { type: 'supersede' },
  same: { type: 'same', as: '1' },
  withdraw: { type: 'withdraw' },
};
/** Where each leads; a state that is not named takes nothing of it. */
const LEADS: Readonly<Record<EventType, Partial<Record<State, State>>>> = {
  freeze: { received: 'validated' },
  reject: { received: 'rejected' },
  hold: { received: 'held', validated: 'held', queued: 'held', held: 'held' },
  release: { held: 'validated' },
  resubmit: { held: 'received', rejected: 'received', failed: 'received' },
  turn: { validated: 'queued' },
  preliminary: { queued: 'queued', held: 'queued' },
  send: { queued: 'sending' },
  answer: { sending: 'delivered' },
  ask: { sending: 'reconciling', unknown: 'reconciling', reconciling: 'reconciling' },
  there: { reconciling: 'delivered' },
  absent: { reconciling: 'queued' },
  'no-answer': { reconciling: 'unknown' },
  fail: { received: 'failed', held: 'failed', queued: 'failed', unknown: 'failed', reconciling: 'failed' },
  same: { queued: 'superseded' },
  supersede: { held: 'superseded', rejected: 'superseded', failed: 'superseded', delivered: 'superseded' },
  withdraw: {
    received: 'deleted',
    validated: 'deleted',
    held: 'deleted',
    queued: 'deleted',
    rejected: 'deleted',
    failed: 'deleted',
    delivered: 'deleted',
    reconciling: 'deleted',
  },
};
/** States in which a job is worked at some time by itself. */
const DUE: readonly State[] = ['received', 'queued', 'sending', 'unknown', 'reconciling'];

t.test('every event in every state', async (t) => {
  for (const [type, event] of Object.entries(EVENTS) as [EventType, Event][]) {
    t.same([...POSSIBLE[type]].sort(), Object.keys(LEADS[type]).sort(), `${type} is possible where it leads somewhere`);
    for (const state of STATES) {
      const before = jobIn(state, state === 'held' ? { hold: 'professional' } : {});
      const copy = structuredClone(before);
      const next = step(before, event, at);
      t.equal(next?.job.state, LEADS[type][state], `${state} + ${type}`);
      t.same(before, copy, 'what was is not touched');
      if (next === undefined) continue;
      t.equal(next.job.changed, NOW);
      t.equal(next.due !== null, DUE.includes(next.job.state), `${next.job.state} is due, or waits`);
      t.equal(next.job.hold !== undefined, next.job.state === 'held', 'a reason as long as it is held');
    }
  }
});

t.test('an answer leads where the table of errors says', async (t) => {
  const unknown = decide({ kind: 'unknown', reason: 'time-out' }, true);
  for (const [decision, state] of [
    [failure('XDSRegistryBusy'), 'queued'],
    [failure('XDSRegistryError'), 'queued'],
    [failure('XDSUnknownPatientId'), 'held'],
    [failure('XDSRegistryMetadataError'), 'rejected'],
    [failure('XDSDuplicateUniqueIdInRegistry'), 'unknown'],
    [failure('XDSRegistryDeprecatedDocumentError'), 'unknown'],
    [failure('XDSTooManyResults'), 'failed'],
    [failure('DMPInvalidCertificate'), 'queued'],
    [unknown, 'unknown'],
    [decide({ kind: 'http', status: 503 }, true), 'queued'],
    [decide({ kind: 'not-sent', reason: 'refused' }, true), 'queued'],
  ] as const) {
    const event: Event = { type: 'answer', answer: answered(decision) };
    const next = step(jobIn('sending'), event, at);
    t.equal(next?.job.state, state, decision.because);
    t.equal(next?.job.attempts.at(-1)?.result, decision.because);
    t.equal(next?.job.mayBeThere, state === 'unknown', `${decision.because}: certain or not`);
    const deletion = step(jobIn('sending', { work: 'delete' }), event, at);
    t.equal(deletion?.job.state, state === 'rejected' ? 'failed' : state, 'of a deletion nothing is the producer’s');
  }
  t.equal(step(jobIn('sending', { work: 'delete' }), EVENTS.answer, at)?.job.state, 'deleted');
});

t.test('what was answered is told; what was ambiguous stays so', async (t) => {
  const decision = failure('XDSRegistryMetadataError');
  const sent = step(jobIn('queued', { mayBeThere: true }), EVENTS.send, at)?.job as DmpJob;
  t.same(sent.attempts, [{ began: NOW, transaction: 'TD2.1a' }]);
  t.equal(sent.sendings, 1);
  const refused = step(sent, { type: 'answer', answer: { ...answered(decision), context: 'typeCode' } }, at)?.job;
  t.match(refused, {
    state: 'rejected',
    mayBeThere: true,
    attempts: [{ began: NOW, ended: NOW, messageId: 'urn:uuid:1', result: decision.because, codeContext: 'typeCode' }],
  });
  const left = step(sent, EVENTS.ask, at)?.job;
  t.match(left?.attempts, [{ ended: NOW, result: 'interrupted' }], 'by one that died');
  t.equal(left?.mayBeThere, true);
  let job = jobIn('queued');
  for (let i = 0; i < ATTEMPTS_KEPT + 5; i++) {
    job = step(job, EVENTS.send, at)?.job as DmpJob;
    job = step(job, { type: 'answer', answer: answered(failure('XDSRegistryBusy')) }, at)?.job as DmpJob;
  }
  t.equal(job.attempts.length, ATTEMPTS_KEPT);
  t.equal(job.sendings, ATTEMPTS_KEPT + 5);
  t.equal(job.inARow, ATTEMPTS_KEPT + 5);
});

/** Sends and is answered so, until it is no more queued. */
function often(decision: ReturnType<typeof failure>, most: number): { sendings: number; job: DmpJob } {
  let job = jobIn('queued');
  for (let i = 0; i < most && job.state === 'queued'; i++) {
    job = step(job, EVENTS.send, at)?.job as DmpJob;
    job = step(job, { type: 'answer', answer: answered(decision) }, at)?.job as DmpJob;
    if (job.state !== 'unknown') continue;
    job = step(job, EVENTS.ask, at)?.job as DmpJob;
    job = step(job, EVENTS.absent, at)?.job as DmpJob;
  }
  return { sendings: job.sendings, job };
}

t.test('attempts are bounded where the table says so, and slower each time', async (t) => {
  t.match(often(failure('XDSRegistryError'), 50), { sendings: 4, job: { state: 'failed' } });
  t.match(
    often(failure('XDSRegistryDeprecatedDocumentError'), 50),
    { sendings: 2, job: { state: 'failed' } },
    'read again once',
  );
  t.match(
    often(failure('XDSDuplicateUniqueIdInRegistry'), 50),
    { sendings: 1, job: { state: 'failed' } },
    'known, but not there',
  );
  t.match(often(failure('XDSRegistryBusy'), 50), { sendings: 50, job: { state: 'queued' } });
  t.match(often(decide({ kind: 'unknown', reason: 'reset' }, true), 50), { sendings: 50, job: { state: 'queued' } });
  const waits = [1, 2, 3, 4, 30].map((inARow) => retryAt(at, inARow) - NOW);
  t.same(waits, [1000, 2000, 4000, 8000, DEFAULT_POLICY.backoffMost / 2]);
  t.equal(retryAt({ ...at, random: () => 0.999_999 }, 1) - NOW, 2000);
});

t.test('a lane that is stopped burns no attempt', async (t) => {
  const decision = failure('DMPInvalidCertificate');
  const next = step(jobIn('sending', { inARow: 2 }), { type: 'answer', answer: answered(decision) }, at);
  t.match(next, { due: NOW, job: { state: 'queued', inARow: 2 } });
  const question = { type: 'no-answer', answer: { ...asked(''), decision } } as const;
  t.match(step(jobIn('reconciling', { inARow: 2 }), question, at), { job: { state: 'unknown', inARow: 2 } });
  const before = { type: 'preliminary', answer: { ...asked(''), decision } } as const;
  t.match(step(jobIn('queued', { inARow: 2 }), before, at), { job: { state: 'queued', inARow: 2 } });
});

t.test('what may be there is asked for before it goes again', async (t) => {
  const maybe = { mayBeThere: true };
  t.equal(step(jobIn('held', { ...maybe, hold: 'professional' }), EVENTS.release, at)?.job.state, 'unknown');
  const again = step(jobIn('failed', maybe), EVENTS.resubmit, at)?.job as DmpJob;
  t.match(again, { state: 'unknown', afresh: true });
  const asking = step(again, EVENTS.ask, at)?.job as DmpJob;
  const absent = step(asking, EVENTS.absent, at)?.job as DmpJob;
  t.equal(absent.state, 'received', 'then it is frozen anew');
  t.equal(step(absent, EVENTS.freeze, at)?.job.afresh, undefined);
  t.equal(step(jobIn('failed', { work: 'delete' }), EVENTS.resubmit, at)?.job.state, 'validated');
  const { frozen: _, ...bare } = jobIn('held', { hold: 'identity' });
  t.equal(step(bare, EVENTS.release, at)?.job.state, 'received');
});

t.test('what is there under its number', async (t) => {
  const there = EVENTS.there as Extract<Event, { type: 'there' }>;
  t.match(step(jobIn('reconciling'), there, at)?.job, { deliveredAt: NOW, entryUuid: 'urn:uuid:2' });
  t.equal(step(jobIn('reconciling'), { ...there, isSame: false }, at)?.job.state, 'rejected', 'another document');
  t.equal(step(jobIn('reconciling'), { ...there, isDeleted: true }, at)?.job.state, 'deleted');
});

t.test('a patient without a DMP is asked about again, much later, not all at once', async (t) => {
  const held = step(jobIn('queued'), { type: 'hold', reason: 'no-dmp' }, at);
  t.equal((held?.due as number) - NOW, DEFAULT_POLICY.askAgain * 0.9);
  const late = step(jobIn('queued'), { type: 'hold', reason: 'no-dmp' }, { ...at, random: () => 0.5 });
  t.equal((late?.due as number) - NOW, DEFAULT_POLICY.askAgain);
});
