/**
 * A document on its way to the DMP, as the queue keeps it. docs/adr/0031-a-queue-of-jobs-beside-the-records.md
 */
import type { DocumentHeader, Id } from '../document.js';
import type { Fault } from '../faults.js';
import type { Content, Submission } from '../xds/metadata.js';

/** The name of the queue in the store. */
export const DMP_QUEUE = 'dmp';

/**
 * - `received`: taken, to be checked and frozen (again)
 * - `validated`: it can be sent, and waits for its predecessor in the chain
 * - `held`: something outside has to change first, see HoldReason
 * - `queued`: to be sent, at once or again
 * - `sending`: an attempt began
 * - `unknown`: an attempt ended and nobody knows how
 * - `reconciling`: the DMP is asked what became of it
 * - `delivered`: the DMP has it
 * - `superseded`: a later version took its place, in the DMP or before it got there
 * - `deleted`: taken out of the DMP, or withdrawn before it got there
 * - `rejected`: the producer has to mend it
 * - `failed`: an operator has to look
 */
export const STATES = [
  'received',
  'validated',
  'held',
  'queued',
  'sending',
  'unknown',
  'reconciling',
  'delivered',
  'superseded',
  'deleted',
  'rejected',
  'failed',
] as const;
export type State = (typeof STATES)[number];

/** Opposition of the patient; INS not qualified; no DMP, or a closed one; held back by a professional. */
export const HOLD_REASONS = ['opposition', 'identity', 'no-dmp', 'professional'] as const;
export type HoldReason = (typeof HOLD_REASONS)[number];

/** What is the same at each attempt. */
export interface Frozen {
  readonly header: DocumentHeader;
  readonly submission: Submission;
  /** Addresses of contents. */
  readonly cda: string;
  readonly lotSignature: string;
  readonly content: Content;
  readonly signature: Content & { readonly uniqueId: string };
  /** Of content and metadata without what every version has of its own: see `fingerprintOf`. */
  readonly fingerprint: string;
}

/** One call of the DMP that was about this job. Contexts are the words of others: for the vendor, never for a log. */
export interface Attempt {
  /** Milliseconds since 1970. */
  readonly began: number;
  readonly ended?: number;
  readonly transaction: 'TD0.2' | 'TD2.1a' | 'TD2.1b' | 'TD3.1b' | 'TD3.3c';
  readonly messageId?: string;
  /** As Decision.because. */
  readonly result?: string;
  readonly codeContext?: string;
}

/** The body of a job. `work` is what is asked of the DMP: the document's sending, or its deletion. */
export interface DmpJob {
  readonly work: 'provide' | 'delete';
  readonly state: State;
  readonly hold?: HoldReason;
  /** DocumentReference and its version that is sent; Patient of this server. Ids without type. */
  readonly document: string;
  /** Others that say the same, and were not sent for that. */
  readonly alike?: readonly string[];
  readonly version: number;
  readonly patient: string;
  /** Id of the establishment: the lane. */
  readonly establishment: string;
  /** Of a sending: absent until it could be made. Of a deletion: what is deleted, as it was sent. */
  readonly frozen?: Frozen;
  /** Of a deletion: its own submission set. */
  readonly withdrawal?: Submission;
  /** Of a deletion, and of a version that takes the place of another: the job before it in the chain. */
  readonly predecessor?: string;
  /** Of one that was not sent, since the version before says the same: that one's job. It is superseded, and that stays. */
  readonly sameAs?: string;
  /** To be frozen anew once it is certain that the DMP does not have it. */
  readonly afresh?: true;
  /** What keeps it from being sent, told to the vendor: of a rejected or a held one. */
  readonly faults?: readonly Fault[];
  /** The INS under which it was sent. */
  readonly ins?: Id;
  /** The entry in the DMP as it was last seen. */
  readonly entryUuid?: string;
  /** The newest last; the oldest are let go beyond ATTEMPTS_KEPT. */
  readonly attempts: readonly Attempt[];
  /** Sendings that began, of all times; those in a row that were answered the same. */
  readonly sendings: number;
  readonly inARow: number;
  /**
   * May an earlier sending have been taken? Once one ended and nobody knew how, it stays so: a request that comes late may
   * be acted upon after the DMP was asked. See also `mayBeInTheDmp`.
   */
  readonly mayBeThere: boolean;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly changed: number;
  readonly deliveredAt?: number;
}
export const ATTEMPTS_KEPT = 20;

/** At its end: nothing more is done about it, and the next of its chain may go. */
export const isOver = ({ state }: DmpJob): boolean => OVER.has(state);
const OVER: ReadonlySet<State> = new Set(['delivered', 'superseded', 'deleted']);
/** Something outside has to change, or somebody has to act. */
export const isStuck = ({ state }: DmpJob): boolean => STUCK.has(state);
const STUCK: ReadonlySet<State> = new Set(['held', 'rejected', 'failed']);
/** A sending is under way, or it is not known how it ended. */
export const isOpen = ({ state }: DmpJob): boolean => OPEN.has(state);
const OPEN: ReadonlySet<State> = new Set(['sending', 'unknown', 'reconciling']);
/** False where it is certain that the DMP does not have it. */
export const mayBeInTheDmp = (job: DmpJob): boolean => job.mayBeThere || job.deliveredAt !== undefined || isOpen(job);
