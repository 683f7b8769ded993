/**
 * The versions of one document, and its deletion: worked off one after the other, where whoever ends one makes the next
 * due. docs/adr/0031-a-queue-of-jobs-beside-the-records.md
 */
import type { Job, JobSteps } from '../../store/jobs.js';
import { DMP_QUEUE, type DmpJob, isOver, isStuck } from './job.js';
import type { Moment } from './policy.js';
import { type Event, type Step, step } from './transitions.js';

/** A job with what it has become since it was read. */
export class Member {
  readonly before: DmpJob;
  body: DmpJob;
  due: Step['due'];
  constructor(
    /** As the store has it; one that is new has the fence 0. */
    readonly job: Job,
    body?: DmpJob,
  ) {
    this.before = JSON.parse(job.body) as DmpJob;
    this.body = body ?? this.before;
    this.due = job.due;
  }
  get isChanged(): boolean {
    return this.body !== this.before;
  }
  /** `false`, and nothing done, where it is not possible. */
  take(event: Event, at: Moment): boolean {
    const taken = step(this.body, event, at);
    if (taken === undefined) return false;
    this.body = taken.job;
    this.due = taken.due;
    return true;
  }
}

/** In the order of their places. */
export async function readChain(jobs: Pick<JobSteps, 'chain'>, chain: string): Promise<Member[]> {
  return (await jobs.chain(DMP_QUEUE, chain)).map((job) => new Member(job));
}

/**
 * Gives the turn to the first that is not over. One that is stuck with a later version behind it is superseded where it
 * stands, or withdrawn where a deletion is behind it; one that is on its way is waited for.
 */
export function settle(members: readonly Member[], at: Moment): void {
  for (const [i, member] of members.entries()) {
    if (isOver(member.body)) continue;
    const later = members.slice(i + 1).findLast(({ body }) => !isOver(body));
    if (later === undefined || !isStuck(member.body)) {
      member.take({ type: 'turn' }, at);
      return;
    }
    member.take({ type: later.body.work === 'delete' ? 'withdraw' : 'supersede' }, at);
  }
}

/** The versions that the DMP has, or may have, before a job of the chain: the newest first. */
export function mayBeThereBefore(members: readonly Member[], id: string): Member[] {
  const at = members.findIndex(({ job }) => job.id === id);
  return members
    .slice(0, at)
    .filter(({ body: { work, state, frozen, mayBeThere } }) => {
      // One that another replaced in the DMP is there still, but it is not the one that counts.
      return work === 'provide' && frozen !== undefined && (state === 'delivered' || mayBeThere);
    })
    .reverse();
}
