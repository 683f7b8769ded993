/** Faults on demand: what a DMP and the network before it may do, so that a sender can be seen to bear it. */
import type { Kind } from './message.js';

/**
 * - `busy`: XDSRegistryBusy · `metadata-error`: XDSRegistryMetadataError with `context` · `duplicate`:
 *   XDSDuplicateUniqueIdInRegistry · `stale`: XDSRegistryDeprecatedDocumentError · `bad-certificate`: a fault
 * - `http`: an answer of that `status` · `drop`: the connection is cut, and nothing is done
 * - `time-out-before`: silence, and nothing is done · `time-out-after`: it is done, and then silence
 * - `cut-after`: it is done, and the connection is cut · `faulty-multipart`: it is done, and the answer is not whole
 * - `slow`: it is done and answered after `delay`
 */
export type FaultName =
  | 'busy'
  | 'metadata-error'
  | 'duplicate'
  | 'stale'
  | 'bad-certificate'
  | 'http'
  | 'drop'
  | 'time-out-before'
  | 'time-out-after'
  | 'cut-after'
  | 'faulty-multipart'
  | 'slow';

export interface ScriptedFault {
  readonly fault: FaultName;
  /** Of this transaction only. */
  readonly kind?: Kind;
  /** How many requests it befalls; 1 unless told. */
  readonly times?: number;
  /** One in how many, at random but repeatable; each unless told. */
  readonly oneIn?: number;
  readonly status?: number;
  readonly context?: string;
  /** Milliseconds. */
  readonly delay?: number;
}

/** The faults that are to come, in their order. */
export class Script {
  #faults: { readonly fault: ScriptedFault; left: number }[] = [];
  #random: number;

  /** `seed` makes chance repeatable. */
  constructor(seed = 1) {
    this.#random = seed >>> 0 || 1;
  }

  add(...faults: readonly ScriptedFault[]): void {
    for (const fault of faults) this.#faults.push({ fault, left: fault.times ?? 1 });
  }
  clear(): void {
    this.#faults = [];
  }
  /** How many are to come. */
  get left(): number {
    return this.#faults.reduce((sum, { left }) => sum + left, 0);
  }

  /** xorshift: enough for who is hit. */
  #chance(oneIn: number): boolean {
    this.#random ^= this.#random << 13;
    this.#random ^= this.#random >>> 17;
    this.#random ^= this.#random << 5;
    return (this.#random >>> 0) % oneIn === 0;
  }

  /** The fault of this request, used up. `kind` is not known before the message is read. */
  take(kind: Kind | undefined): ScriptedFault | undefined {
    for (const one of this.#faults) {
      if (one.fault.kind !== undefined && one.fault.kind !== kind) continue;
      if (one.fault.oneIn !== undefined && !this.#chance(one.fault.oneIn)) continue;
      one.left--;
      this.#faults = this.#faults.filter(({ left }) => left > 0);
      return one.fault;
    }
    return undefined;
  }
}
