/** The names of XDS.b in ebXML 3.0. https://profiles.ihe.net/ITI/TF/Volume3/ch-4.2.html */
const uuid = (text: string): string => `urn:uuid:${text}`;

export const SPACES = {
  rim: 'urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0',
  lcm: 'urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0',
  query: 'urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0',
  rs: 'urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0',
  xdsb: 'urn:ihe:iti:xds-b:2007',
  xop: 'http://www.w3.org/2004/08/xop/include',
} as const;

export const SUBMISSION_SET = {
  node: uuid('a54d6aa5-d40d-43f9-88c5-b4633d873bdd'),
  author: uuid('a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d'),
  contentType: uuid('aa543740-bdda-424e-8c96-df4873be8500'),
  patientId: uuid('6b5aea1a-874d-4603-a4bc-96a0a7b38446'),
  sourceId: uuid('554ac39e-e3fe-47fe-b233-965d2a147832'),
  uniqueId: uuid('96fdda7c-d067-4183-912e-bf5ee74998a8'),
} as const;

export const ENTRY = {
  stable: uuid('7edca82f-054d-47f2-a032-9b2a5b5186c1'),
  author: uuid('93606bcf-9494-43ec-9b4e-a7748d1a838d'),
  class: uuid('41a5887f-8865-4c09-adf7-e362475b143a'),
  type: uuid('f0306f51-975f-434e-a61c-c59651d33983'),
  format: uuid('a09d5840-386c-46f2-b5ad-9c3699a4309d'),
  confidentiality: uuid('f4f85eac-e6cb-4883-b524-f2705394840f'),
  facility: uuid('f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1'),
  practiceSetting: uuid('cccf5598-8b07-4b77-a05e-ae952c785ead'),
  event: uuid('2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4'),
  patientId: uuid('58a6f841-87b3-4a3e-92fd-a8ffeff98427'),
  uniqueId: uuid('2e82c1f6-a085-4c72-9da3-8640a32e42ab'),
} as const;

export const ASSOCIATION = {
  hasMember: 'urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember',
  replaces: 'urn:ihe:iti:2007:AssociationType:RPLC',
  signs: 'urn:ihe:iti:2007:AssociationType:signs',
  updateStatus: 'urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus',
} as const;

export const STATUS = {
  approved: 'urn:oasis:names:tc:ebxml-regrep:StatusType:Approved',
  deprecated: 'urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated',
  archived: 'urn:asip:ci-sis:2010:StatusType:Archived',
  deleted: 'urn:asip:ci-sis:2010:StatusType:Deleted',
} as const;
export type Status = keyof typeof STATUS;

export const QUERY = {
  findDocuments: uuid('14d4debf-8f97-4251-9a74-a90016b0af0d'),
  findSubmissionSets: uuid('f26abbcb-ac74-4422-8a30-edb644bbc1a9'),
  getDocuments: uuid('5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4'),
  getAssociations: uuid('a7ae438b-4bc2-4642-93e9-be891f7bb155'),
} as const;

/** SOAP actions, by transaction. */
export const ACTION = {
  provide: 'urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b',
  query: 'urn:ihe:iti:2007:RegistryStoredQuery',
  retrieve: 'urn:ihe:iti:2007:RetrieveDocumentSet',
  update: 'urn:ihe:iti:2010:UpdateDocumentSet',
  existence: 'urn:hl7-org:v3:PRPA_IN201307UV02',
} as const;
export type Transaction = keyof typeof ACTION;
