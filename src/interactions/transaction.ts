/**
 * Transaction: all entries or none, whatever order they stand in; what they say of each other by `fullUrl` is rewritten to
 * where it will live. https://hl7.org/fhir/R4/http.html#trules
 */
import { FhirError } from '../r4/errors.js';
import { storedDefinitions } from '../search/stored-definitions.js';
import type { Transaction } from '../store/store.js';
import { Terminology } from '../terminology/index.js';
import { withBundled } from './bundled-definitions.js';
import { contentsApart } from './content.js';
import { type Criteria, parseCriteria } from './criteria.js';
import { duplicatesAmong } from './duplicates.js';
import { bundleEntries, type Entry, entryError, phaseOf, withBody } from './entries.js';
import { EntryLinks } from './entry-links.js';
import { entryResponse, responseBundle } from './entry-response.js';
import { newId } from './id.js';
import { incoming } from './incoming.js';
import type { Context, Interaction, InteractionRequest, Result } from './interaction.js';
import { trace } from './trace.js';
import { transactionStore } from './transaction-store.js';

export const transaction: Interaction = {
  code: 'transaction',
  level: 'system',
  method: 'POST',
  path: '/',
  takesBody: true,
  run: (request, context) => runTransaction(request, context),
};

/** What a kind of transaction asks for beyond the specification's own rules. */
export interface Additions {
  locks: readonly string[];
  /** Within the transaction, when all is written: it may throw, which undoes all, and write more. */
  finish(results: ReadonlyMap<Entry, Result>, inside: Context): Promise<void>;
  /** Is the resource of an entry answered where nobody says what is to be answered? */
  shows(entry: Entry): boolean;
}

/** `begin` is given the entries as they were read, before anything is written; it may change them. */
export async function runTransaction(
  request: InteractionRequest,
  outside: Context,
  begin?: (entries: readonly Entry[], source: string) => Promise<Additions | undefined>,
): Promise<Result> {
  // What one entry defines holds for the others: all of them come true together.
  const context = withBundled(request.body?.value, outside);
  const asked = await read(request, context);
  const { entries, criteria } = asked;
  const additions = await begin?.(entries, asked.source);
  await contentsApart(entries, context.services.store.contents);
  const locks = [...criteria.values()].flatMap((each) => each.locks);
  // What needs nothing of the store is read and validated before the transaction begins.
  const early = await preparedEarly(asked, context);
  let done: ReadonlyMap<Entry, Result> = new Map();
  const answers = await context.services.store.transact([...locks, ...(additions?.locks ?? [])], async (inner) => {
    const inside = within(inner, context);
    const results = await attempt(asked, early, inside);
    await tellDuplicates(results, inner, inside);
    await additions?.finish(results, inside);
    await tellConcluded(results, inner, asked.source);
    // It may be run again from its start.
    done = results;
    return entries.map((entry) => {
      const shown = context.returns === undefined && additions?.shows(entry) === true;
      const answering: Context = shown ? { ...inside, returns: 'representation' } : inside;
      return entryResponse(entry, results.get(entry) as Result, answering);
    });
  });
  for (const [entry, result] of done) trace(entry.route.interaction, entry.request, result, context);
  return { status: 200, text: responseBundle('transaction-response', answers) };
}

interface Asked {
  entries: readonly Entry[];
  criteria: ReadonlyMap<Entry, Criteria>;
  bundle: object | undefined;
  /** Its text. */
  source: string;
}

interface Plan {
  /** The ids of the resources that entries write. */
  ids: ReadonlyMap<Entry, string>;
  /** Entries that ask for the same conditional create as one before them: both are one resource. */
  twins: ReadonlyMap<Entry, Entry>;
  links: EntryLinks;
}

/** What an entry throws is told as its own. */
async function located<T>(index: number, source: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof FhirError ? entryError(error, index, source) : error;
  }
}

