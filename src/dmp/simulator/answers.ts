/** Answers as the DMP writes them. https://profiles.ihe.net/ITI/TF/Volume3/ch-4.2.html#4.2.4 */
import { randomUUID } from 'node:crypto';
import type { Element } from '../xml/read.js';
import type { Faulted, Refused } from './refusal.js';
import type { Entry } from './registry.js';

export interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const safe = (text: string): string => text.replaceAll(/[&<>"]/g, (one) => ENTITIES[one] as string);

/** What the answer is to: without it, the request could not be read. */
export interface About {
  readonly messageId?: string;
  readonly action?: string;
}

function envelope(body: string, { messageId, action }: About): string {
  const relates = messageId === undefined ? '' : `<wsa:RelatesTo>${safe(messageId)}</wsa:RelatesTo>`;
  const to = action === undefined ? '' : `<wsa:Action>${safe(action)}</wsa:Action>`;
  return `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://www.w3.org/2005/08/addressing"><soap:Header>${to}${relates}</soap:Header><soap:Body>${body}</soap:Body></soap:Envelope>`;
}

/** As XOP with its parts, or plain without. */
export function reply(
  body: string,
  about: About,
  parts?: readonly { id: string; bytes: Buffer }[],
  status = 200,
): Reply {
  const text = envelope(body, about);
  if (parts === undefined)
    return { status, contentType: 'application/soap+xml; charset=UTF-8', body: Buffer.from(text, 'utf8') };
  const boundary = `dmp${randomUUID()}`;
  const pieces: Buffer[] = [];
  const add = (headers: string, bytes: Buffer): void => {
    pieces.push(
      Buffer.from(`--${boundary}\r\nContent-Transfer-Encoding: binary\r\n${headers}\r\n\r\n`),
      bytes,
      Buffer.from('\r\n'),
    );
  };
  add(
    'Content-Type: application/xop+xml; charset=UTF-8; type="application/soap+xml"\r\nContent-ID: <root.message@dmp>',
    Buffer.from(text),
  );
  for (const { id, bytes } of parts) add(`Content-Type: text/xml\r\nContent-ID: <${id}>`, bytes);
  pieces.push(Buffer.from(`--${boundary}--`));
  const contentType = `multipart/related; type="application/xop+xml"; boundary="${boundary}"; start="<root.message@dmp>"; start-info="application/soap+xml"`;
  return { status, contentType, body: Buffer.concat(pieces) };
}

const STATUS = 'urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:';
const errorList = (errors: readonly Refused[]): string =>
  errors.length === 0
    ? ''
    : `<rs:RegistryErrorList highestSeverity="urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Error">${errors
        .map(
          ({ code, context }) =>
            `<rs:RegistryError errorCode="${safe(code)}" codeContext="${safe(context)}" severity="urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Error" location=""/>`,
        )
        .join('')}</rs:RegistryErrorList>`;
const RS = 'xmlns:rs="urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"';

/** rs:RegistryResponse: a success without errors. */
export const registryResponse = (errors: readonly Refused[] = []): string =>
  `<rs:RegistryResponse ${RS} status="${STATUS}${errors.length === 0 ? 'Success' : 'Failure'}">${errorList(errors)}</rs:RegistryResponse>`;

export function queryResponse(found: { xml: string; count: number } | Refused): string {
  const isRefused = found instanceof Error;
  const inner = isRefused ? errorList([found]) : found.xml;
  return `<q:AdhocQueryResponse xmlns:q="urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0" ${RS} status="${STATUS}${isRefused ? 'Failure' : 'Success'}" startIndex="0" totalResultCount="${isRefused ? 0 : found.count}">${inner}</q:AdhocQueryResponse>`;
}

export function retrieveResponse(found: readonly Entry[], errors: readonly Refused[], repository: string) {
  const status =
    errors.length === 0
      ? `${STATUS}Success`
      : found.length === 0
        ? `${STATUS}Failure`
        : 'urn:ihe:iti:2007:ResponseStatusType:PartialSuccess';
  const parts = found.map(({ bytes }, i) => ({ id: `document${i}@dmp`, bytes }));
  const documents = found.map(
    ({ uniqueId }, i) =>
      `<x:DocumentResponse><x:RepositoryUniqueId>${repository}</x:RepositoryUniqueId><x:DocumentUniqueId>${uniqueId}</x:DocumentUniqueId><x:mimeType>text/xml</x:mimeType><x:Document><xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:document${i}%40dmp"/></x:Document></x:DocumentResponse>`,
  );
  const response = `<rs:RegistryResponse ${RS} status="${status}">${errorList(errors)}</rs:RegistryResponse>`;
  const body = `<x:RetrieveDocumentSetResponse xmlns:x="urn:ihe:iti:xds-b:2007">${response}${documents.join('')}</x:RetrieveDocumentSetResponse>`;
  return { body, parts };
}

export const fault = ({ code, subcode, reason }: Faulted): string =>
  `<soap:Fault><soap:Code><soap:Value>soap:${code}</soap:Value><soap:Subcode><soap:Value>${safe(subcode)}</soap:Value></soap:Subcode></soap:Code><soap:Reason><soap:Text xml:lang="fr">${safe(reason)}</soap:Text></soap:Reason></soap:Fault>`;

/** PRPA_IN201308UV02, to the query that is in `request`. */
export function existenceResponse(request: Element, state: 'active' | 'closed' | 'none'): string {
  const parameter = request.find('patientIdentifier', request.space)?.child('value')?.attributes ?? {};
  const isThere = state !== 'none';
  const status = state === 'active' ? 'active' : 'terminated';
  const subject = isThere
    ? `<subject typeCode="SUBJ"><registrationEvent classCode="REG" moodCode="EVN"><subject1 typeCode="SBJ"><patient classCode="PAT"><id root="${safe(parameter.root ?? '')}" extension="${safe(parameter.extension ?? '')}"/><statusCode code="${status}"/></patient></subject1></registrationEvent></subject>`
    : '';
  const detail = isThere
    ? ''
    : '<acknowledgementDetail typeCode="E"><text>Aucun DMP pour ce patient</text></acknowledgementDetail>';
  return `<PRPA_IN201308UV02 xmlns="urn:hl7-org:v3" ITSVersion="XML_1.0"><id root="1.2.250.1.213.4.1.1.1" extension="${randomUUID()}"/><interactionId root="2.16.840.1.113883.1.6" extension="PRPA_IN201308UV02"/><acknowledgement><typeCode code="${isThere ? 'AA' : 'AE'}"/>${detail}</acknowledgement><controlActProcess classCode="CACT" moodCode="EVN">${subject}<queryAck><queryResponseCode code="${isThere ? 'OK' : 'NF'}"/></queryAck></controlActProcess></PRPA_IN201308UV02>`;
}
