/** What the server keeps for itself, in a collection of names and texts. */
import type { State } from '../store.js';
import { isDuplicateKey } from './connect.js';
import type { Collections } from './documents.js';

type Run = <T>(work: () => Promise<T>) => Promise<T>;

export function stateOf({ state }: Collections, run: Run): State {
  const find = async (_id: string) => {
    const found = await state.findOne({ _id });
    // The database removes what expired within a minute.
    return found === null || (found.expires !== undefined && found.expires.getTime() <= Date.now())
      ? undefined
      : found.text;
  };
  return {
    get: (name) => run(() => find(name)),
    set: (name, text, expires) =>
      run(async () => {
        const document = { text, ...(expires === undefined ? {} : { expires: new Date(expires) }) };
        await state.replaceOne({ _id: name }, document, { upsert: true });
      }),
    setIfAbsent: (name, text) =>
      run(async () => {
        try {
          await state.updateOne({ _id: name }, { $setOnInsert: { text } }, { upsert: true });
        } catch (error) {
          // Somebody else was quicker.
          if (!isDuplicateKey(error)) throw error;
        }
        return (await find(name)) ?? text;
      }),
  };
}
