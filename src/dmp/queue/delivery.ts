/**
 * What a worker does about one job that it leased: freeze, send, delete, or ask what became of it. Each change is marked
 * before what follows from it. docs/adr/0031-a-queue-of-jobs-beside-the-records.md
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from '../../store/jobs.js';
import { type Store, StoreUnavailable, type Transaction } from '../../store/store.js';
import type { Call, DmpClient, Outcome } from '../client.js';
import { type Decision, decide } from '../decision.js';
import type { Id, Professional } from '../document.js';
import type { Fault } from '../faults.js';
import { type Whereabouts, whereabouts } from '../whereabouts.js';
import { Member, mayBeThereBefore, readChain, settle } from './chain.js';
import type { Existences } from './existences.js';
import type { Attempt, DmpJob, Frozen, HoldReason } from './job.js';
import { LeaseLost, lockPatient, type Queue } from './queue.js';
import type { Answered, Event } from './transitions.js';

/** What keeps a document from being sent now. */
export interface Kept {
  readonly hold: HoldReason;
  readonly faults?: readonly Fault[];
}
export type Freezing = { readonly frozen: Frozen } | { readonly faults: readonly Fault[] } | Kept;

export interface DeliveryPorts {
  readonly store: Store;
  readonly queue: Queue;
  /** What this server knows: an opposition, an identity that is not qualified, a professional's hold. */
  readonly check: (job: DmpJob, transaction: Transaction) => Promise<Kept | undefined>;
  /** Makes what is the same at each attempt; contents that it puts are durable when it resolves. */
  readonly freeze: (job: DmpJob, transaction: Transaction) => Promise<Freezing>;
  readonly existences: Existences;
  /** Told of each answer of the DMP: for the breaker, and for a lane that has to stop before anything else is sent. */
  readonly decided: (lane: string, decision: Decision) => Promise<void>;
}

/** A job that this process has, for now. */
export class Leased {
  isLost = false;
  body: DmpJob;
  constructor(
    public job: Job,
    readonly client: DmpClient,
  ) {
    this.body = JSON.parse(job.body) as DmpJob;
  }
}

/** An outcome is written again when the store is away for a moment: what is not known has to be asked for. */
const WRITES = 6;
const FEW = 3;
/** The version before is not what the DMP has as the current one. */
const NOT_CURRENT: Decision = { action: 'retry', attempts: FEW, because: 'predecessor is not current' };

/** A question was answered: the DMP is well. */
const ANSWERED: Decision = { action: 'done', because: 'success' };

type Located = { readonly entryUuid?: string; readonly member?: Member } | 'ended';

export class Delivery {
  constructor(private readonly ports: DeliveryPorts) {}

  async run(leased: Leased): Promise<void> {
    const { state } = leased.body;
    if (state === 'received') await this.#freeze(leased);
    else if (state === 'held') await this.#askAgain(leased);
    else if (state === 'queued') await this.#send(leased);
    else if (state === 'sending' || state === 'unknown' || state === 'reconciling') await this.#reconcile(leased);
  }

  /** Where nothing else can be done about an error of ours. */
  async fail(leased: Leased): Promise<void> {
    const transaction = leased.body.work === 'delete' ? 'TD3.3c' : 'TD2.1a';
    await this.#apply(leased, { type: 'fail', because: 'error of this server', transaction });
  }

