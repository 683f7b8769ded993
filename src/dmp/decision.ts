/**
 * What is done about each answer of the DMP: the error table as data. The split is a judgement from the definitions of
 * IHE, not a rule of the DMP. https://profiles.ihe.net/ITI/TF/Volume3/ch-4.2.html#4.2.4.1
 */
import type { Outcome } from './client.js';
import type { Fault } from './soap/envelope.js';
import type { RegistryError } from './xds/answers.js';

/**
 * - `done`: delivered, warnings or not
 * - `retry`: the same again, later and slower
 * - `reconcile`: ask what became of it (TD3.1b), then resend or mark delivered
 * - `hold`: a matter of the patient's; ask again much later
 * - `reject`: the producer has to mend the document
 * - `operator`: our certificates, software or rights: a human
 */
export type Action = 'done' | 'retry' | 'reconcile' | 'hold' | 'reject' | 'operator';

export interface Decision {
  readonly action: Action;
  /** How often this may be answered before it is a human's: absent where there is no bound. */
  readonly attempts?: number;
  /** It stops all sendings of the structure, not this document alone. */
  readonly lane?: true;
  /** It counts for the circuit breaker: the DMP itself is unwell. */
  readonly breaker?: true;
  /** The row of the table: a code, or the kind of outcome. */
  readonly because: string;
}
interface Row extends Omit<Decision, 'because'> {
  readonly code: string;
  /** Where the code alone does not tell: in codeContext, or in the reason of a fault. */
  readonly context?: RegExp;
}

const FEW = 3;
const rows = (row: Omit<Row, 'code'>, ...codes: readonly string[]): Row[] => codes.map((code) => ({ ...row, code }));

/** Codes of RegistryError; a row with a context stands before that without. */
export const ERROR_TABLE: readonly Row[] = [
  ...rows(
    { action: 'retry', breaker: true },
    'XDSRegistryNotAvailable',
    'XDSRegistryBusy',
    'XDSRepositoryBusy',
    'XDSRegistryOutOfResources',
    'XDSRepositoryOutOfResources',
  ),
  // Those that say anything: read by a human after a few.
  ...rows({ action: 'retry', attempts: FEW }, 'XDSRegistryError', 'XDSRepositoryError'),
  // About a set that is known: an earlier sending was taken after all, or the number was used twice.
  ...rows({ action: 'reconcile' }, 'XDSDuplicateUniqueIdInRegistry'),
  // About an entryUUID that is no more the current one: read it again, once.
  ...rows(
    { action: 'reconcile', attempts: 1 },
    'XDSMetadataVersionError',
    'XDSRegistryDeprecatedDocumentError',
    'UnresolvedReferenceException',
  ),
  ...rows({ action: 'hold' }, 'XDSUnknownPatientId', 'DMPClosed'),
  // The lot signature is ours, whatever code its refusal bears.
  ...rows(
    { action: 'operator', context: /lot signature|signature (du|de) lot/i },
    'XDSRegistryMetadataError',
    'XDSRepositoryMetadataError',
    'InvalidDocumentContent',
  ),
  ...rows(
    { action: 'reject' },
    'XDSRegistryMetadataError',
    'XDSRepositoryMetadataError',
    'XDSMissingDocument',
    'XDSMissingDocumentMetadata',
    'XDSPatientIdDoesNotMatch',
    'XDSRegistryDuplicateUniqueIdInMessage',
    'XDSRepositoryDuplicateUniqueIdInMessage',
    'XDSNonIdenticalHash',
    'XDSNonIdenticalSize',
    'InvalidDocumentContent',
    'XDSMetadataUpdateError',
  ),
  ...rows({ action: 'operator', lane: true }, 'DMPInvalidCertificate'),
  // Of queries: the program is wrong.
  ...rows(
    { action: 'operator' },
    'XDSTooManyResults',
    'XDSUnknownStoredQuery',
    'XDSStoredQueryParamNumber',
    'XDSStoredQueryMissingParam',
    'XDSUnknownRepositoryId',
    'XDSDocumentUniqueIdError',
  ),
];

