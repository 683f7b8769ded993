/**
 * A request as it came over the wire, read as strictly as the DMP does: MTOM where it is asked for, all of WS-Addressing,
 * one assertion. https://www.w3.org/TR/soap12-mtom/
 */
import { isUtf8 } from 'node:buffer';
import { type Element, readXml, UnreadableXml } from '../xml/read.js';
import { Faulted } from './refusal.js';

const SOAP = 'http://www.w3.org/2003/05/soap-envelope';
const WSA = 'http://www.w3.org/2005/08/addressing';
const WSSE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
const SAML = 'urn:oasis:names:tc:SAML:2.0:assertion';

export type Kind = 'ITI-41' | 'ITI-43' | 'ITI-18' | 'ITI-57' | 'TD0.2';
const KINDS: Readonly<Record<string, { kind: Kind; path: string }>> = {
  'urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b': { kind: 'ITI-41', path: '/repository' },
  'urn:ihe:iti:2007:RetrieveDocumentSet': { kind: 'ITI-43', path: '/repository' },
  'urn:ihe:iti:2007:RegistryStoredQuery': { kind: 'ITI-18', path: '/registry' },
  'urn:ihe:iti:2010:UpdateDocumentSet': { kind: 'ITI-57', path: '/registry' },
  'urn:hl7-org:v3:PRPA_IN201307UV02': { kind: 'TD0.2', path: '/patients' },
};

export interface Message {
  readonly kind: Kind;
  readonly action: string;
  readonly messageId: string;
  readonly body: Element;
  readonly assertion: Element;
  /** The assertion as it was written, within an element that declares the namespaces declared around it. */
  readonly assertionText: string;
  readonly parts: ReadonlyMap<string, Buffer>;
}

const invalid = (reason: string): never => {
  throw new Faulted('InvalidAddressingHeader', reason);
};

/** Throws `Faulted`. */
export function readMessage(path: string, contentType: string, raw: Buffer): Message {
  const isMultipart = /^multipart\/related\s*;/i.test(contentType);
  if (!isMultipart && !/^application\/soap\+xml\s*(;|$)/i.test(contentType))
    return invalid(`Content-Type ${contentType.slice(0, 60)}`);
  const { root, parts } = isMultipart ? splitMultipart(contentType, raw) : { root: raw, parts: new Map() };
  const text = isUtf8(root) ? root.toString('utf8') : invalid('the envelope is not in UTF-8');
  const envelope = parsed(text);
  if (envelope.name !== 'Envelope' || envelope.space !== SOAP)
    throw new Faulted('VersionMismatch', 'SOAP 1.2 is asked for');
  const header = envelope.child('Header');
  const say = (name: string): string => {
    const value = header?.child(name, WSA)?.text.trim() ?? '';
    if (value === '') throw new Faulted('MessageAddressingHeaderRequired', `wsa:${name} is missing`);
    return value;
  };
  const action = say('Action');
  const messageId = say('MessageID');
  say('To');
  if (header?.child('ReplyTo', WSA)?.child('Address')?.text.trim() !== `${WSA}/anonymous`)
    throw new Faulted('MessageAddressingHeaderRequired', 'wsa:ReplyTo is missing or not anonymous');
  const known = KINDS[action];
  if (known === undefined || known.path !== path)
    throw new Faulted('ActionNotSupported', `${action} is not of ${path}`);
  if (/[;\s]action="?([^";]+)/.exec(contentType)?.[1] !== action)
    throw new Faulted('ActionMismatch', 'the action of Content-Type is not wsa:Action');
  // MTOM is mandatory for what carries documents.
  if (known.path === '/repository' && !isMultipart) return invalid('MTOM is mandatory');
  const body = envelope.child('Body')?.children[0];
  if (body === undefined) return invalid('the body is empty');
  const assertions = header?.child('Security', WSSE)?.all('Assertion', SAML) ?? [];
  const [assertion] = assertions;
  // What is judged is found by its text, so that there may be one alone in the whole message.
  const starts = text.match(/<(?:[\w-]+:)?Assertion[\s>]/g)?.length ?? 0;
  if (assertion === undefined || assertions.length > 1 || starts > 1)
    throw new Faulted('InvalidSecurity', `${assertions.length} assertions in wsse:Security`);
  const around = [envelope, header, header?.child('Security', WSSE)];
  return { kind: known.kind, action, messageId, body, assertion, assertionText: aside(text, around), parts };
}

