/** ITI-18 and ITI-43 over what is held. https://profiles.ihe.net/ITI/TF/Volume2/ITI-18.html */
import type { Element } from '../xml/read.js';
import type { Message } from './message.js';
import { codes, RIM, SCHEME, slot, slots, writeObject } from './objects.js';
import { Faulted, Refused } from './refusal.js';
import { type Association, DELETED, type Entry, type Registry } from './registry.js';
import { patientKey, type Vihf } from './vihf.js';

const QUERY = 'urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0';
/** As many as one answer bears. */
const MOST = 500;

/** `('a','b')`, over as many values as there are, as its texts. */
export function listOf(values: readonly string[], name: string): string[] {
  return values.flatMap((value) => {
    if (!/^\(\s*'(?:[^']|'')*'(\s*,\s*'(?:[^']|'')*')*\s*\)$/.test(value))
      throw new Refused('XDSRegistryError', `${name} : liste entre parenthèses et apostrophes attendue`);
    return [...value.matchAll(/'((?:[^']|'')*)'/g)].map(([, one = '']) => one.replaceAll("''", "'"));
  });
}

interface Asked {
  readonly registry: Registry;
  readonly query: Element;
  readonly vihf: Vihf;
}
type Result = { entries: readonly Entry[] } | { associations: readonly Association[] };

function getDocuments({ registry, query, vihf }: Asked): Result {
  const uniqueIds = slots(query, '$XDSDocumentEntryUniqueId');
  const entryUuids = slots(query, '$XDSDocumentEntryEntryUUID');
  if ((uniqueIds.length === 0) === (entryUuids.length === 0))
    throw new Refused('XDSStoredQueryParamNumber', 'uniqueId ou entryUUID, l’un des deux');
  const found =
    uniqueIds.length > 0
      ? listOf(uniqueIds, 'uniqueId').flatMap((one) => registry.versionsOf(one))
      : listOf(entryUuids, 'entryUUID').flatMap((one) => registry.entries.get(one) ?? []);
  return { entries: found.filter(({ patient }) => patient === vihf.patient) };
}

function findDocuments({ registry, query, vihf }: Asked): Result {
  const quoted = /^'((?:[^']|'')*)'$/.exec(slot(query, '$XDSDocumentEntryPatientId') ?? '')?.[1];
  if (quoted === undefined) throw new Refused('XDSStoredQueryMissingParam', '$XDSDocumentEntryPatientId');
  const patient = patientKey(quoted);
  if (patient !== vihf.patient) throw new Faulted('InvalidSecurityToken', 'VIHF : resource-id n’est pas le patient');
  const statuses = listOf(slots(query, '$XDSDocumentEntryStatus'), 'status');
  if (statuses.length === 0) throw new Refused('XDSStoredQueryMissingParam', '$XDSDocumentEntryStatus');
  const within = (name: string, entry: Entry): boolean => {
    const value = slot(entry.object, name) ?? '';
    const parameter = `$XDSDocumentEntry${name[0]?.toUpperCase()}${name.slice(1)}`;
    const [from, to] = [slot(query, `${parameter}From`), slot(query, `${parameter}To`)];
    return (from === undefined || value >= from) && (to === undefined || value < to);
  };
  const coded = (parameter: string, scheme: string, entry: Entry): boolean => {
    const wanted = listOf(slots(query, parameter), parameter).map((one) => one.replace('^^', '|'));
    return wanted.length === 0 || codes(entry.object, scheme).some((one) => wanted.includes(one));
  };
  const entries: Entry[] = [];
  for (const entry of registry.ofPatient(patient)) {
    const isIt =
      statuses.includes(entry.status) &&
      coded('$XDSDocumentEntryClassCode', SCHEME.class, entry) &&
      coded('$XDSDocumentEntryTypeCode', SCHEME.type, entry) &&
      within('creationTime', entry) &&
      within('serviceStartTime', entry);
    if (isIt) entries.push(entry);
  }
  return { entries };
}

function getAssociations({ registry, query }: Asked): Result {
  const ids = new Set(listOf(slots(query, '$uuid'), '$uuid'));
  return { associations: registry.associations.filter(({ source, target }) => ids.has(source) || ids.has(target)) };
}

const QUERIES: Readonly<Record<string, (asked: Asked) => Result>> = {
  'urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4': getDocuments,
  'urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d': findDocuments,
  'urn:uuid:a7ae438b-4bc2-4642-93e9-be891f7bb155': getAssociations,
};

/** RegistryObjectList of an answer, with how many are in it. Throws `Refused` and `Faulted`. */
export function answerQuery(
  registry: Registry,
  message: Message,
  vihf: Vihf,
  repository: string,
): { xml: string; count: number } {
  const query = message.body.child('AdhocQuery', RIM);
  const returned = message.body.child('ResponseOption', QUERY)?.attributes.returnType;
  if (query === undefined || (returned !== 'ObjectRef' && returned !== 'LeafClass'))
    throw new Refused('XDSRegistryError', 'AdhocQuery ou returnType');
  const run = QUERIES[query.attributes.id ?? ''];
  if (run === undefined) throw new Refused('XDSUnknownStoredQuery', query.attributes.id ?? '');
  const result = run({ registry, query, vihf });
  const objects =
    'associations' in result
      ? result.associations.map(({ id, type, source, target }) =>
          returned === 'ObjectRef'
            ? `<r:ObjectRef id="${id}"/>`
            : `<r:Association id="${id}" associationType="${type}" sourceObject="${source}" targetObject="${target}"/>`,
        )
      : result.entries.map((entry) =>
          returned === 'ObjectRef' ? `<r:ObjectRef id="${entry.entryUuid}"/>` : leaf(entry, repository),
        );
  if (objects.length > MOST) throw new Refused('XDSTooManyResults', `${objects.length} résultats`);
  return {
    xml: `<r:RegistryObjectList xmlns:r="${RIM}">${objects.join('')}</r:RegistryObjectList>`,
    count: objects.length,
  };
}

function leaf(entry: Entry, repository: string): string {
  const { entryUuid, lid, status, version, hash, bytes, object } = entry;
  return writeObject(object, {
    id: entryUuid,
    lid,
    status,
    version,
    slots: { hash, size: String(bytes.length), repositoryUniqueId: repository },
  });
}

/** The documents of ITI-43, as far as they are there. Throws `Faulted` where the mode does not allow to read. */
export function retrieve(
  registry: Registry,
  message: Message,
  vihf: Vihf,
  repository: string,
): { found: Entry[]; errors: Refused[] } {
  if (vihf.mode === 'INDIRECTE') throw new Faulted('AccessDenied', 'un automate ne peut pas lire un document');
  const found: Entry[] = [];
  const errors: Refused[] = [];
  for (const one of message.body.all('DocumentRequest')) {
    const uniqueId = one.child('DocumentUniqueId')?.text.trim() ?? '';
    const entry = registry.versionsOf(uniqueId).at(-1);
    if (one.child('RepositoryUniqueId')?.text.trim() !== repository)
      errors.push(new Refused('XDSUnknownRepositoryId', `${repository} est attendu`));
    else if (entry === undefined || entry.status === DELETED || entry.patient !== vihf.patient)
      errors.push(new Refused('XDSDocumentUniqueIdError', `aucun document ${uniqueId}`));
    else found.push(entry);
  }
  return { found, errors };
}
