/**
 * Which contents of documents a caller sees: those of the documents that he sees, and those whose security context he does.
 * https://hl7.org/fhir/R4/binary.html#security
 */
import { normaliseReference } from '../search/parameters/reference.js';
import type { Filter } from '../search/query.js';
import type { Transaction } from '../store/store.js';
import type { Rules } from './rules.js';

const LOCATION = 'DocumentReference.location';
const PAGE = 200;

export type Readable = Pick<Transaction, 'state' | 'read' | 'readVersion' | 'search' | 'history'>;

/** Are contents seen without a look at the documents? */
export const isFree = (rules: Rules): boolean => rules.isOpen('DocumentReference');

/** `Binary/1` as it stands in the attachments of documents, in the ways that lead here. */
const addressesOf = (id: string, { baseUrl }: Rules): string[] => [`Binary/${id}`, `${baseUrl}/Binary/${id}`];

/** The local Binaries that a resource names by the index of its attachments. */
export function namedBinaries(uris: readonly { key: string; value: string }[], { baseUrl }: Rules): string[] {
  return uris
    .filter(({ key }) => key === LOCATION)
    .flatMap(
      ({ value }) => /^Binary\/([A-Za-z0-9\-.]{1,64})$/.exec(normaliseReference(value, baseUrl) ?? '')?.[1] ?? [],
    );
}

/** Of these ids, those that a document which he sees names; `except` are documents that do not count. */
export async function named(
  ids: readonly string[],
  raw: Readable,
  rules: Rules,
  documents: readonly Filter[],
  except: ReadonlySet<string> = new Set(),
): Promise<Set<string>> {
  const found = new Set<string>();
  const wanted = new Set(ids);
  for (let from = 0; from < ids.length; from += PAGE) {
    const values = ids.slice(from, from + PAGE).flatMap((id) => addressesOf(id, rules));
    const anyOf = values.map((value) => ({ mode: 'exact' as const, value }));
    const filters: Filter[] = [{ kind: 'uri', key: LOCATION, anyOf }, ...documents];
    if (except.size > 0) filters.push({ kind: 'not', of: { kind: 'id', anyOf: [...except] } });
    const past = (type: string, text: string) => rules.registry.extract(type, JSON.parse(text), rules.baseUrl);
    let more: { cursor?: string; moment?: string } | undefined = {};
    while (more !== undefined) {
      const page = await raw.search({ type: 'DocumentReference', filters, sort: [], count: PAGE, past, ...more });
      for (const { text } of page.items) {
        const { uris } = rules.registry.extract('DocumentReference', JSON.parse(text), rules.baseUrl);
        for (const id of namedBinaries(uris, rules)) if (wanted.has(id)) found.add(id);
      }
      more =
        page.next === undefined || found.size === wanted.size
          ? undefined
          : { cursor: page.next, ...(page.moment !== undefined && { moment: page.moment }) };
    }
  }
  return found;
}

/** `Type/id` of the resource whose visibility a Binary shares. */
export function securityContextOf(text: string, { baseUrl }: Rules): [string, string] | undefined {
  const { reference } = (JSON.parse(text) as { securityContext?: { reference?: unknown } }).securityContext ?? {};
  if (typeof reference !== 'string') return undefined;
  const [, type, id] =
    /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})$/.exec(normaliseReference(reference, baseUrl) ?? '') ?? [];
  return type === undefined || id === undefined ? undefined : [type, id];
}

/** Who sends a content and then the document that names it: for a day the content is his. */
const KEEP = 24 * 3_600_000;
const ownerName = (id: string): string => `binary-owner/${id}`;

export const setOwner = ({ state }: Readable, id: string, { callerId }: Rules): Promise<void> =>
  state.set(ownerName(id), callerId, Date.now() + KEEP);

export const isOwner = async ({ state }: Readable, id: string, { callerId }: Rules): Promise<boolean> =>
  (await state.get(ownerName(id))) === callerId;
