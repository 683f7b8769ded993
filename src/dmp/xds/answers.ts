/** What a registry or repository answers, read. https://profiles.ihe.net/ITI/TF/Volume3/ch-4.2.html#4.2.4 */
import type { Element } from '../xml/read.js';
import { ENTRY, SPACES, STATUS, type Status } from './names.js';

const { rim, rs, xdsb, xop } = SPACES;

export interface RegistryError {
  readonly code: string;
  /** In words, by the one who refuses: which element is wrong, as far as it says. */
  readonly context: string;
  readonly location?: string;
  readonly severity: 'error' | 'warning';
}
export interface RegistryResponse {
  readonly status: 'success' | 'partial' | 'failure';
  readonly errors: readonly RegistryError[];
}

/** RegistryResponse, or the part of another answer that stands for it; `undefined` when its status is none. */
export function readResponse(element: Element): RegistryResponse | undefined {
  const status = /:ResponseStatusType:(\w+)$/.exec(element.attributes.status ?? '')?.[1];
  const known = { Success: 'success', PartialSuccess: 'partial', Failure: 'failure' } as const;
  if (status === undefined || !Object.hasOwn(known, status)) return undefined;
  const errors = (element.child('RegistryErrorList', rs)?.all('RegistryError') ?? []).map(
    ({ attributes }): RegistryError => ({
      code: attributes.errorCode ?? '',
      context: attributes.codeContext ?? '',
      ...(attributes.location === undefined || attributes.location === '' ? {} : { location: attributes.location }),
      severity: attributes.severity?.endsWith('Warning') ? 'warning' : 'error',
    }),
  );
  return { status: known[status as keyof typeof known], errors };
}

/** An entry as the registry has it. */
export interface RegisteredEntry {
  readonly entryUuid: string;
  readonly lid?: string;
  readonly version: number;
  /** `undefined` for a status that is none of those known. */
  readonly status?: Status;
  readonly uniqueId: string;
  readonly patientId: string;
  readonly title?: string;
  readonly mimeType: string;
  readonly hash?: string;
  readonly size?: number;
  readonly repository?: string;
  /** `YYYYMMDDHHMMSS`, UTC. */
  readonly creationTime?: string;
  /** `code^^OID` by kind. */
  readonly codes: Readonly<Record<'class' | 'type' | 'format' | 'confidentiality', readonly string[]>>;
}
export interface Link {
  /** The last part of its type: HasMember, RPLC, signs. */
  readonly type: string;
  readonly source: string;
  readonly target: string;
}
export interface Found {
  /** entryUUIDs, of references and of entries alike. */
  readonly references: readonly string[];
  readonly entries: readonly RegisteredEntry[];
  readonly links: readonly Link[];
}

function slotOf(element: Element, name: string): string | undefined {
  const found = element.all('Slot').find(({ attributes }) => attributes.name === name);
  return found?.at('ValueList', 'Value')?.text.trim();
}

function registeredEntry(object: Element): RegisteredEntry {
  const { id = '', lid, status, mimeType = '' } = object.attributes;
  const identifier = (scheme: string): string =>
    object.all('ExternalIdentifier').find(({ attributes }) => attributes.identificationScheme === scheme)?.attributes
      .value ?? '';
  const codes = (scheme: string): string[] =>
    object
      .all('Classification')
      .filter(({ attributes }) => attributes.classificationScheme === scheme)
      .map((one) => `${one.attributes.nodeRepresentation}^^${slotOf(one, 'codingScheme') ?? ''}`);
  const known = (Object.keys(STATUS) as Status[]).find((each) => STATUS[each] === status);
  const optional = (name: string, key: string) => {
    const value = slotOf(object, name);
    return value === undefined ? {} : { [key]: value };
  };
  const size = Number(slotOf(object, 'size') ?? Number.NaN);
  const title = object.at('Name', 'LocalizedString')?.attributes.value;
  return {
    entryUuid: id,
    ...(lid === undefined ? {} : { lid }),
    version: Number(object.child('VersionInfo')?.attributes.versionName ?? 1),
    ...(known === undefined ? {} : { status: known }),
    uniqueId: identifier(ENTRY.uniqueId),
    patientId: identifier(ENTRY.patientId),
    ...(title === undefined ? {} : { title }),
    mimeType,
    ...optional('hash', 'hash'),
    ...(Number.isInteger(size) ? { size } : {}),
    ...optional('repositoryUniqueId', 'repository'),
    ...optional('creationTime', 'creationTime'),
    codes: {
      class: codes(ENTRY.class),
      type: codes(ENTRY.type),
      format: codes(ENTRY.format),
      confidentiality: codes(ENTRY.confidentiality),
    },
  };
}

/** The objects of an AdhocQueryResponse. */
export function readFound(response: Element): Found {
  const objects = response.child('RegistryObjectList', rim);
  const entries = (objects?.all('ExtrinsicObject') ?? []).map(registeredEntry);
  const references = (objects?.all('ObjectRef') ?? []).map(({ attributes }) => attributes.id ?? '');
  const links = (objects?.all('Association') ?? []).map(({ attributes }) => ({
    type: attributes.associationType?.split(':').at(-1) ?? '',
    source: attributes.sourceObject ?? '',
    target: attributes.targetObject ?? '',
  }));
  return { references: [...references, ...entries.map(({ entryUuid }) => entryUuid)], entries, links };
}

export interface RetrievedDocument {
  readonly uniqueId: string;
  readonly repository: string;
  readonly mimeType: string;
  readonly bytes: Buffer;
}

/** The documents of a RetrieveDocumentSetResponse; `part` gives the bytes of a Content-ID. */
export function readRetrieved(
  response: Element,
  part: (contentId: string) => Buffer | undefined,
): RetrievedDocument[] | undefined {
  const documents: RetrievedDocument[] = [];
  for (const one of response.all('DocumentResponse', xdsb)) {
    const content = one.child('Document');
    const href = content?.child('Include', xop)?.attributes.href;
    const bytes = href === undefined ? Buffer.from(content?.text ?? '', 'base64') : part(contentIdOf(href));
    // A part that is announced and not there: the answer is not whole.
    if (content === undefined || bytes === undefined) return undefined;
    documents.push({
      uniqueId: one.child('DocumentUniqueId')?.text.trim() ?? '',
      repository: one.child('RepositoryUniqueId')?.text.trim() ?? '',
      mimeType: one.child('mimeType')?.text.trim() ?? '',
      bytes,
    });
  }
  return documents;
}

/** `cid:a%40b` as `a@b`. https://www.rfc-editor.org/rfc/rfc2392 */
function contentIdOf(href: string): string {
  const id = href.replace(/^cid:/, '');
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}
