/**
 * Takes contents that no version of a Binary names, and no job: their commit never came. What was put lately stays, since its
 * commit may be in flight. docs/adr/0021-contents-apart.md
 */
import { setImmediate } from 'node:timers/promises';
import { contentOf } from '../store/contents.js';
import type { Store } from '../store/store.js';

/** Milliseconds: a day is far more than any commit takes. */
const GRACE = 86_400_000;
const FIRST_AFTER = 15 * 60_000;
const EVERY = 6 * 3_600_000;
const PAGE = 200;

/** The addresses that versions of Binaries name, past ones too, and jobs. */
export async function namedContents(store: Store): Promise<ReadonlySet<string>> {
  const named = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await store.history({ type: 'Binary', count: PAGE, ...(cursor !== undefined && { cursor }) });
    for (const { text } of page.items) {
      const address = contentOf(text);
      if (address !== undefined) named.add(address);
    }
    cursor = page.next;
    // SQLite answers at once: without a pause nobody else is served until all of the history is read.
    await setImmediate();
  } while (cursor !== undefined);
  for await (const address of store.jobs.contents()) named.add(address);
  return named;
}

/** Resolves to how many contents went; `before` is in ms since 1970. */
export const sweepContents = (store: Store, before = Date.now() - GRACE): Promise<number> =>
  store.contents.sweep(before, () => namedContents(store));

/** From time to time, as long as the server runs; `failed` is told what went wrong. Returns how to end it. */
export function sweepRegularly(store: Store, failed: (error: unknown) => void): () => Promise<void> {
  let running: Promise<void> | undefined;
  const run = () => {
    running ??= sweepContents(store)
      .then(() => undefined, failed)
      .finally(() => {
        running = undefined;
      });
  };
  const first = setTimeout(run, FIRST_AFTER).unref();
  const regular = setInterval(run, EVERY).unref();
  return async () => {
    clearTimeout(first);
    clearInterval(regular);
    await running;
  };
}
