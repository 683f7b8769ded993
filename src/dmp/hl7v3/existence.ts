/**
 * TD0.2: has the patient a DMP, and is it open? An HL7 v3 query by the INS.
 * https://www.hl7.org/documentcenter/public/standards/V3/core_schemas/ (PRPA_IN201307UV02, PRPA_IN201308UV02)
 */
import type { Id } from '../document.js';
import { utcDigits } from '../times.js';
import type { Element } from '../xml/read.js';
import { element, leaf } from '../xml/write.js';

const HL7 = 'urn:hl7-org:v3';
const INTERACTIONS = '2.16.840.1.113883.1.6';

export interface ExistenceQuery {
  readonly patient: Id;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** A UUID of this message, and one of the query. */
  readonly messageId: string;
  readonly queryId: string;
  readonly sender: { readonly oid: string; readonly software: string };
  /** OID of the DMP as a device. */
  readonly receiver: string;
  /** P production, D debugging, T training. */
  readonly processing: 'P' | 'D' | 'T';
}

export function existenceRequest(from: ExistenceQuery): string {
  const { patient, sender, receiver } = from;
  const device = (tag: string, typeCode: string, root: string, software: string): string =>
    element(
      tag,
      { typeCode },
      element(
        'device',
        { classCode: 'DEV', determinerCode: 'INSTANCE' },
        element('id', { root }),
        leaf('softwareName', software),
      ),
    );
  const identifier = element(
    'patientIdentifier',
    {},
    element('value', { root: patient.root, extension: patient.extension }),
    leaf('semanticsText', 'Patient.id'),
  );
  const query = element(
    'queryByParameter',
    {},
    element('queryId', { root: sender.oid, extension: from.queryId }),
    element('statusCode', { code: 'new' }),
    element('parameterList', {}, identifier),
  );
  const reason = element('reasonCode', {
    code: 'TEST_EXST',
    displayName: "Test d'existence de dossier",
    codeSystem: '1.2.250.1.213.1.1.4.11',
  });
  return element(
    'PRPA_IN201307UV02',
    { xmlns: HL7, ITSVersion: 'XML_1.0' },
    element('id', { root: sender.oid, extension: from.messageId }),
    element('creationTime', { value: utcDigits(from.time) }),
    element('interactionId', { root: INTERACTIONS, extension: 'PRPA_IN201307UV02' }),
    element('processingCode', { code: from.processing }),
    element('processingModeCode', { code: 'T' }),
    element('acceptAckCode', { code: 'AL' }),
    device('receiver', 'RCV', receiver, 'DMP'),
    device('sender', 'SND', sender.oid, sender.software),
    element('controlActProcess', { classCode: 'CACT', moodCode: 'EVN' }, reason, query),
  );
}

export interface Existence {
  /** `error` when the service could not answer; the reasons are in `details`. */
  readonly state: 'active' | 'closed' | 'none' | 'error';
  /** Does the structure have the right to consult? Not needed to feed. */
  readonly isAuthorised: boolean;
  /** The account of the patient on Mon espace santé is open. */
  readonly hasAccount: boolean;
  /** Texts of acknowledgementDetail. */
  readonly details: readonly string[];
}

/** PRPA_IN201308UV02; `undefined` when it has no acknowledgement. */
export function readExistence(root: Element): Existence | undefined {
  const acknowledgement = root.child('acknowledgement');
  const code = acknowledgement?.child('typeCode')?.attributes.code;
  if (root.name !== 'PRPA_IN201308UV02' || acknowledgement === undefined || code === undefined) return undefined;
  const details = acknowledgement
    .all('acknowledgementDetail')
    .map((one) => [one.child('code')?.attributes.code, one.child('text')?.text.trim()].filter(Boolean).join(' '));
  const act = root.child('controlActProcess');
  const answer = act?.at('queryAck', 'queryResponseCode')?.attributes.code;
  const patient = act?.find('patient', HL7);
  const status = patient?.child('statusCode')?.attributes.code;
  const lines = root
    .all('attentionLine')
    .map((one) => [
      one.child('keyWordText')?.text.trim() ?? one.child('keyWordText')?.attributes.code,
      one.child('value')?.text.trim() || one.child('value')?.attributes.code,
    ]);
  const isAuthorised = lines.some(([key, value]) => key === 'AUTORISATION' && value === 'VALIDE');
  const open = patient === undefined ? undefined : observation(patient, 'COMPTE_INTERNET_OUVERT');
  const states = { AA: answer === 'NF' ? 'none' : status === 'active' ? 'active' : 'closed' } as const;
  const isAnswered = code === 'AA' && (answer === 'NF' || (answer === 'OK' && status !== undefined));
  const isUnknown = code === 'AE' && answer === 'NF';
  return {
    state: isAnswered ? states.AA : isUnknown ? 'none' : 'error',
    isAuthorised,
    hasAccount: open === 'true',
    details,
  };
}

/** The value of the observation of that code, anywhere below. */
function observation(below: Element, code: string): string | undefined {
  const open: Element[] = [below];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.child('code')?.attributes.code === code) return next.child('value')?.attributes.value;
    open.push(...next.children);
  }
  return undefined;
}
