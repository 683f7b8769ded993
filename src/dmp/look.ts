/** A document with all that a CDA of it needs, read within a transaction: who and where it is about, its bytes, its predecessor. */
import type { Consent, DocumentReference, Patient, Resource } from '@medplum/fhirtypes';
import { normaliseReference } from '../search/parameters/reference.js';
import { parseSearch } from '../search/parse.js';
import type { SearchRegistry } from '../search/registry.js';
import { type Contents, contentOf } from '../store/contents.js';
import type { Transaction } from '../store/store.js';
import { sentContent } from './eligibility.js';
import type { Faults } from './faults.js';
import type { Predecessor } from './from-fhir/header.js';
import type { Resolve } from './from-fhir/rules.js';
import { oidOfUri } from './identifiers.js';
import { FEED_CONSENT } from './opposition.js';
import { type Member, readChain } from './queue/chain.js';
import { DMP_QUEUE } from './queue/job.js';
import type { Queue } from './queue/queue.js';

export interface LookParts {
  readonly registry: SearchRegistry;
  readonly contents: Contents;
  readonly queue: Queue;
  readonly baseUrl: string;
  readonly timeZone: string;
}
export interface Looked {
  /** With one content alone: the one that is sent. */
  readonly document: DocumentReference;
  readonly contents: number;
  readonly resolve: Resolve;
  /** The record of now, where the one that was named was replaced. */
  readonly patient: Patient | undefined;
  /** The id of the one that was named. */
  readonly patientId: string | undefined;
}

const MAX_STEPS = 5;
/** Consents of a patient, and documents of one number, that are looked at. */
const MOST = 100;

export class Look {
  constructor(
    private readonly parts: LookParts,
    private readonly transaction: Transaction,
  ) {}

  async read<T extends Resource>(type: T['resourceType'], id: string): Promise<T | undefined> {
    const found = await this.transaction.read(type, id);
    return found === undefined || found.deleted ? undefined : (JSON.parse(found.text) as T);
  }

  /** `Type/id` of this server; `undefined` for what is elsewhere or contained. */
  place(reference: string | undefined): [string, string] | undefined {
    const [type = '', id = '', ...more] = normaliseReference(reference ?? '', this.parts.baseUrl)?.split('/') ?? [];
    return more.length > 0 || id === '' || type.includes(':') ? undefined : [type, id];
  }

  async document(stored: DocumentReference): Promise<Looked> {
    const content = stored.content[sentContent(stored)];
    const document: DocumentReference = { ...stored, ...(content !== undefined && { content: [content] }) };
    const { subject, author = [], authenticator, custodian, context } = document;
    const found = new Map<string, Resource | undefined>();
    const add = async (reference: string | undefined): Promise<Resource | undefined> => {
      if (reference === undefined) return undefined;
      if (!found.has(reference)) found.set(reference, await this.#resource(reference, document));
      return found.get(reference);
    };
    for (const { reference } of [subject, custodian, authenticator, ...author, ...(context?.encounter ?? [])].flatMap(
      (one) => one ?? [],
    )) {
      const one = await add(reference);
      if (one?.resourceType === 'PractitionerRole') {
        await add(one.practitioner?.reference);
        await add(one.organization?.reference);
      } else if (one?.resourceType === 'Device') await add(one.owner?.reference);
    }
    const [type, patientId] = this.place(subject?.reference) ?? [];
    const isHere = type === 'Patient' && patientId !== undefined;
    const patient = isHere ? await this.patient(patientId) : undefined;
    if (patient !== undefined && subject?.reference !== undefined) found.set(subject.reference, patient);
    return {
      document,
      contents: stored.content.length,
      resolve: (reference) => found.get(reference),
      patient,
      patientId: isHere ? patientId : undefined,
    };
  }

  async #resource(reference: string, { contained = [] }: DocumentReference): Promise<Resource | undefined> {
    if (reference.startsWith('#')) return contained.find(({ id }) => `#${id}` === reference);
    const [type, id] = this.place(reference) ?? [];
    return type === undefined || id === undefined ? undefined : await this.read(type as 'Patient', id);
  }

  /** A record that a merge replaced stands for the one that took its place. */
  async patient(id: string): Promise<Patient | undefined> {
    let now = await this.read<Patient>('Patient', id);
    for (let step = 0; step < MAX_STEPS; step++) {
      const next = now?.link?.find(({ type }) => type === 'replaced-by')?.other.reference;
      const [type, other] = this.place(next) ?? [];
      const found = type === 'Patient' && other !== undefined ? await this.read<Patient>('Patient', other) : undefined;
      if (found === undefined) break;
      now = found;
    }
    return now;
  }

