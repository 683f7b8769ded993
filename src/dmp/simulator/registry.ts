/** What the simulated DMP holds, and how it changes: each request is judged whole, then applied. */
import { createHash, randomUUID } from 'node:crypto';
import { type Element, readXml, UnreadableXml } from '../xml/read.js';
import { lotProblem } from './lot.js';
import type { Message } from './message.js';
import { identifier, RIM, SCHEME, slot } from './objects.js';
import { Faulted, Refused } from './refusal.js';
import { isLotSignature, judgeEntry, judgeSet } from './rules.js';
import { patientKey, type Trust, type Vihf } from './vihf.js';

const EB = 'urn:oasis:names:tc:ebxml-regrep:';
export const APPROVED = `${EB}StatusType:Approved`;
export const DEPRECATED = `${EB}StatusType:Deprecated`;
export const DELETED = 'urn:asip:ci-sis:2010:StatusType:Deleted';
const HAS_MEMBER = `${EB}AssociationType:HasMember`;
const RPLC = 'urn:ihe:iti:2007:AssociationType:RPLC';
const SIGNS = 'urn:ihe:iti:2007:AssociationType:signs';
const UPDATE_STATUS = 'urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus';

export interface Entry {
  entryUuid: string;
  readonly lid: string;
  readonly version: number;
  status: string;
  readonly uniqueId: string;
  readonly patient: string;
  /** Struct_IdNat of who sent it. */
  readonly structure: string;
  readonly set: string;
  readonly bytes: Buffer;
  readonly hash: string;
  readonly object: Element;
}
export interface Association {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly target: string;
}
export interface RegistryRules {
  readonly trust: Trust;
  readonly allowHiddenFromAll: boolean;
  readonly now: () => number;
  /** `INS|OID` → what is known of the patient's DMP. */
  readonly dmpOf: (patient: string) => 'active' | 'closed' | 'none';
}

interface Submitted {
  readonly set: Element;
  readonly entries: readonly Element[];
  readonly links: readonly Element[];
}

/** The one submission set of a request, with its entries and associations. Throws `Refused`. */
function submitted(request: Element): Submitted {
  const list = request.child('RegistryObjectList', RIM);
  const sets = list?.all('RegistryPackage') ?? [];
  const [set] = sets;
  if (list === undefined || set === undefined || sets.length > 1)
    throw new Refused('XDSRegistryMetadataError', 'un lot de soumission est attendu');
  const node = `urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd`;
  const isSet = [...list.all('Classification'), ...set.all('Classification')].some(
    ({ attributes }) => attributes.classificationNode === node && attributes.classifiedObject === set.attributes.id,
  );
  if (!isSet) throw new Refused('XDSRegistryMetadataError', 'RegistryPackage sans nœud de lot');
  const ids = new Set<string>();
  for (const { attributes } of list.children) {
    if (attributes.id === undefined || ids.has(attributes.id))
      throw new Refused('XDSRegistryMetadataError', `id ${attributes.id ?? 'absent'} en double`);
    ids.add(attributes.id);
  }
  judgeSet(set);
  return { set, entries: list.all('ExtrinsicObject'), links: list.all('Association') };
}

export class Registry {
  readonly entries = new Map<string, Entry>();
  readonly sets = new Map<string, { entryUuid: string; patient: string }>();
  readonly associations: Association[] = [];
  readonly #byUniqueId = new Map<string, Entry[]>();
  readonly #byPatient = new Map<string, Set<Entry>>();

  constructor(private readonly rules: RegistryRules) {}

  /** All versions of a document. */
  versionsOf(uniqueId: string): readonly Entry[] {
    return this.#byUniqueId.get(uniqueId) ?? [];
  }
  ofPatient(patient: string): Iterable<Entry> {
    return this.#byPatient.get(patient) ?? [];
  }

  private keep(entry: Entry): void {
    this.entries.set(entry.entryUuid, entry);
    this.#byUniqueId.set(entry.uniqueId, [...this.versionsOf(entry.uniqueId), entry]);
    const ofPatient = this.#byPatient.get(entry.patient) ?? new Set();
    this.#byPatient.set(entry.patient, ofPatient.add(entry));
  }