  async #freeze(leased: Leased): Promise<void> {
    await this.#change(leased, async (transaction) => {
      const made = await this.ports.freeze(leased.body, transaction);
      if ('frozen' in made) return { type: 'freeze', frozen: made.frozen };
      if ('hold' in made) await lockPatient(transaction, leased.body.patient);
      return 'hold' in made ? { type: 'hold', reason: made.hold, ...faultsOf(made) } : { type: 'reject', ...made };
    });
  }

  /** A patient who had no DMP: asked again, whatever is remembered. */
  async #askAgain(leased: Leased): Promise<void> {
    const { ins } = leased.body;
    if (ins !== undefined) this.ports.existences.forget(ins);
    if (ins === undefined || (await this.#hasDmp(leased, ins))) await this.#apply(leased, { type: 'release' });
  }

  /** False where the job was held or put off for it. */
  async #hasDmp(leased: Leased, ins: Id): Promise<boolean> {
    const { existences } = this.ports;
    let isOpen = existences.known(ins);
    if (isOpen === undefined) {
      const began = this.ports.queue.moment().now;
      const { messageId, outcome } = await existences.ask(leased.client, ins);
      if (outcome.kind !== 'success' || outcome.value.state === 'error') {
        const decision: Decision =
          outcome.kind === 'success'
            ? { action: 'retry', attempts: FEW, because: 'TD0.2 answered an error' }
            : await this.#decide(leased, outcome, false);
        const context = outcome.kind === 'success' ? outcome.value.details.join('; ') : contextOf(outcome, decision);
        const answer: Answered = { began, transaction: 'TD0.2', messageId, decision, context };
        await this.#apply(leased, { type: 'preliminary', answer });
        return false;
      }
      await this.ports.decided(leased.job.lane, ANSWERED);
      isOpen = outcome.value.state === 'active';
    }
    if (!isOpen) await this.#apply(leased, { type: 'hold', reason: 'no-dmp' });
    return isOpen;
  }

  async #send(leased: Leased): Promise<void> {
    const { body } = leased;
    const { frozen, work } = body;
    if (frozen === undefined) return await this.fail(leased);
    if (work === 'provide') {
      const { ins } = frozen.header.subject;
      // Nobody is asked about a patient who is opposed to it.
      if (this.ports.existences.known(ins) === undefined && (await this.#isKept(leased))) return;
      if (!(await this.#hasDmp(leased, ins))) return;
    }
    const target = await this.#target(leased, frozen);
    if (target === 'ended') return;
    const { member } = target;
    if (work === 'provide' && member?.body.frozen?.fingerprint === frozen.fingerprint) {
      await this.#apply(leased, { type: 'same', as: member.job.id });
      return;
    }
    if (work === 'delete') await this.#delete(leased, frozen, target);
    else await this.#provide(leased, frozen, target.entryUuid);
  }

  /** Holds a job that the server itself keeps back: looked at and held in one transaction. */
  async #isKept(leased: Leased): Promise<boolean> {
    const taken = await this.#transact(leased, async (transaction) => {
      const kept = await this.ports.check(leased.body, transaction);
      return kept === undefined ? undefined : await this.#hold(leased, transaction, kept);
    });
    return taken !== undefined || leased.isLost;
  }

  async #hold(leased: Leased, transaction: Transaction, kept: Kept): Promise<Member> {
    await lockPatient(transaction, leased.body.patient);
    const { queue } = this.ports;
    const { members, mine } = await this.#chain(leased, transaction);
    const at = queue.moment();
    mine.take({ type: 'hold', reason: kept.hold, ...faultsOf(kept) }, at);
    settle(members, at);
    await queue.write(transaction, members);
    return mine;
  }

  async #provide(leased: Leased, frozen: Frozen, replaces: string | undefined): Promise<void> {
    const { store, existences } = this.ports;
    const [cda, lotSignature] = [await read(store, frozen.cda), await read(store, frozen.lotSignature)];
    const transaction = replaces === undefined ? 'TD2.1a' : 'TD2.1b';
    if (cda === undefined || lotSignature === undefined) {
      await this.#apply(leased, { type: 'fail', because: 'content is missing', transaction });
      return;
    }
    const began = this.ports.queue.moment().now;
    if (!(await this.#mark(leased, transaction))) return;
    const { header, submission, content, signature } = frozen;
    const call = await leased.client.provide({ header, submission, cda, content, lotSignature, signature }, replaces);
    const answer = await this.#answered(leased, call, began, transaction);
    if (answer.decision.action === 'hold') existences.forget(header.subject.ins);
    await this.#conclude(leased, { type: 'answer', answer }, supersedeBefore);
  }

  async #delete(leased: Leased, frozen: Frozen, { entryUuid, member }: Exclude<Located, 'ended'>): Promise<void> {
    const { withdrawal } = leased.body;
    // The DMP has none of it.
    if (entryUuid === undefined || member === undefined || withdrawal === undefined) {
      await this.#apply(leased, { type: 'withdraw' }, withdrawBefore);
      return;
    }
    const began = this.ports.queue.moment().now;
    if (!(await this.#mark(leased, 'TD3.3c'))) return;
    const { subject, authors } = frozen.header;
    const author = authors[0] as Professional;
    const change = { submission: withdrawal, author, subject, entryUuid, from: 'approved', to: 'deleted' } as const;
    const call = await leased.client.setStatus(change);
    const answer = await this.#answered(leased, call, began, 'TD3.3c');
    await this.#conclude(leased, { type: 'answer', answer }, withdrawBefore);
  }

  /** `sending` is durable before the first byte leaves. False where something keeps it, or another has it. */
  async #mark(leased: Leased, transaction: Attempt['transaction']): Promise<boolean> {
    const { queue, check } = this.ports;
    const taken = await this.#transact(leased, async (store) => {
      const own = new Member(leased.job);
      const kept = own.body.work === 'provide' ? await check(own.body, store) : undefined;
      if (kept !== undefined) return await this.#hold(leased, store, kept);
      own.take({ type: 'send', transaction }, queue.moment());
      await queue.write(store, [own]);
      return own;
    });
    return taken?.state === 'sending' && !leased.isLost;
  }

  /** Where the version is that this one takes the place of, or deletes: asked now, for the entryUUID changes. */
  async #target(leased: Leased, frozen: Frozen): Promise<Located> {
    const { job, body } = leased;
    const members = await readChain(this.ports.store.jobs, job.chain);
    for (const member of mayBeThereBefore(members, job.id)) {
      const { frozen: sent, state } = member.body;
      if (sent === undefined) continue;
      const found = await this.#locate(leased, sent.header.subject.ins, sent.header.uniqueId, sent.content.hash);
      if (found === 'ended') return 'ended';
      if (found.kind === 'there' && found.status === 'approved') return { entryUuid: found.entry.entryUuid, member };
      if (body.work === 'delete' || state !== 'delivered') continue;
      if (found.kind === 'there' && found.status === 'deleted') continue;
      const answer = { began: this.ports.queue.moment().now, transaction: 'TD3.1b', decision: NOT_CURRENT } as const;
      await this.#apply(leased, { type: 'preliminary', answer });
      return 'ended';
    }
    // A version that was sent by another software, or before there was this queue.
    const { replaces, subject } = frozen.header;
    if (body.work === 'delete' || replaces === undefined || members[0]?.job.id !== job.id) return {};
    const found = await this.#locate(leased, subject.ins, replaces.uniqueId);
    if (found === 'ended') return 'ended';
    return found.kind === 'there' && found.status === 'approved' ? { entryUuid: found.entry.entryUuid } : {};
  }

  /** TD3.1b before a sending; `ended` where it was not answered, and the job waits for that. */
  async #locate(
    leased: Leased,
    ins: Id,
    uniqueId: string,
    hash?: string,
  ): Promise<Exclude<Whereabouts, { kind: 'not-known' }> | 'ended'> {
    const began = this.ports.queue.moment().now;
    const found = await whereabouts(leased.client, ins, uniqueId, hash);
    if (found.kind !== 'not-known') {
      await this.ports.decided(leased.job.lane, ANSWERED);
      return found;
    }
    const decision = await this.#decide(leased, found.outcome, false);
    const context = contextOf(found.outcome, decision);
    await this.#apply(leased, { type: 'preliminary', answer: { began, transaction: 'TD3.1b', decision, context } });
    return 'ended';
  }

  /** After an outcome that is not known, or a process that died while it was sending. */
  async #reconcile(leased: Leased): Promise<void> {
    const asking = await this.#apply(leased, { type: 'ask' });
    if (asking?.frozen === undefined) return;
    const began = this.ports.queue.moment().now;
    const known = (because: string): Answered => ({
      began,
      transaction: 'TD3.1b',
      decision: { action: 'done', because },
    });
    // A deletion asks before it is sent, again and again.
    if (asking.work === 'delete') {
      await this.#conclude(leased, { type: 'absent', answer: known('asked') });
      return;
    }
    const { header, content } = asking.frozen;
    const found = await whereabouts(leased.client, header.subject.ins, header.uniqueId, content.hash);
    if (found.kind === 'not-known') {
      const decision = await this.#decide(leased, found.outcome, false);
      const answer = { ...known(''), decision, context: contextOf(found.outcome, decision) };
      await this.#conclude(leased, { type: 'no-answer', answer });
      return;
    }
    await this.ports.decided(leased.job.lane, ANSWERED);
    if (found.kind === 'absent') {
      await this.#conclude(leased, { type: 'absent', answer: known('absent') });
      return;
    }
    const { entryUuid } = found.entry;
    const isSame = found.isSame !== false;
    const isDeleted = found.status === 'deleted';
    const answer = known(isSame ? (isDeleted ? 'there, deleted' : 'there') : 'another document is there');
    await this.#conclude(leased, { type: 'there', answer, entryUuid, isSame, isDeleted }, supersedeBefore);
  }

  async #decide(leased: Leased, outcome: Outcome<unknown>, changes: boolean): Promise<Decision> {
    const decision = decide(outcome, changes);
    await this.ports.decided(leased.job.lane, decision);
    return decision;
  }

  async #answered(
    leased: Leased,
    { messageId, outcome }: Call<undefined>,
    began: number,
    transaction: Attempt['transaction'],
  ): Promise<Answered> {
    const decision = await this.#decide(leased, outcome, true);
    return { began, transaction, messageId, decision, context: contextOf(outcome, decision) };
  }

  /** As `#apply`, tried again while the store is away: what was answered shall not have to be asked for. */
  async #conclude(leased: Leased, event: Event, and?: Follow): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#apply(leased, event, and);
        return;
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || attempt >= WRITES || leased.isLost) throw error;
        await sleep(100 * 2 ** attempt);
      }
    }
  }

  /** An event for the job and what follows for its chain; `undefined` where another has the job by now. */
  #apply(leased: Leased, event: Event, and?: Follow): Promise<DmpJob | undefined> {
    return this.#change(leased, async () => event, and);
  }

  async #change(
    leased: Leased,
    eventIn: (transaction: Transaction) => Promise<Event>,
    and?: Follow,
  ): Promise<DmpJob | undefined> {
    const { queue } = this.ports;
    return await this.#transact(leased, async (transaction) => {
      const { members, mine } = await this.#chain(leased, transaction);
      const at = queue.moment();
      const event = await eventIn(transaction);
      if (!mine.take(event, at)) throw new Error(`a job that is ${mine.body.state} has no ${event.type}`);
      and?.(members, mine, at);
      settle(members, at);
      await queue.write(transaction, members);
      return mine;
    });
  }

  async #chain(leased: Leased, { jobs }: Transaction): Promise<{ members: Member[]; mine: Member }> {
    const { id, chain, fence } = leased.job;
    const members = await readChain(jobs, chain);
    const mine = members.find(({ job }) => job.id === id);
    if (mine === undefined || mine.job.fence !== fence) throw new LeaseLost(id);
    return { members, mine };
  }

  /** A transaction that gives what the job became, under the lease: else nothing is written. */
  async #transact(
    leased: Leased,
    work: (transaction: Transaction) => Promise<Member | undefined>,
  ): Promise<DmpJob | undefined> {
    if (leased.isLost) return undefined;
    try {
      const member = await this.ports.store.transact([], work);
      if (member === undefined) return undefined;
      const { body } = member;
      const { job } = leased;
      leased.job = { ...job, state: body.state, body: JSON.stringify(body), fence: job.fence + 1 };
      leased.body = body;
      return body;
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
      leased.isLost = true;
      return undefined;
    }
  }
}

