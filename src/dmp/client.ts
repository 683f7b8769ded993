/**
 * The transactions with the DMP: one call, one message, one typed outcome. Nothing is repeated here: that is decided by
 * who keeps the order. https://profiles.ihe.net/ITI/TF/Volume1/ch-10.html (XDS.b)
 */
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { Id } from './document.js';
import { type Existence, existenceRequest, readExistence } from './hl7v3/existence.js';
import type { Prepared } from './prepare.js';
import type { Credential } from './signature/keys.js';
import { DEFAULT_VIHF, type VihfIdentity, type VihfProfile, vihf } from './signature/vihf.js';
import { type Fault, readEnvelope, writeEnvelope } from './soap/envelope.js';
import type { Answer, Connection, NotSent, Unknown } from './soap/http.js';
import { type Part, readMultipart, UnreadableMultipart, writeMultipart } from './soap/mime.js';
import {
  type Found,
  type RegistryError,
  type RetrievedDocument,
  readFound,
  readResponse,
  readRetrieved,
} from './xds/answers.js';
import { ACTION, SPACES, type Transaction } from './xds/names.js';
import { provideRequest } from './xds/provide.js';
import { type FindDocuments, findDocuments, getAssociations, getDocuments, getEntries } from './xds/query.js';
import { retrieveRequest, type Wanted } from './xds/retrieve.js';
import { type MetadataChange, metadataRequest, type StatusChange, statusRequest } from './xds/update.js';
import { type Element, readXml, UnreadableXml } from './xml/read.js';

/** Contexts and reasons are the words of others and may name a patient: they are for the vendor, never for a log. */
export type Outcome<T> =
  | { readonly kind: 'success'; readonly value: T; readonly warnings: readonly RegistryError[] }
  | { readonly kind: 'partial'; readonly value: T; readonly errors: readonly RegistryError[] }
  | { readonly kind: 'failure'; readonly errors: readonly RegistryError[] }
  | { readonly kind: 'fault'; readonly fault: Fault; readonly status: number }
  /** An answer of HTTP that is no SOAP. */
  | { readonly kind: 'http'; readonly status: number }
  | NotSent
  | Unknown
  | { readonly kind: 'unknown'; readonly reason: 'unreadable' };

/** The structure in whose name is asked. */
export interface Caller {
  readonly signer: Credential;
  readonly identity: VihfIdentity;
  readonly profile?: VihfProfile;
}
export interface ClientOptions {
  /** After the base of the connection. */
  readonly paths?: Partial<Record<'patients' | 'repository' | 'registry', string>>;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** OIDs of the sending system and of the DMP, for TD0.2. */
  readonly devices: { readonly sender: string; readonly receiver: string };
  readonly processing?: 'P' | 'D' | 'T';
}
/** What was said to whom, for the record of an attempt: no content. */
export interface Call<T> {
  readonly messageId: string;
  readonly outcome: Outcome<T>;
}

const PLACES = {
  provide: 'repository',
  retrieve: 'repository',
  query: 'registry',
  update: 'registry',
  existence: 'patients',
} as const;
type Read<T> = (body: Element, part: (id: string) => Buffer | undefined) => Outcome<T>;
const UNREADABLE = { kind: 'unknown', reason: 'unreadable' } as const;
const noPart = (): undefined => undefined;

export class DmpClient {
  readonly #now: () => number;
  constructor(
    private readonly connection: Connection,
    private readonly caller: Caller,
    private readonly options: ClientOptions,
  ) {
    this.#now = options.now ?? Date.now;
  }

  /** TD0.2. */
  existence(patient: Id): Promise<Call<Existence>> {
    const { devices, processing = 'P' } = this.options;
    const { software } = this.caller.identity;
    const body = existenceRequest({
      patient,
      time: this.#now(),
      messageId: randomUUID(),
      queryId: randomUUID(),
      sender: { oid: devices.sender, software: software.name },
      receiver: devices.receiver,
      processing,
    });
    return this.call('existence', patient, body, undefined, (root) => {
      const value = readExistence(root);
      return value === undefined ? UNREADABLE : { kind: 'success', value, warnings: [] };
    });
  }

  /** TD2.1: a new document, or one in place of that which has the entryUUID `replaces` now. */
  provide(from: Prepared, replaces?: string): Promise<Call<undefined>> {
    const unique = randomUUID();
    const parts = { document: `document.${unique}@passerelle`, signature: `signature.${unique}@passerelle` };
    const { header, submission, content, signature } = from;
    const body = provideRequest({
      header,
      submission,
      content,
      signature,
      parts,
      ...(replaces === undefined ? {} : { replaces }),
    });
    return this.call(
      'provide',
      header.subject.ins,
      body,
      [
        { id: parts.document, contentType: 'text/xml', bytes: from.cda },
        { id: parts.signature, contentType: 'text/xml', bytes: from.lotSignature },
      ],
      (root) => ofResponse(root, undefined),
    );
  }