  /** The patient has an open DMP, and the VIHF is about this patient. */
  private judgePatient(set: Element, vihf: Vihf): string {
    const patient = patientKey(identifier(set, SCHEME.setPatient) ?? '');
    if (patient !== vihf.patient)
      throw new Faulted('InvalidSecurityToken', 'VIHF : resource-id n’est pas le patient du lot');
    const state = this.rules.dmpOf(patient);
    if (state === 'none') throw new Refused('XDSUnknownPatientId', 'aucun DMP pour ce patient');
    if (state === 'closed') throw new Refused('DMPClosed', 'le DMP de ce patient est fermé');
    const uniqueId = identifier(set, SCHEME.setUnique) ?? '';
    if (this.sets.has(uniqueId)) throw new Refused('XDSDuplicateUniqueIdInRegistry', `lot ${uniqueId} déjà connu`);
    return patient;
  }

  private keepSet(set: Element, patient: string): string {
    const entryUuid = `urn:uuid:${randomUUID()}`;
    this.sets.set(identifier(set, SCHEME.setUnique) ?? '', { entryUuid, patient });
    return entryUuid;
  }

  /** ITI-41. Throws `Refused` and `Faulted`. */
  provide(message: Message, vihf: Vihf): void {
    const request = message.body.children.find(({ name }) => name === 'SubmitObjectsRequest');
    if (request === undefined) throw new Refused('XDSRepositoryMetadataError', 'SubmitObjectsRequest absent');
    const { set, entries, links } = submitted(request);
    const contents = contentsOf(message);
    const patient = this.judgePatient(set, vihf);
    const setId = set.attributes.id ?? '';
    const fresh = entries.map((object) => this.fresh(object, contents, { patient, setId, links, vihf, set }));
    if (new Set(fresh.map(({ uniqueId }) => uniqueId)).size < fresh.length)
      throw new Refused('XDSRepositoryDuplicateUniqueIdInMessage', 'deux documents de même uniqueId');
    const replaced = this.replaced(fresh, links, patient, vihf);
    this.judgeLot(set, fresh, links);

    // Nothing below refuses.
    const own = this.keepSet(set, patient);
    const ids = new Map<string, string>([
      [setId, own],
      ...fresh.map((one) => [one.object.attributes.id ?? '', one.entryUuid] as const),
    ]);
    for (const entry of fresh) this.keep(entry);
    for (const old of replaced) old.status = DEPRECATED;
    for (const { attributes } of links) {
      const [source = '', target = ''] = [attributes.sourceObject, attributes.targetObject];
      this.associations.push({
        id: `urn:uuid:${randomUUID()}`,
        type: attributes.associationType ?? '',
        source: ids.get(source) ?? source,
        target: ids.get(target) ?? target,
      });
    }
  }

