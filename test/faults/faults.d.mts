export interface Total {
  rounds: number;
  acknowledged: number;
  unknown: number;
  lost: number;
  doubled: number;
  half: number;
  recovery: number;
}
/** By name; `skip` says why one cannot be had here. */
export const FAULTS: Record<
  string,
  (options: { count: number; writers?: number; loadFor?: number }) => Promise<Total | { skip: string }>
>;
/** Times in milliseconds; `lost` is what was accepted and is not there, `other` are statuses that nobody expects. */
export function overloaded(
  seconds: number,
  settings?: Record<string, string>,
): Promise<{
  capacity: number;
  accepted: number;
  unloaded: number;
  acceptedP99: number;
  refused: number;
  refusedP50: number;
  refusedP99: number;
  errors: number;
  other: number[];
  lost: number;
}>;