/** Judging a signature takes time by what is around it, and here it is exclusive of that. */
function aside(text: string, around: readonly (Element | undefined)[]): string {
  const raw = /<(?:[\w-]+:)?Assertion[\s>][\s\S]*?<\/(?:[\w-]+:)?Assertion>/.exec(text)?.[0] ?? '';
  const declared = Object.assign({}, ...around.map((one) => one?.attributes ?? {})) as Record<string, string>;
  const spaces = Object.entries(declared).filter(([name]) => name.startsWith('xmlns'));
  return `<around${spaces.map(([name, uri]) => ` ${name}="${uri.replaceAll(/[&<"]/g, '')}"`).join('')}>${raw}</around>`;
}

function parsed(text: string): Element {
  try {
    return readXml(text);
  } catch (error) {
    if (error instanceof UnreadableXml) return invalid(error.message);
    throw error;
  }
}

const field = (contentType: string, name: string): string =>
  new RegExp(`;\\s*${name}=(?:"([^"]*)"|([^;\\s]+))`, 'i').exec(contentType)?.slice(1).find(Boolean) ?? '';

/** Every part between boundaries, none more, each binary and with its own Content-ID; the first is the root. */
function splitMultipart(contentType: string, raw: Buffer): { root: Buffer; parts: Map<string, Buffer> } {
  const boundary = field(contentType, 'boundary');
  if (boundary === '') return invalid('multipart without a boundary');
  if (field(contentType, 'type') !== 'application/xop+xml') return invalid('type is not application/xop+xml');
  if (field(contentType, 'start-info') !== 'application/soap+xml')
    return invalid('start-info is not application/soap+xml');
  // In Latin-1 each byte is a character, so that places in the text are places in the bytes.
  const text = raw.toString('latin1');
  const opening = `--${boundary}\r\n`;
  if (!text.startsWith(opening)) return invalid('the body does not begin with its boundary');
  const closing = `\r\n--${boundary}--`;
  const end = text.lastIndexOf(closing);
  if (end < 0 || text.slice(end + closing.length).trim() !== '')
    return invalid('the body does not end with its boundary');
  const parts = new Map<string, Buffer>();
  let root: Buffer | undefined;
  let start = opening.length;
  while (start < end) {
    const next = text.indexOf(`\r\n${opening}`, start);
    const stop = next < 0 || next > end ? end : next;
    const blank = text.indexOf('\r\n\r\n', start);
    if (blank < 0 || blank > stop) return invalid('the headers of a part do not end');
    const headers = text.slice(start, blank);
    const id = /^content-id:\s*<([^>\r\n]+)>\s*$/im.exec(headers)?.[1];
    if (id === undefined || parts.has(id)) return invalid('a part without a Content-ID of its own');
    if (!/^content-transfer-encoding:\s*binary\s*$/im.test(headers)) return invalid('a part that is not binary');
    if (root === undefined && !/^content-type:\s*application\/xop\+xml/im.test(headers))
      return invalid('the first part is not the root');
    if (root === undefined && field(contentType, 'start') !== `<${id}>`) return invalid('start is not the first part');
    const bytes = raw.subarray(blank + 4, stop);
    root ??= bytes;
    parts.set(id, bytes);
    start = stop === end ? end : stop + 2 + opening.length;
  }
  return root === undefined ? invalid('no part') : { root, parts };
}
