/** What the contents of every store must do. */
import { createHash, randomBytes } from 'node:crypto';
import type { Test } from 'tap';
import { type ByteRange, ContentTooLarge } from '../../src/store/contents.js';
import type { Store } from '../../src/store/store.js';

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function contents(t: Test, { contents }: Store): Promise<void> {
  const all = async (address: string, range?: ByteRange) => {
    const read: Uint8Array[] = [];
    for await (const piece of contents.read(address, range)) read.push(piece);
    return Buffer.concat(read);
  };
  const nothing = async () => new Set<string>();
  // What other tests left.
  const later = () => Date.now() + 3_600_000;

  await t.test('contents: what is put is there under its hash, once', async (t) => {
    for (const size of [0, 1, 100_000, 1_000_000]) {
      const bytes = randomBytes(size);
      const facts = await contents.put(bytes);
      t.same(facts, {
        address: createHash('sha256').update(bytes).digest('hex'),
        sha1: createHash('sha1').update(bytes).digest('base64'),
        size,
      });
      t.same(await contents.put(pieces(bytes, 65_537)), facts, 'by pieces, too');
      t.equal(await contents.size(facts.address), size);
      t.ok((await all(facts.address)).equals(bytes));
    }
    t.equal(await contents.size('0'.repeat(64)), undefined);
    await t.rejects(all('0'.repeat(64)));
  });

  await t.test('contents: parts of them', async (t) => {
    const bytes = randomBytes(700_000);
    const { address } = await contents.put(pieces(bytes, 100_000));
    for (const [start, end] of [
      [0, 0],
      [0, 699_999],
      [261_119, 261_121],
      [300_000, 650_000],
      [699_999, 699_999],
    ] as const) {
      t.ok((await all(address, { start, end })).equals(bytes.subarray(start, end + 1)), `${start}-${end}`);
    }
  });

  await t.test('contents: too large, or broken off, leaves nothing', async (t) => {
    const bytes = randomBytes(300_000);
    await t.rejects(contents.put(bytes, 299_999), ContentTooLarge);
    await t.rejects(contents.put(pieces(bytes, 10_000), 299_999), ContentTooLarge);
    async function* broken() {
      yield bytes.subarray(0, 200_000);
      throw new Error('the sender is gone');
    }
    await t.rejects(contents.put(broken()), /gone/);
    for (const part of [bytes, bytes.subarray(0, 200_000)]) {
      t.equal(await contents.size(createHash('sha256').update(part).digest('hex')), undefined);
    }
  });

  await t.test('contents: of several who put the same at once each has it', async (t) => {
    const bytes = randomBytes(50_000);
    const put = await Promise.all(
      Array.from({ length: 12 }, (_, i) => contents.put(i % 2 === 0 ? bytes : pieces(bytes, 7_000))),
    );
    const [address] = new Set(put.map((one) => one.address));
    t.ok((await all(address as string)).equals(bytes));
  });

  await t.test('contents: a sweep takes what is old and named by nothing', async (t) => {
    const [named, orphan, young] = [randomBytes(20_000), randomBytes(20_000), randomBytes(20_000)];
    const kept = await contents.put(named);
    const left = await contents.put(orphan);
    t.equal(await contents.sweep(Date.now() - 60_000, nothing), 0, 'all is young');
    const fresh = await contents.put(young);
    await contents.sweep(later(), async () => new Set([kept.address, fresh.address]));
    t.equal(await contents.size(left.address), undefined);
    t.equal(await contents.size(kept.address), 20_000);
    t.equal(await contents.size(fresh.address), 20_000);
    t.ok((await all((await contents.put(orphan)).address)).equals(orphan), 'it can be put again');
  });

  await t.test('contents: what is put again while a sweep runs stays', async (t) => {
    for (let i = 0; i < 20; i++) {
      const bytes = randomBytes(5_000);
      await contents.put(bytes);
      const before = Date.now() + 1;
      while (Date.now() <= before) await new Promise((done) => setTimeout(done, 1));
      // It is put again once the sweep has seen that it is old.
      const again = { put: undefined as ReturnType<typeof contents.put> | undefined };
      await contents.sweep(before, async () => {
        again.put = contents.put(bytes);
        return new Set<string>();
      });
      const facts = await again.put;
      t.ok((await all(facts?.address as string)).equals(bytes));
    }
  });
}
