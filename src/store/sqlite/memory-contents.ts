/** Contents in memory, beside a store that forgets. */
import { type ByteRange, type Bytes, type ContentFacts, ContentHash, type Contents, factsOf } from '../contents.js';

export class MemoryContents implements Contents {
  private readonly kept = new Map<string, { bytes: Uint8Array; at: number }>();

  async put(bytes: Bytes, max?: number, facts?: ContentFacts): Promise<ContentFacts> {
    if (bytes instanceof Uint8Array) return this.keep(bytes, facts ?? factsOf(bytes, max));
    const hash = new ContentHash(max);
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytes) {
      hash.update(chunk);
      chunks.push(chunk);
    }
    return this.keep(Buffer.concat(chunks), hash.facts());
  }

  private keep(bytes: Uint8Array, facts: ContentFacts): ContentFacts {
    this.kept.set(facts.address, { bytes, at: Date.now() });
    return facts;
  }

  async size(address: string): Promise<number | undefined> {
    return this.kept.get(address)?.bytes.length;
  }

  async *read(address: string, range?: ByteRange): AsyncGenerator<Uint8Array> {
    const bytes = this.kept.get(address)?.bytes;
    if (bytes === undefined) throw new Error('a content is not there');
    yield range === undefined ? bytes : bytes.subarray(range.start, range.end + 1);
  }

  async sweep(before: number, kept: () => Promise<ReadonlySet<string>>): Promise<number> {
    const named = await kept();
    let gone = 0;
    for (const [address, { at }] of this.kept) {
      if (at >= before || named.has(address)) continue;
      this.kept.delete(address);
      gone++;
    }
    return gone;
  }
}
