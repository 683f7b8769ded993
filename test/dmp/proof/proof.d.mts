export interface Proof {
  wrong: Record<string, number>;
  examples: string[];
  states: Record<string, number>;
  documents: number;
  kills: number;
  taken: number;
  stuck: number;
}
export function prove(options: {
  uri?: string;
  seed?: number;
  documents?: number;
  establishments?: number;
  killEvery?: number;
  often?: number;
  /** Milliseconds after which it gives up. */
  within?: number;
}): Promise<Proof>;