  private fresh(
    object: Element,
    contents: ReadonlyMap<string, Buffer>,
    about: { patient: string; setId: string; links: readonly Element[]; vihf: Vihf; set: Element },
  ): Entry {
    const id = object.attributes.id ?? '';
    judgeEntry(object, this.rules.allowHiddenFromAll);
    const bytes = contents.get(id);
    if (bytes === undefined) throw new Refused('XDSMissingDocument', `${id} n’a pas de contenu`);
    const uniqueId = identifier(object, SCHEME.unique) ?? '';
    const hash = createHash('sha1').update(bytes).digest('hex');
    const [statedHash, statedSize] = [slot(object, 'hash'), slot(object, 'size')];
    if (statedHash !== undefined && statedHash.toLowerCase() !== hash)
      throw new Refused('XDSRepositoryMetadataError', `${id} : hash incorrect`);
    if (statedSize !== undefined && Number(statedSize) !== bytes.length)
      throw new Refused('XDSRepositoryMetadataError', `${id} : size incorrect`);
    const [known] = this.versionsOf(uniqueId);
    if (known !== undefined && known.hash !== hash)
      throw new Refused('XDSNonIdenticalHash', `${uniqueId} est connu avec un autre contenu`);
    if (known !== undefined) throw new Refused('XDSDuplicateUniqueIdInRegistry', `${uniqueId} est déjà connu`);
    const patient = patientKey(identifier(object, SCHEME.patient) ?? '');
    if (patient !== about.patient)
      throw new Refused('XDSPatientIdDoesNotMatch', `${id} est d’un autre patient que le lot`);
    const members = about.links.filter(
      ({ attributes }) =>
        attributes.associationType === HAS_MEMBER &&
        attributes.sourceObject === about.setId &&
        attributes.targetObject === id,
    );
    if (members.length !== 1) throw new Refused('XDSRegistryMetadataError', `${id} n’est pas membre du lot`);
    if (!isLotSignature(object)) judgeCda(bytes, uniqueId);
    const entryUuid = `urn:uuid:${randomUUID()}`;
    return {
      entryUuid,
      lid: entryUuid,
      version: 1,
      status: APPROVED,
      uniqueId,
      patient,
      structure: about.vihf.structure,
      set: identifier(about.set, SCHEME.setUnique) ?? '',
      bytes,
      hash,
      object,
    };
  }

  /** The entries that a request takes the place of: current, of the same patient and of the same structure. */
  private replaced(fresh: readonly Entry[], links: readonly Element[], patient: string, vihf: Vihf): Entry[] {
    return links
      .filter(({ attributes }) => attributes.associationType === RPLC)
      .map(({ attributes }) => {
        const { sourceObject, targetObject = '' } = attributes;
        if (!fresh.some(({ object }) => object.attributes.id === sourceObject))
          throw new Refused('UnresolvedReferenceException', `RPLC depuis ${sourceObject}`);
        const old = this.entries.get(targetObject);
        if (old === undefined) throw new Refused('UnresolvedReferenceException', `RPLC vers ${targetObject}`);
        if (old.status !== APPROVED)
          throw new Refused('XDSRegistryDeprecatedDocumentError', `${targetObject} n’est plus la version courante`);
        if (old.patient !== patient) throw new Refused('XDSPatientIdDoesNotMatch', 'RPLC d’un autre patient');
        mayChange(old, vihf);
        return old;
      });
  }

  private judgeLot(set: Element, fresh: readonly Entry[], links: readonly Element[]): void {
    const signatures = fresh.filter(({ object }) => isLotSignature(object));
    const [signature] = signatures;
    const refusal = (what: string) => new Refused('XDSRepositoryMetadataError', `signature de lot : ${what}`);
    if (signature === undefined || signatures.length > 1) throw refusal('une signature est attendue');
    const signs = links.some(
      ({ attributes }) =>
        attributes.associationType === SIGNS &&
        attributes.sourceObject === signature.object.attributes.id &&
        attributes.targetObject === set.attributes.id,
    );
    if (!signs) throw refusal('association signs absente');
    const documents = new Map(fresh.filter((one) => one !== signature).map(({ uniqueId, bytes }) => [uniqueId, bytes]));
    if (documents.size === 0) throw refusal('aucun document');
    const lot = { submissionSet: identifier(set, SCHEME.setUnique) ?? '', documents };
    const problem = lotProblem(signature.bytes, lot, this.rules.trust, this.rules.now());
    if (problem !== undefined) throw refusal(problem);
  }

  /** ITI-57: TD3.3a and b where the mode allows, TD3.3c. Throws `Refused` and `Faulted`. */
  update(message: Message, vihf: Vihf): void {
    const { set, entries, links } = submitted(message.body);
    const patient = this.judgePatient(set, vihf);
    const changes: (() => void)[] = [];
    for (const object of entries) changes.push(this.metadataChange(object, set, links, vihf));
    for (const { attributes } of links.filter((one) => one.attributes.associationType === UPDATE_STATUS))
      changes.push(this.statusChange(attributes.targetObject ?? '', links, patient, vihf));
    if (changes.length === 0) throw new Refused('XDSMetadataUpdateError', 'rien à mettre à jour');
    this.keepSet(set, patient);
    for (const change of changes) change();
  }