  /** About the feeding of the DMP alone, and active. */
  async consents(patient: string): Promise<Consent[]> {
    return await this.#search<Consent>('Consent', [
      ['patient', `Patient/${patient}`],
      ['status', 'active'],
      ['category', `${FEED_CONSENT.system}|${FEED_CONSENT.code}`],
    ]);
  }

  async #search<T extends Resource>(type: T['resourceType'], pairs: [string, string][]): Promise<T[]> {
    const { registry, baseUrl, timeZone } = this.parts;
    const asked = { registry, lenient: false, baseUrl, timeZone, defaultCount: MOST, maxCount: MOST };
    const { items } = await this.transaction.search(parseSearch(type, pairs, asked).query);
    return items.map(({ text }) => JSON.parse(text) as T);
  }

  /** Empty with what is wrong noted: not there, or larger than `max`. */
  async bytes({ content }: DocumentReference, max: number, faults: Faults): Promise<Buffer> {
    const attachment = content[0]?.attachment;
    const expression = 'DocumentReference.content.attachment';
    const none = (): Buffer => {
      faults.add('dmp-content-missing', `${expression}.url`);
      return Buffer.alloc(0);
    };
    const tooLarge = (size: number): Buffer => {
      faults.add('dmp-size', expression, { size, max });
      return Buffer.alloc(0);
    };
    const decoded = (data: string): Buffer => {
      const bytes = Buffer.from(data, 'base64');
      return bytes.length > max ? tooLarge(bytes.length) : bytes;
    };
    if (attachment?.data !== undefined) return decoded(attachment.data);
    const [type, id] = this.place(attachment?.url) ?? [];
    const binary = type === 'Binary' && id !== undefined ? await this.transaction.read(type, id) : undefined;
    if (binary === undefined || binary.deleted) return none();
    const address = contentOf(binary.text);
    if (address === undefined) return decoded((JSON.parse(binary.text) as { data?: string }).data ?? '');
    const { contents } = this.parts;
    const size = await contents.size(address);
    if (size === undefined) return none();
    if (size > max) return tooLarge(size);
    const pieces: Uint8Array[] = [];
    for await (const piece of contents.read(address)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** The DocumentReference of this server that a document says it replaces. */
  async replaced({ relatesTo }: DocumentReference): Promise<DocumentReference | undefined> {
    const target = relatesTo?.find(({ code }) => code === 'replaces')?.target;
    const [type, id] = this.place(target?.reference) ?? [];
    if (type === 'DocumentReference' && id !== undefined) return await this.read<DocumentReference>(type, id);
    const { system = '', value } = target?.identifier ?? {};
    if (value === undefined) return undefined;
    const escaped = `${system}|${value}`.replaceAll(/[\\,$]/g, (one) => `\\${one}`);
    const found = await this.#search<DocumentReference>('DocumentReference', [['identifier', escaped]]);
    return found.length === 1 ? found[0] : undefined;
  }

  /** The chain that the jobs of a document stand in; empty where it has none. */
  async chainOf(document: string, establishment: string): Promise<Member[]> {
    const { jobs } = this.transaction;
    const named = await this.parts.queue.ofDocument(jobs, document);
    const own = named.find(({ job }) => job.establishment === establishment);
    return own === undefined ? [] : await this.chainWith(own.id);
  }
  async chainWith(id: string): Promise<Member[]> {
    const { jobs } = this.transaction;
    const job = await jobs.get(DMP_QUEUE, id);
    return job === undefined ? [] : await readChain(jobs, job.chain);
  }
}

/** The version before a document with this uniqueId: the last of the chain that was made, or what the replaced one says of itself. */
export function predecessorOf(
  chain: readonly Member[],
  uniqueId: string | undefined,
  replaced: DocumentReference | undefined,
): Predecessor | undefined {
  const made = chain.findLast(
    ({ body: { work, frozen } }) => work === 'provide' && frozen !== undefined && frozen.header.uniqueId !== uniqueId,
  );
  if (made?.body.frozen !== undefined) {
    const { header } = made.body.frozen;
    return { uniqueId: header.uniqueId, setId: header.setId, versionNumber: header.versionNumber };
  }
  const other = oidOfUri(replaced?.masterIdentifier?.value);
  return other === undefined || other === uniqueId
    ? undefined
    : { uniqueId: other, setId: { root: other, extension: '' }, versionNumber: 1 };
}