async function read(request: InteractionRequest, context: Context): Promise<Asked> {
  const source = request.body?.source ?? '';
  const entries: Entry[] = [];
  const criteria = new Map<Entry, Criteria>();
  for (const [index, one] of bundleEntries(request.body, context).entries()) {
    await located(index, source, async () => {
      const entry = one();
      entries.push(entry);
      const { level, operation } = entry.route.interaction;
      // What is about the server itself waits for other things than the transaction.
      if (level === 'system' && operation !== undefined) throw new FhirError('not-in-transaction');
      const { type, parameters, ifNoneExist } = entry.request;
      const isConditional = entry.route.interaction.code.startsWith('conditional-');
      const condition = isConditional ? parameters : isCreate(entry) ? ifNoneExist : undefined;
      if (condition !== undefined) criteria.set(entry, await parseCriteria(type, condition, context));
    });
  }
  return { entries, criteria, bundle: request.body?.value, source };
}

const codeOf = ({ route }: Entry): string => route.interaction.code;
const isCreate = (entry: Entry): boolean => codeOf(entry) === 'create';

/** The services of a request, its store the transaction. */
function within(inner: Transaction, context: Context): Context {
  const { services } = context;
  const store = transactionStore(services.store, inner);
  const terminology = new Terminology(services.definitions, storedDefinitions(store));
  return { ...context, services: { ...services, store, terminology } };
}

/** `undefined` where an entry cannot be read before others are looked for or written. */
async function preparedEarly(
  asked: Asked,
  context: Context,
): Promise<{ plan: Plan; bodies: ReadonlyMap<Entry, InteractionRequest> } | undefined> {
  if (asked.criteria.size > 0) return undefined;
  const plan = await planned(asked, context);
  const { links } = plan;
  if (asked.entries.some((entry) => links.isConditional(entry) || links.isVersioned(entry))) return undefined;
  const bodies = new Map<Entry, InteractionRequest>();
  for (const entry of asked.entries) {
    bodies.set(entry, await located(entry.index, asked.source, () => prepared(entry, asked.bundle, plan, context)));
  }
  return { plan, bodies };
}

/** The whole once; it may be run again from its start. */
async function attempt(
  asked: Asked,
  early: Awaited<ReturnType<typeof preparedEarly>>,
  context: Context,
): Promise<Map<Entry, Result>> {
  const { entries, source, bundle } = asked;
  const results = new Map<Entry, Result>();
  const touched = new Map<string, Entry>();
  const phase = (number: number) => entries.filter((entry) => phaseOf(entry) === number);
  const run = (entry: Entry, plan?: Plan) =>
    located(entry.index, source, async () => {
      const request =
        plan === undefined
          ? withBody(entry)
          : (early?.bodies.get(entry) ?? (await prepared(entry, bundle, plan, context)));
      const result = await entry.route.interaction.run(request, context);
      results.set(entry, result);
      const { version } = result;
      if (version === undefined || phaseOf(entry) === 3) return;
      const id = plan?.ids.get(entry);
      // What the plan did not see: an entry before it is what this one's criteria find.
      if (id !== undefined && id !== version.id) throw new FhirError('entries-overlap');
      if (result.status !== 200 || !isCreate(entry)) touch(touched, `${version.type}/${version.id}`, entry);
    });
  for (const entry of phase(0)) await run(entry);
  const plan = early?.plan ?? (await planned(asked, context));
  const writes = [...phase(1), ...phase(2)];
  // A conditional reference finds what the others wrote.
  const late =
    early === undefined
      ? writes.filter((entry) => plan.links.isConditional(entry) || plan.links.isVersioned(entry))
      : [];
  for (const entry of writes) if (!late.includes(entry) && !plan.twins.has(entry)) await run(entry, plan);
  for (const entry of late) if (!plan.twins.has(entry)) await run(entry, plan);
  for (const [entry, twin] of plan.twins) {
    const { version } = results.get(twin) as Result;
    results.set(entry, { status: 200, located: true, ...(version !== undefined && { version }) });
  }
  for (const entry of phase(3)) await run(entry, plan);
  return results;
}

