/**
 * Which establishments a server has: names and states, kept in the state of the store that STORE names, so that all
 * processes of it know the same. docs/adr/0041-a-tenant-is-a-step-of-the-path.md
 */
import type { State } from '../store/store.js';

export interface TenantEntry {
  readonly name: string;
  /** A suspended one is there and serves nothing. */
  readonly state: 'active' | 'suspended';
  /** Milliseconds since 1970 of the last change. */
  readonly since: number;
  /** What people call it. */
  readonly title?: string;
}

/** A step of a path, a folder and a part of a database's name: types begin with a capital, operations with a dollar. */
const NAME = /^[a-z][a-z0-9-]{0,38}[a-z0-9]$/;
/** Steps of the paths below the base that are no tenant. */
const TAKEN: ReadonlySet<string> = new Set(['metadata']);
export const isTenantName = (text: string): boolean => NAME.test(text) && !TAKEN.has(text);

const KEY = 'tenants';

/** Sorted by name. */
export async function readTenants(state: State): Promise<readonly TenantEntry[]> {
  const text = await state.get(KEY);
  return text === undefined ? [] : (JSON.parse(text) as TenantEntry[]);
}

/** Replaces or adds the entry of that name; of several who change it at once, the caller sees to one (`transact`). */
export async function writeTenant(state: State, entry: TenantEntry): Promise<void> {
  const others = (await readTenants(state)).filter(({ name }) => name !== entry.name);
  await writeAll(state, [...others, entry]);
}

export async function dropTenant(state: State, gone: string): Promise<void> {
  await writeAll(
    state,
    (await readTenants(state)).filter(({ name }) => name !== gone),
  );
}

async function writeAll(state: State, entries: readonly TenantEntry[]): Promise<void> {
  const sorted = [...entries].sort((a, b) => (a.name < b.name ? -1 : 1));
  await state.set(KEY, JSON.stringify(sorted));
}

const MONGODB = /^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/([^?]*))?(\?.*)?$/;
/** The database of an address that names none. */
const DATABASE = 'passerelle';

/** Where the records of a tenant are, from what STORE says: a folder or a database of its own, or memory. */
export function addressOf(store: string, name: string): string {
  if (store === 'memory:') return store;
  const mongodb = MONGODB.exec(store);
  if (mongodb === null) return `${store.replace(/\/+$/, '')}/tenants/${name}`;
  const [, host = '', database = '', options = ''] = mongodb;
  // Who logs in is known where the address said: by the database that it named, or by admin.
  const isNamed = !host.includes('@') || /[?&]authSource=/i.test(options);
  const source = isNamed ? '' : `${options === '' ? '?' : '&'}authSource=${database === '' ? 'admin' : database}`;
  return `${host}/${database === '' ? DATABASE : database}_${name}${options}${source}`;
}
