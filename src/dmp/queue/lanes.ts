/**
 * Lanes that are stopped: the DMP refused the certificates or the rights of an establishment, and nothing of it is sent
 * before an operator says so. For all processes, in the state of the store.
 */
import type { State } from '../../store/store.js';

export interface Pause {
  /** Milliseconds since 1970. */
  readonly since: number;
  /** As Decision.because. */
  readonly because: string;
}
const nameOf = (lane: string) => `dmp lane ${lane}`;

/** Stops a lane; what stopped it first stays. */
export async function pauseLane(state: State, lane: string, pause: Pause): Promise<void> {
  if ((await pausedLane(state, lane)) === undefined) await state.set(nameOf(lane), JSON.stringify(pause));
}
/** By an operator, once the certificates are in order. */
export async function releaseLane(state: State, lane: string): Promise<void> {
  await state.set(nameOf(lane), '');
}
export async function pausedLane(state: State, lane: string): Promise<Pause | undefined> {
  const text = await state.get(nameOf(lane));
  return text === undefined || text === '' ? undefined : (JSON.parse(text) as Pause);
}
