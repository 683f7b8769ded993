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
