/**
 * A store that feeds: whatever writes a document, a patient or a Consent, by whatever way, moves the queue for the DMP in the
 * same transaction; Tasks of the queue are the server's alone. Beneath what a caller may, so that jobs and Tasks are written
 * whoever he is. docs/adr/0031-a-queue-of-jobs-beside-the-records.md
 */
import type { DocumentReference } from '@medplum/fhirtypes';
import { FhirError } from '../r4/errors.js';
import { isSameTree } from '../r4/lossless.js';
import type { Query, SearchValues } from '../search/query.js';
import {
  type Concluded,
  type HistoryQuery,
  type Put,
  type PutResult,
  renderText,
  type Store,
  type StoredVersion,
  type Transaction,
} from '../store/store.js';
import type { Intake } from './intake.js';
import { isDmpTask } from './task.js';

const MOVING: ReadonlySet<string> = new Set(['DocumentReference', 'Patient', 'Consent']);

/** Nobody waits for who was not here. */
const isNewPatient = ({ type, expect }: Put): boolean => type === 'Patient' && expect === 'absent';

export class FeedStore implements Store {
  readonly name: string;
  readonly maxTextBytes: number;
  readonly state: Store['state'];
  readonly contents: Store['contents'];
  readonly trail: Store['trail'];
  readonly jobs: Store['jobs'];

  /** `wake` is told when something may be due. */
  constructor(
    private readonly store: Store,
    private readonly intake: Intake,
    private readonly wake: () => void,
  ) {
    this.name = store.name;
    this.maxTextBytes = store.maxTextBytes;
    this.state = store.state;
    this.contents = store.contents;
    this.trail = store.trail;
    this.jobs = store.jobs;
  }

  put(put: Put): Promise<PutResult> {
    const isMoving = (MOVING.has(put.type) && !isNewPatient(put)) || put.type === 'Task';
    if (!isMoving) return this.store.put(put);
    const { alike: _, ...alone } = put;
    return this.transact([`${put.type}/${put.id}`], (transaction) => transaction.put(alone));
  }

  async transact<T>(locks: readonly string[], work: (transaction: Transaction) => Promise<T>): Promise<T> {
    let moved = false;
    const done = await this.store.transact(locks, async (inner) => {
      // It may be run again from its start.
      moved = false;
      const written = new Map<string, StoredVersion>();
      const refused: Concluded[] = [];
      const note = (put: Put, { outcome, version }: PutResult): void => {
        const isWritten = outcome === 'created' || outcome === 'updated' || outcome === 'deleted';
        if (!isWritten || version === undefined || !MOVING.has(put.type) || isNewPatient(put)) return;
        written.set(`${version.type}/${version.id}`, version);
      };
      const conclude = async (): Promise<ReadonlyMap<string, Concluded>> => {
        const versions = inOrder([...written.values()]);
        written.clear();
        const concluded = new Map<string, Concluded>();
        for (const version of versions) {
          moved = true;
          if (version.type === 'Consent') await this.intake.consent(version, inner);
          else if (version.type === 'Patient') await this.intake.patient(version, inner);
          else {
            const one = await this.intake.document(version, inner);
            if (one.isRefused) refused.push(one);
            concluded.set(`${version.type}/${version.id}`, one);
          }
        }
        return concluded;
      };
      const result = await work({
        ...inner,
        server: inner,
        conclude,
        put: async (put) => {
          if (put.type === 'Task') await checkTask(put, inner);
          const one = await inner.put(put);
          note(put, one);
          return one;
        },
        putAll: async (puts) => {
          for (const put of puts) if (put.type === 'Task') await checkTask(put, inner);
          const all = await inner.putAll(puts);
          all.forEach((one, i) => {
            note(puts[i] as Put, one);
          });
          return all;
        },
      });
      await conclude();
      if (refused.length > 0) throw new FhirError('invalid', {}, { issues: refused.flatMap(({ issues }) => issues) });
      return result;
    });
    if (moved) this.wake();
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

/** Patients and Consents first, then documents, what is replaced before what replaces it. */
function inOrder(versions: readonly StoredVersion[]): StoredVersion[] {
  const documents = versions.filter(({ type }) => type === 'DocumentReference');
  const others = versions.filter(({ type }) => type !== 'DocumentReference');
  const places = new Map(documents.map((version) => [`DocumentReference/${version.id}`, version]));
  const ordered = new Set<StoredVersion>();
  const visit = (version: StoredVersion, depth: number): void => {
    if (ordered.has(version) || depth > documents.length) return;
    const { relatesTo = [] } = version.text === '' ? {} : (JSON.parse(version.text) as Partial<DocumentReference>);
    for (const { code, target } of relatesTo) {
      const other = code === 'replaces' ? places.get(target.reference ?? '') : undefined;
      if (other !== undefined && other !== version) visit(other, depth + 1);
    }
    ordered.add(version);
  };
  for (const version of documents) visit(version, 0);
  return [...others, ...ordered];
}

/** What a merge changes of a Task is whom it is for. Throws `dmp-task-kept`. */
async function checkTask({ type, id, content }: Put, transaction: Transaction): Promise<void> {
  const now = await transaction.read(type, id);
  const before = now === undefined || now.deleted ? undefined : (JSON.parse(now.text) as Record<string, unknown>);
  const after =
    content === null ? undefined : (JSON.parse(renderText(content.text, id, 1, 0)) as Record<string, unknown>);
  if (![before, after].some((one) => one !== undefined && isDmpTask(one))) return;
  if (before !== undefined && after !== undefined && isSameTree(said(before), said(after))) return;
  throw new FhirError('dmp-task-kept', { allowed: 'GET, HEAD' });
}
const said = ({ meta: _, for: __, ...rest }: Record<string, unknown>) => rest;
