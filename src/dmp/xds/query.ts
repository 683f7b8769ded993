/** TD3.1 and TD3.1b: documents of a patient, and the reference of a document. https://profiles.ihe.net/ITI/TF/Volume2/ITI-18.html */
import type { Code } from '../codes/tables.js';
import type { Id } from '../document.js';
import { utcDigits } from '../times.js';
import { element } from '../xml/write.js';
import { slot } from './ebxml.js';
import { insCx } from './hl7.js';
import { QUERY, SPACES, STATUS, type Status } from './names.js';

/** References alone, or the metadata. An automate is answered references. */
export type Returned = 'ObjectRef' | 'LeafClass';

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
/** One value of a slot has at most 256 characters, so a list goes on in the next: they are read as one. */
const MOST = 256;
function list(values: readonly string[]): string[] {
  const lists: string[] = [];
  let open = '';
  for (const each of values.map(quoted)) {
    if (open !== '' && open.length + each.length + 3 > MOST) {
      lists.push(`(${open})`);
      open = each;
    } else open = open === '' ? each : `${open},${each}`;
  }
  return [...lists, `(${open})`];
}

function adhocQuery(id: string, returned: Returned, slots: readonly string[]): string {
  return element(
    'query:AdhocQueryRequest',
    { 'xmlns:query': SPACES.query, 'xmlns:rim': SPACES.rim },
    element('query:ResponseOption', { returnComposedObjects: 'true', returnType: returned }),
    element('rim:AdhocQuery', { id }, ...slots),
  );
}

/** TD3.1b: by uniqueId (OIDs). */
export const getDocuments = (uniqueIds: readonly string[], returned: Returned = 'ObjectRef'): string =>
  adhocQuery(QUERY.getDocuments, returned, [slot('$XDSDocumentEntryUniqueId', ...list(uniqueIds))]);

/** By entryUUID: the metadata of the versions, and what they are now. */
export const getEntries = (entryUuids: readonly string[], returned: Returned = 'LeafClass'): string =>
  adhocQuery(QUERY.getDocuments, returned, [slot('$XDSDocumentEntryEntryUUID', ...list(entryUuids))]);

/** What is linked to entries: replacements, submission sets, signatures. */
export const getAssociations = (entryUuids: readonly string[]): string =>
  adhocQuery(QUERY.getAssociations, 'LeafClass', [slot('$uuid', ...list(entryUuids))]);

/** Instants in milliseconds; `to` is not in the range. */
export interface Between {
  readonly from?: number;
  readonly to?: number;
}
export interface FindDocuments {
  readonly patient: Id;
  /** Approved alone unless told. */
  readonly statuses?: readonly Status[];
  readonly classes?: readonly Code[];
  readonly types?: readonly Code[];
  readonly created?: Between;
  readonly service?: Between;
  readonly returned?: Returned;
}

/** TD3.1. */
export function findDocuments(wanted: FindDocuments): string {
  const { patient, statuses = ['approved'], classes = [], types = [], created = {}, service = {} } = wanted;
  const codes = (name: string, all: readonly Code[]): string =>
    all.length === 0 ? '' : slot(name, ...list(all.map(({ code, system }) => `${code}^^${system}`)));
  const times = (name: string, { from, to }: Between): string[] => [
    from === undefined ? '' : slot(`${name}From`, utcDigits(from)),
    to === undefined ? '' : slot(`${name}To`, utcDigits(to)),
  ];
  return adhocQuery(QUERY.findDocuments, wanted.returned ?? 'LeafClass', [
    slot('$XDSDocumentEntryPatientId', quoted(insCx(patient))),
    slot('$XDSDocumentEntryStatus', ...list(statuses.map((one) => STATUS[one]))),
    codes('$XDSDocumentEntryClassCode', classes),
    codes('$XDSDocumentEntryTypeCode', types),
    ...times('$XDSDocumentEntryCreationTime', created),
    ...times('$XDSDocumentEntryServiceStartTime', service),
  ]);
}
