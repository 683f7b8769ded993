/** Objects of ebXML as they were submitted, read one attribute at a time, and written again as a registry gives them back. */
import type { Element } from '../xml/read.js';

export const RIM = 'urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0';
const V = 'urn:uuid:';
/** classificationScheme and identificationScheme, by what they say. */
export const SCHEME = {
  class: `${V}41a5887f-8865-4c09-adf7-e362475b143a`,
  type: `${V}f0306f51-975f-434e-a61c-c59651d33983`,
  format: `${V}a09d5840-386c-46f2-b5ad-9c3699a4309d`,
  confidentiality: `${V}f4f85eac-e6cb-4883-b524-f2705394840f`,
  facility: `${V}f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1`,
  practice: `${V}cccf5598-8b07-4b77-a05e-ae952c785ead`,
  author: `${V}93606bcf-9494-43ec-9b4e-a7748d1a838d`,
  patient: `${V}58a6f841-87b3-4a3e-92fd-a8ffeff98427`,
  unique: `${V}2e82c1f6-a085-4c72-9da3-8640a32e42ab`,
  setAuthor: `${V}a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d`,
  setContent: `${V}aa543740-bdda-424e-8c96-df4873be8500`,
  setPatient: `${V}6b5aea1a-874d-4603-a4bc-96a0a7b38446`,
  setSource: `${V}554ac39e-e3fe-47fe-b233-965d2a147832`,
  setUnique: `${V}96fdda7c-d067-4183-912e-bf5ee74998a8`,
} as const;

export function slots(object: Element, name: string): string[] {
  const slot = object.all('Slot').find(({ attributes }) => attributes.name === name);
  return (
    slot
      ?.child('ValueList')
      ?.all('Value')
      .map(({ text }) => text.trim()) ?? []
  );
}
export const slot = (object: Element, name: string): string | undefined => slots(object, name)[0];

export const identifier = (object: Element, scheme: string): string | undefined =>
  object.all('ExternalIdentifier').find(({ attributes }) => attributes.identificationScheme === scheme)?.attributes
    .value;

/** `code|OID` of each classification of the scheme. */
export const codes = (object: Element, scheme: string): string[] =>
  object
    .all('Classification')
    .filter(({ attributes }) => attributes.classificationScheme === scheme)
    .map((one) => `${one.attributes.nodeRepresentation}|${slot(one, 'codingScheme') ?? ''}`);

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '"': '&quot;' };
const quoted = (text: string): string => text.replaceAll(/[&<"]/g, (one) => ENTITIES[one] as string);

/** What a registry adds to an object, or puts in place of what was there. */
export interface Settled {
  readonly id: string;
  readonly lid: string;
  readonly status: string;
  readonly version: number;
  readonly slots: Readonly<Record<string, string>>;
}

function write(element: Element, replaced: Readonly<Record<string, string>> = {}, inner?: string): string {
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(element.attributes))
    if (!name.startsWith('xmlns')) attributes[name] = value;
  Object.assign(attributes, replaced);
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${quoted(value)}"`);
  const content = inner ?? (element.children.map((one) => write(one)).join('') || quoted(element.text.trim()));
  return `<r:${element.name}${written.join('')}>${content}</r:${element.name}>`;
}

/** The object with what the registry set, in the order of the schema. Its prefix `r` is declared around it. */
export function writeObject(object: Element, settled: Settled): string {
  const { id, lid, status, version, slots: added } = settled;
  const ownSlots = object.all('Slot').filter(({ attributes }) => !Object.hasOwn(added, attributes.name ?? ''));
  const slotXml = (name: string, value: string) =>
    `<r:Slot name="${quoted(name)}"><r:ValueList><r:Value>${quoted(value)}</r:Value></r:ValueList></r:Slot>`;
  const tied = { Classification: 'classifiedObject', ExternalIdentifier: 'registryObject' } as const;
  const inner = [
    ...ownSlots.map((one) => write(one)),
    ...Object.entries(added).map(([name, value]) => slotXml(name, value)),
    ...object.all('Name').map((one) => write(one)),
    ...object.all('Description').map((one) => write(one)),
    `<r:VersionInfo versionName="${version}"/>`,
    ...(['Classification', 'ExternalIdentifier'] as const).flatMap((name) =>
      object.all(name).map((one) => write(one, { [tied[name]]: id })),
    ),
  ];
  return write(object, { id, lid, status }, inner.join(''));
}
