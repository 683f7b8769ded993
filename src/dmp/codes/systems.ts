/**
 * Code systems by both of their names: FHIR says URLs, CDA and XDS say OIDs.
 * https://mos.esante.gouv.fr/NOS/
 */
const NOS = 'https://mos.esante.gouv.fr/NOS';
const nos = (name: string): string => `${NOS}/${name}/FHIR/${name.replaceAll('_', '-')}`;

export const LOINC = '2.16.840.1.113883.6.1';
export const CLASS = '1.2.250.1.213.1.1.4.1';
export const CONFIDENTIALITY = '2.16.840.1.113883.5.25';
export const VISIBILITY = '1.2.250.1.213.1.1.4.13';
export const SPECIALTY = '1.2.250.1.213.1.1.4.5';
export const PROFESSION = '1.2.250.1.71.1.2.7';
export const KNOW_HOW = '1.2.250.1.71.4.2.5';
export const NOT_A_PROFESSIONAL = '1.2.250.1.213.1.1.4.6';
export const IHE_FORMAT = '1.3.6.1.4.1.19376.1.2.3';
export const FRENCH_FORMAT = '1.2.250.1.213.1.1.4.2.282';
/** Identifiers of professionals and of structures: their OIDs are those of their numbers. */
export const PROFESSIONAL_ID = '1.2.250.1.71.4.2.1';
export const STRUCTURE_ID = '1.2.250.1.71.4.2.2';

/** By URL. Where two URLs stand for one system, guides use both. */
const OIDS: Readonly<Record<string, string>> = {
  'http://loinc.org': LOINC,
  [nos('TRE_A00-ProducteurDocNonPS')]: NOT_A_PROFESSIONAL,
  [nos('TRE_A01-CadreExercice')]: '1.2.250.1.213.1.1.4.9',
  [nos('TRE_A03-ClasseDocument')]: CLASS,
  [nos('TRE_A05-TypeDocComplementaire')]: '1.2.250.1.213.1.1.4.12',
  [nos('TRE_A06-FormatCodeComplementaire')]: FRENCH_FORMAT,
  [nos('TRE_A07-StatutVisibiliteDocument')]: VISIBILITY,
  [nos('TRE_A08-HL7Confidentiality')]: CONFIDENTIALITY,
  'http://terminology.hl7.org/CodeSystem/v3-Confidentiality': CONFIDENTIALITY,
  [nos('TRE_A09-DICOMuidRegistry')]: '1.2.840.10008.2.6.1',
  [nos('TRE_A10-NomenclatureURN')]: 'URN',
  [nos('TRE_A11-IheFormatCode')]: IHE_FORMAT,
  'http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode': IHE_FORMAT,
  [nos('TRE_G15-ProfessionSante')]: PROFESSION,
  [nos('TRE_R01-EnsembleSavoirFaire-CISIS')]: KNOW_HOW,
  [nos('TRE_R02-SecteurActivite')]: '1.2.250.1.71.4.2.4',
  [nos('TRE_R209-TypeActivite')]: '1.2.250.1.213.2.2',
  [nos('TRE_R38-SpecialiteOrdinale')]: KNOW_HOW,
  [nos('TRE_R85-RolePriseCharge')]: '1.2.250.1.213.1.6.1.107',
  [nos('TRE_R94-ProfessionSocial')]: '1.2.250.1.213.1.6.1.4',
  [nos('TRE_R95-UsagerTitre')]: '1.2.250.1.213.1.6.1.109',
};

/** The OID of a code system that FHIR names by URL or by `urn:oid:`; `undefined` for one that has none here. */
export function oidOfSystem(system: string | undefined): string | undefined {
  if (system === undefined) return undefined;
  return system.startsWith('urn:oid:') ? system.slice(8) : OIDS[system];
}