  private statusChange(target: string, links: readonly Element[], patient: string, vihf: Vihf): () => void {
    const link = links.find(({ attributes }) => attributes.targetObject === target) as Element;
    const [was, becomes] = [slot(link, 'OriginalStatus'), slot(link, 'NewStatus')];
    const entry = this.entries.get(target);
    if (entry === undefined) throw new Refused('XDSMetadataUpdateError', `${target} est inconnu`);
    if (entry.patient !== patient) throw new Refused('XDSPatientIdDoesNotMatch', 'document d’un autre patient');
    mayChange(entry, vihf);
    if (becomes !== DELETED && vihf.mode === 'INDIRECTE') throw notAllowed('archiver');
    if (entry.status !== was) throw new Refused('XDSMetadataVersionError', `le statut n’est pas ${was}`);
    if (becomes === undefined) throw new Refused('XDSMetadataUpdateError', 'NewStatus absent');
    return () => {
      entry.status = becomes;
    };
  }

  private metadataChange(object: Element, set: Element, links: readonly Element[], vihf: Vihf): () => void {
    if (vihf.mode === 'INDIRECTE') throw notAllowed('masquer');
    judgeEntry(object, this.rules.allowHiddenFromAll);
    const versions = this.versionsOf(identifier(object, SCHEME.unique) ?? '');
    const old = versions.at(-1);
    if (old === undefined || old.lid !== object.attributes.lid)
      throw new Refused('XDSMetadataUpdateError', 'logicalId inconnu');
    const member = links.find(({ attributes }) => attributes.targetObject === object.attributes.id);
    const previous = member === undefined ? undefined : slot(member, 'PreviousVersion');
    if (previous !== String(old.version) || old.status !== APPROVED)
      throw new Refused('XDSMetadataVersionError', `la version courante est ${old.version}`);
    if (patientKey(identifier(object, SCHEME.patient) ?? '') !== old.patient)
      throw new Refused('XDSPatientIdDoesNotMatch', 'le patient ne change pas');
    return () => {
      const entryUuid = `urn:uuid:${randomUUID()}`;
      this.keep({ ...old, entryUuid, version: old.version + 1, object, set: identifier(set, SCHEME.setUnique) ?? '' });
      old.status = DEPRECATED;
    };
  }
}

const notAllowed = (what: string): Faulted =>
  new Faulted('AccessDenied', `un automate ne peut pas ${what} un document`);

/** A structure changes what it sent itself. */
function mayChange(entry: Entry, vihf: Vihf): void {
  if (vihf.mode === 'INDIRECTE' && entry.structure !== vihf.structure)
    throw new Faulted('AccessDenied', 'document d’une autre structure');
}

/** The bytes of each xdsb:Document. */
function contentsOf({ body, parts }: Message): Map<string, Buffer> {
  const contents = new Map<string, Buffer>();
  for (const one of body.all('Document')) {
    const include = one.child('Include', 'http://www.w3.org/2004/08/xop/include');
    const cid = include?.attributes.href?.replace(/^cid:/, '') ?? '';
    const bytes = parts.get(
      cid.replaceAll(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    );
    if (bytes === undefined) throw new Refused('XDSMissingDocument', `pas de partie pour ${one.attributes.id}`);
    contents.set(one.attributes.id ?? '', bytes);
  }
  return contents;
}

/** A CDA whose id is the uniqueId of its entry. */
function judgeCda(bytes: Buffer, uniqueId: string): void {
  let root: Element;
  try {
    root = readXml(bytes.toString('utf8'));
  } catch (error) {
    if (error instanceof UnreadableXml) throw new Refused('InvalidDocumentContent', 'le document n’est pas du XML');
    throw error;
  }
  if (root.name !== 'ClinicalDocument') throw new Refused('InvalidDocumentContent', 'le document n’est pas un CDA');
  const id = root.child('id')?.attributes.root;
  if (id !== uniqueId) throw new Refused('InvalidDocumentContent', `l’id du CDA est ${id}`);
}