/** SOAP faults, by subcode or by what their reason says. */
const FAULT_TABLE: readonly (Omit<Row, 'code'> & { readonly subcode?: RegExp })[] = [
  { subcode: /^DMPInvalidCertificate$/, action: 'operator', lane: true },
  {
    subcode: /^(InvalidSecurity|InvalidSecurityToken|FailedAuthentication|FailedCheck|SecurityTokenUnavailable)$/,
    action: 'operator',
    lane: true,
  },
  {
    context: /vihf|assertion|certificat|signature|PS et Structure non li|Structure introuvable|Aucune sp.cialit/i,
    action: 'operator',
    lane: true,
  },
  {
    subcode: /^(MessageAddressingHeaderRequired|InvalidAddressingHeader|ActionMismatch|ActionNotSupported)$/,
    action: 'operator',
  },
  { subcode: /^DMPClosed$/, action: 'hold' },
  // What the mode of authentication does not allow.
  { subcode: /^AccessDenied$/, action: 'operator' },
];

/** From what stops all to what stops nothing: one answer may bear several errors. */
const WORST: readonly Action[] = ['operator', 'reject', 'hold', 'reconcile', 'retry', 'done'];

function ofError({ code, context }: RegistryError): Decision {
  const found = ERROR_TABLE.find((row) => row.code === code && (row.context?.test(context) ?? true));
  // A code that no table has.
  if (found === undefined) return { action: 'retry', attempts: FEW, because: code };
  const { action, attempts, lane, breaker } = found;
  return {
    action,
    ...(attempts === undefined ? {} : { attempts }),
    ...(lane === undefined ? {} : { lane }),
    ...(breaker === undefined ? {} : { breaker }),
    because: code,
  };
}

function ofFault({ code, subcode, reason }: Fault): Decision {
  const because = `fault ${subcode ?? code}`;
  for (const row of FAULT_TABLE) {
    const isIt = row.subcode?.test(subcode ?? '') ?? row.context?.test(reason) ?? false;
    if (isIt) return { action: row.action, ...(row.lane === undefined ? {} : { lane: row.lane }), because };
  }
  return { action: 'retry', attempts: FEW, because };
}

function ofHttp(status: number, changes: boolean): Decision {
  const because = `HTTP ${status}`;
  if (status === 503 || status === 429) return { action: 'retry', breaker: true, because };
  // What stands between may have lost an answer, not a request: ask, where asking is possible.
  if (status === 502 || status === 504) return { action: changes ? 'reconcile' : 'retry', breaker: true, because };
  if (status === 401 || status === 403) return { action: 'operator', lane: true, because };
  if (status === 413) return { action: 'reject', because };
  if (status >= 500) return { action: 'retry', attempts: FEW, because };
  return { action: 'operator', because };
}

/**
 * What is to be done about an outcome. `changes` is true for what writes (TD2.1, TD3.3): only there does it matter
 * whether a request was acted upon.
 */
export function decide(outcome: Outcome<unknown>, changes: boolean): Decision {
  switch (outcome.kind) {
    case 'success':
      return { action: 'done', because: 'success' };
    case 'partial':
    case 'failure': {
      const errors = outcome.errors.filter(({ severity }) => severity === 'error').map(ofError);
      const worst = WORST.flatMap((action) => errors.filter((each) => each.action === action))[0];
      return worst ?? { action: 'retry', attempts: FEW, because: 'failure without an error' };
    }
    case 'fault':
      return ofFault(outcome.fault);
    case 'http':
      return ofHttp(outcome.status, changes);
    case 'not-sent':
      return outcome.reason === 'tls'
        ? { action: 'operator', lane: true, because: `not sent: ${outcome.code ?? 'tls'}` }
        : { action: 'retry', breaker: true, because: `not sent: ${outcome.reason}` };
    case 'unknown':
      return { action: changes ? 'reconcile' : 'retry', breaker: true, because: `unknown: ${outcome.reason}` };
  }
}
