/**
 * Who asks: what a token or a certificate came to, without what proved it. Nothing behind it knows of tokens.
 * docs/adr/0040-a-caller-sees-a-store-of-his-own.md
 */
import type { Scope } from './scopes.js';

/**
 * One object for one token or certificate as long as that holds: what is worked out for a caller may be kept in a WeakMap
 * by it. Values are those that the issuer vouches for; all are checked for their form.
 */
export interface Caller {
  /** `system` is software without a person, or an establishment by its certificate; `patient` also who acts for one. */
  readonly kind: 'anonymous' | 'professional' | 'patient' | 'system';
  /** For the trace: issuer and subject joined by `|`, or `certificate|` and its mapped name. Never a person's name. */
  readonly id: string;
  /** The software: `client_id` of the token. */
  readonly client: string | undefined;
  /** What he exercises, and where; a professional may have several. */
  readonly roles: readonly Role[];
  /** The national number of a professional, 8 and RPPS as a rule: `urn:oid:1.2.250.1.71.4.2.1`. */
  readonly idnps: string | undefined;
  /** 11 digits: `https://rpps.esante.gouv.fr`. */
  readonly rpps: string | undefined;
  /** The FINESS numbers (9 characters) for which he acts, those of the roles included. */
  readonly structures: readonly string[];
  /** `fhirUser` where it is local: `Practitioner/1`, `Patient/1`, `RelatedPerson/1`... */
  readonly fhirUser: string | undefined;
  /** `Patient/1`: the patient in context, to whom `patient/` scopes are bound; of a patient, himself. */
  readonly patient: string | undefined;
  /** `Practitioner/1`. */
  readonly practitioner: string | undefined;
  /** The establishments whose data he may ask for; undefined where nothing names any. */
  readonly tenants: readonly string[] | undefined;
  /** What the token's scopes leave of what policies give; undefined where its issuer gives none, and nothing is narrowed. */
  readonly scopes: readonly Scope[] | undefined;
  /** What was open when the application was launched. https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html */
  readonly launch: Readonly<{ patient?: string; encounter?: string }>;
  /** Milliseconds since 1970 until which he is who he is; Infinity where that does not end by itself. */
  readonly expires: number;
}

export interface Role {
  /**
   * A code of the French tables of professions (G15, R94, R95, R291, which share none): `10` is a physician, `10-E` who
   * studies to be one; or a role of the operator's own.
   */
  readonly code: string;
  /** The FINESS number where he exercises it. */
  readonly structure?: string;
  /** `SM26`: savoir-faire, of table R38 and its like. */
  readonly specialty?: string;
}

/** Who brings nothing: what is open to all is open to him. */
export const ANONYMOUS: Caller = Object.freeze({
  kind: 'anonymous',
  id: 'anonymous',
  client: undefined,
  roles: [],
  idnps: undefined,
  rpps: undefined,
  structures: [],
  fhirUser: undefined,
  patient: undefined,
  practitioner: undefined,
  tenants: undefined,
  scopes: [],
  launch: {},
  expires: Number.POSITIVE_INFINITY,
});
