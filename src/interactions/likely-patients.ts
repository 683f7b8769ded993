/** Stored Patients that may be the person looked for, compared with it: what `$match` answers from, and what a create warns of. */
import type { Block } from '../identity/candidates.js';
import { type Comparison, compare } from '../identity/matching.js';
import { type Person, personOf } from '../identity/person.js';
import { isObject, type Json, objects } from '../identity/traits.js';
import { parseSearch } from '../search/parse.js';
import type { Query } from '../search/query.js';
import type { StoredVersion } from '../store/store.js';
import type { Context } from './interaction.js';

/** Patients that one search brings at most. */
const MAX_FOUND = 100;
/** Steps from a record to the one that took its place. */
const MAX_STEPS = 5;

/** Stored texts whose Patients are kept as they were read, the oldest first: reading one is most of a comparison. */
const known = new Map<string, Stored>();
const MAX_KNOWN = 2000;
interface Stored {
  patient: Json;
  person: Person;
}

function stored(text: string): Stored {
  let found = known.get(text);
  if (found !== undefined) return found;
  const patient = JSON.parse(text) as Json;
  found = { patient, person: personOf(patient) };
  const [oldest] = known.keys();
  if (known.size >= MAX_KNOWN && oldest !== undefined) known.delete(oldest);
  known.set(text, found);
  return found;
}

export interface Likely {
  version: StoredVersion;
  patient: Json;
  person: Person;
  comparison: Comparison;
}

export interface Found {
  /** By the id of the Patient. */
  likely: Map<string, Likely>;
  /** More were found than are looked at. */
  isCut: boolean;
}

export async function likelyPatients(person: Person, blocks: readonly Block[], context: Context): Promise<Found> {
  const { store } = context.services;
  const pages = await Promise.all(blocks.map((block) => store.search(blockQuery(block, context))));
  const found = pages.flatMap(({ items }) => items);
  return { likely: await compared(person, found, context), isCut: pages.some(({ next }) => next !== undefined) };
}

/** The records compared with the person, by their ids. */
export async function compared(
  person: Person,
  found: readonly StoredVersion[],
  context: Context,
): Promise<Map<string, Likely>> {
  const likely = new Map<string, Likely>();
  const versions = new Map(found.map((version) => [version.id, version]));
  for (const version of versions.values()) await add(version, person, likely, context);
  return likely;
}

/** Throws what a search throws, such as `parameter-pending` while an index is rebuilt. */
function blockQuery(block: Block, { services, baseUrl }: Context): Query {
  return parseSearch('Patient', block, {
    registry: services.registry,
    lenient: false,
    baseUrl,
    timeZone: services.timeZone,
    defaultCount: MAX_FOUND,
    maxCount: MAX_FOUND,
  }).query;
}

/** A record that was replaced stands for the one that took its place: the better comparison of both counts. */
async function add(
  version: StoredVersion,
  person: Person,
  likely: Map<string, Likely>,
  context: Context,
): Promise<void> {
  let one = stored(version.text);
  let comparison = compare(person, one.person);
  let now = version;
  for (let step = 0; step < MAX_STEPS; step++) {
    const next = replacedBy(one.patient);
    const found = next === undefined ? undefined : await context.services.store.read('Patient', next);
    if (found === undefined || found.deleted) break;
    now = found;
    one = stored(found.text);
    const other = compare(person, one.person);
    if (other.weight > comparison.weight) comparison = other;
  }
  const there = likely.get(now.id);
  if (there !== undefined && there.comparison.weight >= comparison.weight) return;
  likely.set(now.id, { version: now, ...one, comparison });
}

/** The id of the record that took its place. https://hl7.org/fhir/R4/patient.html#links */
export function replacedBy({ link }: Json): string | undefined {
  const found = objects(link).find(({ type }) => type === 'replaced-by')?.other;
  const reference = isObject(found) && typeof found.reference === 'string' ? found.reference : '';
  return /^Patient\/([A-Za-z0-9\-.]{1,64})$/.exec(reference)?.[1];
}
