/**
 * What became of a document: asked after an outcome that is not known, and before a replacement or a deletion, for the
 * entryUUID changes. TD3.1b, https://profiles.ihe.net/ITI/TF/Volume2/ITI-18.html
 */
import type { DmpClient, Outcome } from './client.js';
import type { Id } from './document.js';
import type { RegisteredEntry } from './xds/answers.js';
import type { Status } from './xds/names.js';

export type Whereabouts =
  | {
      readonly kind: 'there';
      /** The entry of now: the approved one, else the latest. */
      readonly entry: RegisteredEntry;
      /** `undefined` for a status that nobody knows. */
      readonly status: Status | undefined;
      /** Whether the bytes are those that were sent; `undefined` where the registry does not tell a hash. */
      readonly isSame: boolean | undefined;
    }
  | { readonly kind: 'absent' }
  /** The question itself was not answered. */
  | { readonly kind: 'not-known'; readonly outcome: Outcome<unknown> };

/** `hash` is the SHA-1 in hexadecimal of what was sent. */
export async function whereabouts(
  client: DmpClient,
  patient: Id,
  uniqueId: string,
  hash?: string,
): Promise<Whereabouts> {
  const { outcome } = await client.entries(patient, [uniqueId]);
  if (outcome.kind !== 'success') return { kind: 'not-known', outcome };
  const all = outcome.value.entries.filter((one) => one.uniqueId === uniqueId);
  all.sort((a, b) => rank(a) - rank(b) || b.version - a.version);
  const [entry] = all;
  if (entry === undefined) return { kind: 'absent' };
  const isSame = hash === undefined || entry.hash === undefined ? undefined : entry.hash.toLowerCase() === hash;
  return { kind: 'there', entry, status: entry.status, isSame };
}

/** A change of metadata leaves the entry before it deprecated. */
const rank = ({ status }: RegisteredEntry): number => (status === 'approved' ? 0 : 1);
