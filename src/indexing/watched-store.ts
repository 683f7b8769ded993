/** A store that tells when resources of some types were written, by whatever way, before the writer is answered. */
import type { Query, SearchValues } from '../search/query.js';
import type { HistoryQuery, Put, PutResult, Store, StoredVersion, Transaction } from '../store/store.js';

export interface Place {
  type: string;
  id: string;
}

const placeOf = ({ type, id }: Put): Place => ({ type, id });
const isChange = ({ outcome }: PutResult) => outcome !== 'unchanged' && outcome !== 'conflict';

export class WatchedStore implements Store {
  readonly name: string;
  readonly maxTextBytes: number;
  readonly state: Store['state'];
  readonly contents: Store['contents'];
  readonly trail: Store['trail'];
  readonly jobs: Store['jobs'];

  /** `changed` is awaited once the write is durable, with what was written of `types`. */
  constructor(
    private readonly store: Store,
    private readonly types: ReadonlySet<string>,
    private readonly changed: (written: readonly Place[]) => Promise<void>,
  ) {
    this.name = store.name;
    this.maxTextBytes = store.maxTextBytes;
    this.state = store.state;
    this.contents = store.contents;
    this.trail = store.trail;
    this.jobs = store.jobs;
  }

  put(put: Put): Promise<PutResult> {
    return this.types.has(put.type) ? this.putAndTell(put) : this.store.put(put);
  }

  private async putAndTell(put: Put): Promise<PutResult> {
    const result = await this.store.put(put);
    if (isChange(result)) await this.changed([placeOf(put)]);
    return result;
  }

  async transact<T>(locks: readonly string[], work: (transaction: Transaction) => Promise<T>): Promise<T> {
    let touched: Place[] = [];
    const done = await this.store.transact(locks, (transaction) => {
      // It may be run again from its start.
      touched = [];
      return work({
        ...transaction,
        put: async (put) => {
          const result = await transaction.put(put);
          if (this.types.has(put.type) && isChange(result)) touched.push(placeOf(put));
          return result;
        },
        putAll: async (puts) => {
          const results = await transaction.putAll(puts);
          puts.forEach((put, i) => {
            if (this.types.has(put.type) && isChange(results[i] as PutResult)) touched.push(placeOf(put));
          });
          return results;
        },
      });
    });
    if (touched.length > 0) await this.changed(touched);
    return done;
  }

  read(type: string, id: string) {
    return this.store.read(type, id);
  }
  readVersion(type: string, id: string, version: number) {
    return this.store.readVersion(type, id, version);
  }
  search(query: Query) {
    return this.store.search(query);
  }
  explain(query: Query) {
    return this.store.explain(query);
  }
  history(query: HistoryQuery) {
    return this.store.history(query);
  }
  reindex(items: readonly { version: StoredVersion; values: SearchValues }[]) {
    return this.store.reindex(items);
  }
  ready() {
    return this.store.ready();
  }
  close() {
    return this.store.close();
  }
}
