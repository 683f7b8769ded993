export interface Total {
  rounds: number;
  acknowledged: number;
  unknown: number;
  lost: number;
  doubled: number;
  half: number;
  recovery: number;
}
export function killRounds(options: {
  store: string;
  rounds: number;
  writers?: number;
  loadFor?: number;
}): Promise<Total>;
