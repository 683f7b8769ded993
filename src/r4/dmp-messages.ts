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
  'dmp-filed': {
    issue: 'informational',
    en: 'The document is on its way to the DMP for {establishment}: Task/{task}.',
    fr: 'Le document part vers le DMP pour {establishment} : Task/{task}.',
  },
  'dmp-held': {
    issue: 'business-rule',
    en: 'The document is stored and waits before the DMP: {reason} (Task/{task}).',
    fr: 'Le document est enregistré et attend avant le DMP : {reason} (Task/{task}).',
  },
  'dmp-rejected': {
    issue: 'business-rule',
    en: 'The document is stored and does not go to the DMP before it is mended (Task/{task}).',
    fr: 'Le document est enregistré et ne part pas vers le DMP avant d’être corrigé (Task/{task}).',
  },
  'dmp-unchanged': {
    issue: 'informational',
    en: 'The DMP has this document, or gets it: neither content nor metadata changed (Task/{task}).',
    fr: 'Le DMP a ce document, ou le reçoit : ni contenu ni métadonnées n’ont changé (Task/{task}).',
  },
  'dmp-duplicate': {
    issue: 'duplicate',
    en: 'A document with this masterIdentifier was sent, or is on its way (Task/{task}). What changed reaches the DMP by a new document that replaces it.',
    fr: 'Un document de ce masterIdentifier a été envoyé ou part (Task/{task}). Ce qui a changé atteint le DMP par un nouveau document qui le remplace.',
  },
  'dmp-preliminary': {
    issue: 'informational',
    en: 'A preliminary document is not sent to the DMP: it goes once docStatus is final.',
    fr: 'Un document préliminaire n’est pas envoyé au DMP : il part quand docStatus est final.',
  },
  'dmp-identity': {
    issue: 'business-rule',
    en: 'The identity of the patient is not qualified; the document goes once it is.',
    fr: 'L’identité du patient n’est pas qualifiée ; le document part dès qu’elle l’est.',
  },
  'dmp-ins-changed': {
    issue: 'conflict',
    en: 'The patient has another INS than the document was made with: $dmp-resubmit makes it anew.',
    fr: 'Le patient a un autre INS que celui du document préparé : $dmp-resubmit le refait.',
  },
  'dmp-document-gone': {
    issue: 'not-found',
    en: 'The document, or the establishment that sends it, is not there any more.',
    fr: 'Le document, ou l’établissement qui l’envoie, n’est plus là.',
  },
  'dmp-content-missing': {
    issue: 'not-found',
    en: 'The bytes of the document are not here: a Binary of this server or data are expected.',
    fr: 'Les octets du document ne sont pas ici : un Binary de ce serveur ou data sont attendus.',
  },
  'dmp-size': {
    issue: 'too-long',
    en: 'The document has {size} bytes; at most {max} are sent.',
    fr: 'Le document a {size} octets ; au plus {max} sont envoyés.',
  },
  'dmp-one-content': {
    issue: 'informational',
    en: 'One content of the document is sent, the first that a CDA is or can carry; the others stay here.',
    fr: 'Un seul contenu du document est envoyé, le premier qui est un CDA ou qu’un CDA peut porter ; les autres restent ici.',
  },
  'dmp-author-device': {
    issue: 'not-supported',
    en: 'A Device as author is not told to the DMP yet: the professionals among the authors are.',
    fr: 'Un Device auteur n’est pas encore dit au DMP : les professionnels parmi les auteurs le sont.',
  },
} satisfies Record<string, Message>;
export type DmpKey = keyof typeof DMP_MESSAGES;
