/** The objects of a registry in ebXML 3.0 by strings. http://docs.oasis-open.org/regrep/v3.0/specs/regrep-rim-3.0-os.pdf */
import type { Code } from '../codes/tables.js';
import { element, leaf } from '../xml/write.js';
import { ASSOCIATION, SUBMISSION_SET } from './names.js';

export function slot(name: string, ...values: readonly string[]): string {
  const list = element('rim:ValueList', {}, ...values.map((one) => leaf('rim:Value', one)));
  return values.length === 0 ? '' : element('rim:Slot', { name }, list);
}

/** Characters that the schema has room for. */
const MOST = 1024;

export function localized(tag: 'rim:Name' | 'rim:Description', value: string | undefined): string {
  if (value === undefined) return '';
  const kept = value.length > MOST ? `${value.slice(0, MOST - 1)}…` : value;
  return element(tag, {}, element('rim:LocalizedString', { 'xml:lang': 'fr-FR', charset: 'UTF-8', value: kept }));
}

/** Ids in one request are unique: each kind is counted. */
export class Ids {
  #count = 0;
  next(kind: string): string {
    return `${kind}${++this.#count}`;
  }
}

export function classification(ids: Ids, object: string, scheme: string, { code, system, display }: Code): string {
  return element(
    'rim:Classification',
    { id: ids.next('cl'), classificationScheme: scheme, classifiedObject: object, nodeRepresentation: code },
    slot('codingScheme', system),
    localized('rim:Name', display),
  );
}

/** A classification of slots only: an author. */
export function authorClassification(ids: Ids, object: string, scheme: string, slots: readonly string[]): string {
  return element(
    'rim:Classification',
    { id: ids.next('cl'), classificationScheme: scheme, classifiedObject: object, nodeRepresentation: '' },
    ...slots,
  );
}

export function externalIdentifier(ids: Ids, object: string, scheme: string, value: string, name: string): string {
  return element(
    'rim:ExternalIdentifier',
    { id: ids.next('ei'), identificationScheme: scheme, registryObject: object, value },
    localized('rim:Name', name),
  );
}

/** What makes a package a submission set. */
export const submissionSetNode = (ids: Ids, object: string): string =>
  element('rim:Classification', {
    id: ids.next('cl'),
    classifiedObject: object,
    classificationNode: SUBMISSION_SET.node,
  });

export function association(
  ids: Ids,
  type: keyof typeof ASSOCIATION,
  source: string,
  target: string,
  ...slots: readonly string[]
): string {
  return element(
    'rim:Association',
    {
      id: ids.next('as'),
      associationType: ASSOCIATION[type],
      sourceObject: source,
      targetObject: target,
    },
    ...slots,
  );
}
