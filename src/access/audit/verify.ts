/** Whether a trail is whole: each chain from its first batch to its last. docs/adr/0042-the-trace-is-a-trail-of-batches.md */
import type { Trail } from '../../store/trail.js';
import { hashOf } from './trail-writer.js';

/** A head that was kept elsewhere: `chain:number:hash`. */
export interface Head {
  chain: string;
  number: number;
  hash: string;
}
export function headOf(text: string): Head | undefined {
  const [, chain, number, hash] = /^([0-9a-f]{12}):(\d{1,9}):([0-9a-f]{64})$/.exec(text) ?? [];
  return chain === undefined || hash === undefined ? undefined : { chain, number: Number(number), hash };
}

export interface Verified {
  chains: number;
  batches: number;
  lines: number;
  /** What is wrong, a sentence each. */
  faults: string[];
}

const PAGE = 50;

/** `heads` are those that were kept: a chain that ends before one, or has another hash there, was cut or written anew. */
export async function verifyTrail(trail: Trail, heads: readonly Head[]): Promise<Verified> {
  const found: Verified = { chains: 0, batches: 0, lines: 0, faults: [] };
  const ends = await trail.heads();
  for (const head of heads) {
    if (ends.some(({ chain, number }) => chain === head.chain && number >= head.number)) continue;
    found.faults.push(`chain ${head.chain} ends before batch ${head.number}, which was there`);
  }
  for (const { chain } of ends) {
    found.chains++;
    let previous = '';
    let number = 0;
    for (;;) {
      const page = await trail.chain(chain, number, PAGE);
      for (const batch of page) {
        found.batches++;
        found.lines += batch.text.split('\n').length - 1;
        if (batch.number !== number) {
          const gap =
            batch.number - 1 === number ? `batch ${number} is` : `batches ${number} to ${batch.number - 1} are`;
          found.faults.push(`chain ${chain}: ${gap} missing`);
        } else if (batch.previous !== previous) {
          found.faults.push(`chain ${chain}: batch ${batch.number} does not follow the one before it`);
        }
        if (hashOf(batch.previous, batch.text) !== batch.hash) {
          found.faults.push(`chain ${chain}: batch ${batch.number} is not as it was written`);
        }
        for (const head of heads) {
          if (head.chain !== chain || head.number !== batch.number || head.hash === batch.hash) continue;
          found.faults.push(`chain ${chain}: batch ${batch.number} is another than the one that was kept`);
        }
        previous = batch.hash;
        number = batch.number + 1;
      }
      if (page.length < PAGE) break;
    }
  }
  return found;
}