/** Adds to the results of creates what may be the same person. */
async function tellDuplicates(results: Map<Entry, Result>, inner: Transaction, context: Context): Promise<void> {
  const made = [...results].flatMap(([entry, result]) => {
    const { version } = result;
    const resource = entry.resource?.value;
    const isMade = result.status === 201 && version !== undefined && resource !== undefined && isCreate(entry);
    return isMade ? [{ entry, result, version, resource }] : [];
  });
  const issues = await duplicatesAmong(made, inner, context);
  made.forEach(({ entry, result }, i) => {
    results.set(entry, { ...result, issues: [...(result.issues ?? []), ...(issues[i] ?? [])] });
  });
}

/** Adds to the results what follows from them. Throws `invalid`, told of the entry, where that refuses one. */
async function tellConcluded(results: Map<Entry, Result>, inner: Transaction, source: string): Promise<void> {
  const concluded = await inner.conclude?.();
  if (concluded === undefined || concluded.size === 0) return;
  for (const [entry, result] of results) {
    const { version } = result;
    const one = version && concluded.get(`${version.type}/${version.id}`);
    if (one === undefined || phaseOf(entry) === 3) continue;
    if (one.isRefused) throw entryError(new FhirError('invalid', {}, { issues: one.issues }), entry.index, source);
    results.set(entry, { ...result, issues: [...(result.issues ?? []), ...one.issues] });
  }
}

/** Throws `entries-overlap`: two entries may not write one resource. */
function touch(touched: Map<string, Entry>, place: string, entry: Entry): void {
  const other = touched.get(place);
  if (other !== undefined && other !== entry) throw new FhirError('entries-overlap');
  touched.set(place, entry);
}

/** Which ids the writes will have, found by their conditions where they have some. */
async function planned({ entries, criteria, source }: Asked, context: Context): Promise<Plan> {
  const ids = new Map<Entry, string>();
  const twins = new Map<Entry, Entry>();
  const creates = new Map<string, Entry>();
  const written = new Map<string, Entry>();
  for (const entry of entries) {
    await located(entry.index, source, async () => {
      const code = codeOf(entry);
      const { type, id, ifNoneExist } = entry.request;
      if (code === 'delete') touch(written, `${type}/${id}`, entry);
      if (code !== 'create' && code !== 'update' && code !== 'conditional-update') return;
      const condition = criteria.get(entry);
      const twin = ifNoneExist === undefined ? undefined : creates.get(`${type}?${ifNoneExist}`);
      if (twin !== undefined) {
        twins.set(entry, twin);
        ids.set(entry, ids.get(twin) as string);
        return;
      }
      if (isCreate(entry) && ifNoneExist !== undefined) creates.set(`${type}?${ifNoneExist}`, entry);
      const match = condition === undefined ? undefined : await matchOf(condition, context);
      const own = code === 'conditional-update' ? entry.resource?.value.id : undefined;
      const planned = id !== '' ? id : (match ?? (typeof own === 'string' ? own : newId()));
      ids.set(entry, planned);
      if (!isCreate(entry)) touch(written, `${type}/${planned}`, entry);
    });
  }
  const placeOf = (entry: Entry) => {
    const id = ids.get(entry);
    return id === undefined ? undefined : `${entry.request.type}/${id}`;
  };
  return { ids, twins, links: new EntryLinks(entries, placeOf, context) };
}

/** Throws `multiple-matches`. */
async function matchOf({ query }: Criteria, { services }: Context): Promise<string | undefined> {
  const { items } = await services.store.search({ ...query, count: 2 });
  if (items.length > 1) throw new FhirError('multiple-matches');
  return items[0]?.id;
}

/** The request of an entry with its links rewritten, read and validated where it writes a resource. */
async function prepared(
  entry: Entry,
  bundle: object | undefined,
  plan: Plan,
  context: Context,
): Promise<InteractionRequest> {
  const request = { ...withBody(entry, await plan.links.rewritten(entry, context)), ...(bundle && { around: bundle }) };
  const id = plan.ids.get(entry);
  if (id === undefined) return request;
  return { ...request, newId: id, prepared: await incoming(request, context) };
}
