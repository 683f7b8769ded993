export interface Fuzzed {
  failures: { status: number | string; text?: string; request: object }[];
  statuses: Record<string, number>;
}
export function fuzz(options: { base: string; count: number; seed: number; abreast?: number }): Promise<Fuzzed>;
