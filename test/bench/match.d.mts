import type { Invented } from './match-people.mjs';

export interface Judged {
  recall: number;
  precision: number;
  right: number;
  wrong: number;
}
export interface Case {
  one: Invented;
  isStored: boolean;
}
export function cases(size: number, altered: number, seed?: number): { people: Invented[]; asked: Case[] };
export function stored(people: readonly Invented[]): Iterable<Record<string, unknown>>;
export function judge(
  asked: readonly Case[],
  ask: (body: unknown) => Promise<unknown>,
): Promise<Record<'certain' | 'probable' | 'possible', Judged>>;