  /** TD3.1b: where documents are, by uniqueId. `patient` is whom the VIHF is about. */
  references(patient: Id, uniqueIds: readonly string[]): Promise<Call<Found>> {
    return this.query(patient, getDocuments(uniqueIds));
  }
  /** As `references`, with the metadata: what an automate may not be allowed. */
  entries(patient: Id, uniqueIds: readonly string[]): Promise<Call<Found>> {
    return this.query(patient, getDocuments(uniqueIds, 'LeafClass'));
  }
  byEntryUuid(patient: Id, entryUuids: readonly string[]): Promise<Call<Found>> {
    return this.query(patient, getEntries(entryUuids));
  }
  associations(patient: Id, entryUuids: readonly string[]): Promise<Call<Found>> {
    return this.query(patient, getAssociations(entryUuids));
  }
  /** TD3.1. */
  find(wanted: FindDocuments): Promise<Call<Found>> {
    return this.query(wanted.patient, findDocuments(wanted));
  }
  private query(patient: Id, body: string): Promise<Call<Found>> {
    return this.call('query', patient, body, undefined, (root) => ofResponse(root, readFound(root)));
  }

  /** TD3.2. */
  retrieve(patient: Id, wanted: readonly Wanted[]): Promise<Call<readonly RetrievedDocument[]>> {
    return this.call('retrieve', patient, retrieveRequest(wanted), [], (root, part) => {
      const response = root.child('RegistryResponse', SPACES.rs);
      const value = readRetrieved(root, part);
      return response === undefined || value === undefined ? UNREADABLE : ofResponse(response, value);
    });
  }

  /** TD3.3c and TD3.3d. */
  setStatus(change: StatusChange): Promise<Call<undefined>> {
    return this.call('update', change.subject.ins, statusRequest(change), undefined, (root) =>
      ofResponse(root, undefined),
    );
  }
  /** TD3.3a and TD3.3b. */
  setMetadata(change: MetadataChange): Promise<Call<undefined>> {
    return this.call('update', change.header.subject.ins, metadataRequest(change), undefined, (root) =>
      ofResponse(root, undefined),
    );
  }

  /** With `parts` the message goes as MTOM, even without any. */
  private async call<T>(
    transaction: Transaction,
    patient: Id,
    body: string,
    parts: readonly Part[] | undefined,
    read: Read<T>,
  ): Promise<Call<T>> {
    const { signer, identity, profile = DEFAULT_VIHF } = this.caller;
    const messageId = `urn:uuid:${randomUUID()}`;
    const action = ACTION[transaction];
    const place = PLACES[transaction];
    const path = this.options.paths?.[place] ?? `/${place}`;
    const assertion = vihf(signer, identity, { patient, time: this.#now(), id: `_${randomUUID()}` }, profile);
    const to = `${this.connection.base}${path}`;
    const envelope = Buffer.from(writeEnvelope({ action, messageId, to }, assertion, body), 'utf8');
    const { contentType, bytes } = parts === undefined ? plain(action, envelope) : mtom(action, envelope, parts);
    const answer = await this.connection.post(path, contentType, bytes);
    return { messageId, outcome: answer.kind === 'answer' ? outcomeOf(answer, messageId, read) : answer };
  }
}

const SOAP_TYPE = 'application/soap+xml';
const plain = (action: string, bytes: Buffer) => ({
  contentType: `${SOAP_TYPE}; charset=UTF-8; action="${action}"`,
  bytes,
});

function mtom(action: string, envelope: Buffer, parts: readonly Part[]) {
  const unique = randomUUID();
  const root = `root.${unique}@passerelle`;
  const boundary = `passerelle-${unique}`;
  const first = { id: root, contentType: `application/xop+xml; charset=UTF-8; type="${SOAP_TYPE}"`, bytes: envelope };
  const details = `start="<${root}>"; start-info="${SOAP_TYPE}"; action="${action}"`;
  return {
    contentType: `multipart/related; boundary="${boundary}"; type="application/xop+xml"; ${details}`,
    bytes: writeMultipart([first, ...parts], boundary),
  };
}

function ofResponse<T>(element: Element, value: T): Outcome<T> {
  const response = readResponse(element);
  if (response === undefined) return UNREADABLE;
  const { status, errors } = response;
  if (status === 'failure') return { kind: 'failure', errors };
  if (status === 'partial') return { kind: 'partial', value, errors };
  return { kind: 'success', value, warnings: errors };
}

/** An answer as an outcome; one that cannot be read leaves open what was done, unless HTTP says that it failed. */
function outcomeOf<T>({ status, contentType, body }: Answer, messageId: string, read: Read<T>): Outcome<T> {
  const unreadable: Outcome<T> = status >= 400 ? { kind: 'http', status } : UNREADABLE;
  try {
    const isMultipart = /^multipart\/related\b/i.test(contentType);
    if (!isMultipart && !/^(application\/soap\+xml|text\/xml|application\/xml)\b/i.test(contentType)) return unreadable;
    const { root, part } = isMultipart ? readMultipart(contentType, body) : { root: body, part: noPart };
    if (!isUtf8(root)) return unreadable;
    const envelope = readEnvelope(readXml(root.toString('utf8')));
    if (envelope === undefined) return unreadable;
    // An answer to another message says nothing of ours.
    if (envelope.relatesTo !== undefined && envelope.relatesTo !== messageId) return UNREADABLE;
    if (envelope.fault !== undefined) return { kind: 'fault', fault: envelope.fault, status };
    return envelope.body === undefined ? unreadable : read(envelope.body, part);
  } catch (error) {
    if (error instanceof UnreadableXml || error instanceof UnreadableMultipart) return unreadable;
    throw error;
  }
}