type Follow = (members: readonly Member[], mine: Member, at: ReturnType<Queue['moment']>) => void;

/** A version that is there took the place of those before it. */
const supersedeBefore: Follow = (members, mine, at) => {
  if (mine.body.state !== 'delivered') return;
  for (const member of before(members, mine))
    if (member.body.state === 'delivered') member.take({ type: 'supersede' }, at);
};
/** What was current is not in the DMP any more. */
const withdrawBefore: Follow = (members, mine, at) => {
  if (mine.body.state !== 'deleted') return;
  for (const member of before(members, mine))
    if (member.body.state === 'delivered') member.take({ type: 'withdraw' }, at);
};
const before = (members: readonly Member[], mine: Member) => members.slice(0, members.indexOf(mine));

const faultsOf = ({ faults }: Kept) => (faults === undefined ? {} : { faults });

/** The words in which the DMP told it: for the vendor alone. */
function contextOf(outcome: Outcome<unknown>, { because }: Decision): string {
  if (outcome.kind === 'fault') return outcome.fault.reason;
  if (outcome.kind !== 'failure' && outcome.kind !== 'partial') return '';
  const error = outcome.errors.find(({ code }) => code === because) ?? outcome.errors[0];
  return error?.context ?? '';
}

async function read({ contents }: Store, address: string): Promise<Buffer | undefined> {
  if ((await contents.size(address)) === undefined) return undefined;
  const pieces: Uint8Array[] = [];
  for await (const piece of contents.read(address)) pieces.push(piece);
  return Buffer.concat(pieces);
}
