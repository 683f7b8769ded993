/**
 * What keeps a document from the DMP, field by field, and what keeps a message of the DMP from being read.
 * https://esante.gouv.fr/offres-services/ci-sis/espace-publication
 */
import type { Message } from './errors.js';

export const DMP_MESSAGES = {
  'dmp-unique-id': {
    issue: 'value',
    en: 'The DMP knows a document by an OID; give one in masterIdentifier (urn:oid:… or urn:uuid:…), of at most 64 characters.',
    fr: 'Le DMP connaît un document par un OID ; donnez-en un dans masterIdentifier (urn:oid:… ou urn:uuid:…), de 64 caractères au plus.',
  },
  'dmp-reference': {
    issue: 'not-found',
    en: 'The resource {reference} that the document refers to is not there.',
    fr: 'La ressource {reference} que le document référence est introuvable.',
  },
  'dmp-missing': {
    issue: 'required',
    en: 'The DMP asks for {what}, and it is missing.',
    fr: 'Le DMP demande {what}, qui manque.',
  },
  'dmp-ins': {
    issue: 'value',
    en: 'The INS of the patient is not one: 15 characters with the right key are expected.',
    fr: 'L’INS du patient n’en est pas un : 15 caractères avec la bonne clé sont attendus.',
  },
  'dmp-ins-domain': {
    issue: 'business-rule',
    en: 'An INS of the domain {oid} is not sent to this DMP; it takes {valid}.',
    fr: 'Un INS du domaine {oid} n’est pas envoyé à ce DMP ; il prend {valid}.',
  },
  'dmp-code': {
    issue: 'code-invalid',
    en: 'The DMP does not take the code "{code}": it is not in {set}.',
    fr: 'Le DMP ne prend pas le code « {code} » : il n’est pas dans {set}.',
  },
  'dmp-class': {
    issue: 'code-invalid',
    en: 'A document of the type "{type}" is of the class "{class}", not "{code}".',
    fr: 'Un document du type « {type} » est de la classe « {class} », et non « {code} ».',
  },
  'dmp-content-type': {
    issue: 'not-supported',
    en: 'A document of the type of content "{contentType}" cannot be put into a CDA; possible are {valid}.',
    fr: 'Un document du type de contenu « {contentType} » ne peut être mis dans un CDA ; sont possibles {valid}.',
  },
  'dmp-visibility': {
    issue: 'required',
    en: 'The document does not say who may see it: give securityLabel, N alone for what the patient and all professionals see, with MASQUE_PS or INVISIBLE_PATIENT where it applies.',
    fr: 'Le document ne dit pas qui peut le voir : donnez securityLabel, N seul pour ce que voient le patient et tous les professionnels, avec MASQUE_PS ou INVISIBLE_PATIENT s’il y a lieu.',
  },
  'dmp-hidden-from-all': {
    issue: 'business-rule',
    en: 'A document hidden from professionals and from the patient at once is not taken by the DMP.',
    fr: 'Un document masqué aux professionnels et invisible au patient à la fois n’est pas pris par le DMP.',
  },
  'dmp-title': {
    issue: 'too-long',
    en: 'The title has {length} characters; the DMP takes 128.',
    fr: 'Le titre a {length} caractères ; le DMP en prend 128.',
  },
  'dmp-time': {
    issue: 'value',
    en: 'The time cannot be read, or is not to the second.',
    fr: 'L’heure est illisible, ou n’est pas à la seconde.',
  },
  'dmp-empty': {
    issue: 'required',
    en: 'An empty document is not sent to the DMP.',
    fr: 'Un document vide n’est pas envoyé au DMP.',
  },
  'dmp-cda': {
    issue: 'structure',
    en: 'The CDA cannot be read: {reason}.',
    fr: 'Le CDA est illisible : {reason}.',
  },
  'dmp-cda-value': {
    issue: 'value',
    en: '{path} of the CDA is "{found}"; expected is {expected}.',
    fr: '{path} du CDA est « {found} » ; est attendu {expected}.',
  },
  'dmp-cda-missing': {
    issue: 'required',
    en: 'The CDA has no {path}.',
    fr: 'Le CDA n’a pas de {path}.',
  },
  'dmp-cda-differs': {
    issue: 'conflict',
    en: 'The CDA and the resource differ in {what}.',
    fr: 'Le CDA et la ressource diffèrent sur {what}.',
  },
} satisfies Record<string, Message>;
export type DmpKey = keyof typeof DMP_MESSAGES;
