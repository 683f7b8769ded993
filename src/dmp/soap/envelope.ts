/** SOAP 1.2 with WS-Addressing. https://www.w3.org/TR/soap12-part1/ https://www.w3.org/TR/ws-addr-soap/ */
import type { Element } from '../xml/read.js';
import { element, leaf } from '../xml/write.js';

export const SOAP = 'http://www.w3.org/2003/05/soap-envelope';
const SOAP_11 = 'http://schemas.xmlsoap.org/soap/envelope/';
export const ADDRESSING = 'http://www.w3.org/2005/08/addressing';
const SECURITY = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';

export interface Addressing {
  readonly action: string;
  /** `urn:uuid:…`, new at each attempt. */
  readonly messageId: string;
  readonly to: string;
}

/** `assertion` and `body` are XML. All four addressing headers are there: the DMP asks for each. */
export function writeEnvelope({ action, messageId, to }: Addressing, assertion: string, body: string): string {
  const must = { 'env:mustUnderstand': 'true' };
  const header = [
    leaf('wsa:Action', action, must),
    leaf('wsa:MessageID', messageId),
    leaf('wsa:To', to),
    element('wsa:ReplyTo', {}, leaf('wsa:Address', `${ADDRESSING}/anonymous`)),
    element('wsse:Security', { 'xmlns:wsse': SECURITY, ...must }, assertion),
  ];
  const envelope = element(
    'env:Envelope',
    { 'xmlns:env': SOAP, 'xmlns:wsa': ADDRESSING },
    element('env:Header', {}, ...header),
    element('env:Body', {}, body),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>${envelope}`;
}

export interface Fault {
  /** Local names: Sender, Receiver, MustUnderstand. */
  readonly code: string;
  readonly subcode?: string;
  readonly reason: string;
}
export interface Envelope {
  readonly relatesTo?: string;
  readonly action?: string;
  /** The first element of the body. */
  readonly body?: Element;
  readonly fault?: Fault;
}

const local = (name: string | undefined): string => name?.trim().split(':').at(-1) ?? '';

/** `undefined` when the root is no envelope. SOAP 1.1 is read too: gateways in front answer in it. */
export function readEnvelope(root: Element): Envelope | undefined {
  if (root.name !== 'Envelope' || (root.space !== SOAP && root.space !== SOAP_11)) return undefined;
  const header = root.child('Header');
  const relatesTo = header?.child('RelatesTo', ADDRESSING)?.text.trim();
  const action = header?.child('Action', ADDRESSING)?.text.trim();
  const body = root.child('Body')?.children[0];
  const about = {
    ...(relatesTo === undefined ? {} : { relatesTo }),
    ...(action === undefined ? {} : { action }),
    ...(body === undefined ? {} : { body }),
  };
  if (body?.name !== 'Fault' || body.space !== root.space) return about;
  return { ...about, fault: root.space === SOAP ? fault12(body) : fault11(body) };
}

function fault12(body: Element): Fault {
  const code = body.child('Code');
  // The innermost one says the most.
  let inner = code?.child('Subcode');
  for (let next = inner; next !== undefined; next = next.child('Subcode')) inner = next;
  const subcode = inner?.child('Value')?.text;
  return {
    code: local(code?.child('Value')?.text),
    ...(subcode === undefined ? {} : { subcode: local(subcode) }),
    reason: body.at('Reason', 'Text')?.text.trim() ?? '',
  };
}

function fault11(body: Element): Fault {
  const [code = '', ...more] = (body.child('faultcode', '')?.text.trim() ?? '').split(':').at(-1)?.split('.') ?? [];
  const names: Readonly<Record<string, string>> = { Client: 'Sender', Server: 'Receiver' };
  return {
    code: names[code] ?? code,
    ...(more.length === 0 ? {} : { subcode: more.join('.') }),
    reason: body.child('faultstring', '')?.text.trim() ?? '',
  };
}
