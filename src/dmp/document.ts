/**
 * What a CDA header and an XDS DocumentEntry both say of a document: made from FHIR resources or read from a CDA, and
 * written as either. https://esante.gouv.fr/offres-services/ci-sis/espace-publication (Structuration minimale)
 */
import type { Code } from './codes/tables.js';
import type { Moment } from './times.js';

/** An identifier in the domain that the OID `root` names. */
export interface Id {
  readonly root: string;
  readonly extension: string;
}
export interface Address {
  readonly lines: readonly string[];
  readonly postalCode?: string;
  readonly city?: string;
  readonly country?: string;
  /** H home, WP work. */
  readonly use?: string;
}
export interface Telecom {
  /** `tel:+33261910012`, `mailto:…`. */
  readonly value: string;
  readonly use?: string;
}
export interface PersonName {
  readonly family: string;
  readonly given?: string;
  /** M, MME. */
  readonly prefix?: string;
  /** DR, PR. */
  readonly suffix?: string;
}
export interface Organisation {
  /** Struct_IdNat: `1` and the FINESS number, `2` and the SIREN, `3` and the SIRET. */
  readonly id: string;
  readonly name: string;
  readonly address?: Address;
  readonly telecoms: readonly Telecom[];
}
export interface Professional {
  /** PS_IdNat: `8` and the RPPS number, `0` and the ADELI number, `3` and FINESS/local, `5` and SIRET/local. */
  readonly id: string;
  readonly name: PersonName;
  /** Of JDV_J01. */
  readonly specialty?: Code;
  /** In words: Médecin coordonnateur. */
  readonly role?: string;
  readonly address?: Address;
  readonly telecoms: readonly Telecom[];
  readonly organisation?: Organisation;
}
export interface Subject {
  readonly ins: Id;
  /** The IPP: the patient's number at the sender's. */
  readonly local: Id;
  readonly birthFamily: string;
  /** The first given name. */
  readonly birthGiven: string;
  /** All given names of the birth certificate, the first included. */
  readonly birthGivens: string;
  readonly usedFamily?: string;
  readonly usedGiven?: string;
  readonly gender: 'F' | 'M' | 'U';
  /** YYYYMMDD. */
  readonly birthDate: string;
  /** COG code of the place of birth. */
  readonly birthPlace?: string;
  readonly birthCity?: string;
  readonly addresses: readonly Address[];
  readonly telecoms: readonly Telecom[];
}
export interface DocumentHeader {
  /** An OID alone: the id of the CDA, and the uniqueId of the entry. */
  readonly uniqueId: string;
  /** What all versions of the document share; an OID. */
  readonly setId: Id;
  readonly versionNumber: number;
  /** The version that this one takes the place of. */
  readonly replaces?: { readonly uniqueId: string; readonly setId?: Id; readonly versionNumber?: number };
  readonly type: Code;
  readonly class: Code;
  readonly format: Code;
  /** N, R or V. */
  readonly confidentiality: Code;
  /** MASQUE_PS, INVISIBLE_PATIENT, INVISIBLE_REPRESENTANTS_LEGAUX: those that apply. Of XDS only. */
  readonly visibility: readonly Code[];
  readonly facility: Code;
  readonly practiceSetting: Code;
  readonly events: readonly Code[];
  /** At most 128 characters. */
  readonly title: string;
  readonly comments?: string;
  /** fr-FR. */
  readonly language: string;
  readonly creation: Moment;
  readonly service: { readonly start: Moment; readonly stop?: Moment };
  readonly encounter: { readonly id?: Id; readonly start?: Moment; readonly stop?: Moment };
  readonly subject: Subject;
  /** At least one. */
  readonly authors: readonly (Professional & { readonly time: Moment })[];
  readonly custodian: Organisation;
  readonly legalAuthenticator: Professional & { readonly time: Moment };
  /** `value^^^&OID&ISO^type`, JDV_J231. */
  readonly referenceIds: readonly string[];
}
