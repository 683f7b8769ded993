/** What a sender adds to its resources: settings of the establishment, with their defaults for an EHPAD. */
import type { Resource } from '@medplum/fhirtypes';
import { INS_DOMAINS } from '../identifiers.js';

export interface SenderRules {
  /** Days and times without a zone are of this one. */
  readonly zone: string;
  /** JDV_J61; SA17 is the establishment for elderly people. */
  readonly facility: string;
  /** JDV_J62; ESSMS is not in it. */
  readonly practiceSetting: string;
  /** OID of the patients' numbers (IPP) of the sender. */
  readonly localDomain: string;
  /** OIDs of number domains that resources name by URL. */
  readonly localDomains: Readonly<Record<string, string>>;
  /** OIDs of the INS that this DMP takes. */
  readonly insDomains: readonly string[];
  /** The parameter cumul-invisible_patient-masque_ps of the DMP. */
  readonly allowHiddenFromAll: boolean;
}

export const DEFAULT_RULES: Omit<SenderRules, 'localDomain'> = {
  zone: 'Europe/Paris',
  facility: 'SA17',
  practiceSetting: 'ETABLISSEMENT',
  localDomains: {},
  insDomains: INS_DOMAINS.test,
  allowHiddenFromAll: false,
};

/** Gives a resource by its reference (`Practitioner/1`, `#author`), read beforehand. */
export type Resolve = (reference: string) => Resource | undefined;
