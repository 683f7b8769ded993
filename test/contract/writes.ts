/** Short words for what the contract writes and asks. */
import { type Filter, noValues, type Query, type SearchValues } from '../../src/search/query.js';
import type { Put, PutResult, Store, StoredVersion } from '../../src/store/store.js';

function content(type: string, rest: string, values: Partial<SearchValues> = {}): NonNullable<Put['content']> {
  return { text: { type, metaRest: '', rest }, values: { ...noValues(), ...values } };
}
export function write(
  type: string,
  id: string,
  rest = '',
  values: Partial<SearchValues> = {},
  more: Partial<Put> = {},
): Put {
  return { type, id, content: content(type, rest, values), method: 'PUT', expect: 'any', ...more };
}
export function stored(result: PutResult): StoredVersion {
  if (result.version === undefined) throw new Error(`no version: ${result.outcome}`);
  return result.version;
}
export function query(type: string, filters: Filter[] = [], more: Partial<Query> = {}): Query {
  return { type, filters, sort: [], count: 100, ...more };
}
export async function ids(store: Store, asked: Query): Promise<string[]> {
  return (await store.search(asked)).items.map((item) => item.id);
}
/** All pages of a query; fails when one does not end. */
export async function pages(store: Store, asked: Query, between?: () => Promise<void>): Promise<string[]> {
  return (await series(store, asked, between)).map((item) => item.id);
}
/** The same as versions. What `write` was given for `values` is found again in the text, where `rest` has it. */
export async function series(store: Store, asked: Query, between?: () => Promise<void>): Promise<StoredVersion[]> {
  const seen: StoredVersion[] = [];
  let more: Pick<Query, 'cursor' | 'moment'> = {};
  const past = (_type: string, text: string) => ({ ...noValues(), ...JSON.parse(text).values });
  for (let page = 0; page < 1000; page++) {
    const { items, next, moment } = await store.search({ ...asked, past, ...more });
    seen.push(...items);
    if (next === undefined) return seen;
    more = { cursor: next, ...(moment === undefined ? {} : { moment }) };
    await between?.();
  }
  throw new Error('pages without end');
}
