/** What is wrong with documents that are to be shared. https://profiles.ihe.net/ITI/MHD/ */
export const DOCUMENT_MESSAGES = {
  'document-size': {
    issue: 'invalid',
    en: 'The size does not agree with the content, which has {size} bytes.',
    fr: 'La taille ne correspond pas au contenu, qui a {size} octets.',
  },
  'document-hash': {
    issue: 'invalid',
    en: 'The hash does not agree with the content, whose SHA-1 in base64 is {hash}.',
    fr: 'L’empreinte ne correspond pas au contenu, dont le SHA-1 en base64 est {hash}.',
  },
  'document-type': {
    issue: 'invalid',
    en: 'The content is not {type}: it begins as {format}.',
    fr: 'Le contenu n’est pas {type} : il commence comme {format}.',
  },
  'document-binary-type': {
    issue: 'invalid',
    en: 'The Binary with the content says another type: {type}.',
    fr: 'Le Binary qui porte le contenu dit un autre type : {type}.',
  },
  'document-empty': {
    issue: 'required',
    en: 'The document is empty.',
    fr: 'Le document est vide.',
  },
  'document-without-content': {
    issue: 'not-found',
    en: 'The address leads to no Binary of the Bundle, and to none that is stored here.',
    fr: 'L’adresse ne mène à aucun Binary du Bundle, ni à aucun qui soit stocké ici.',
  },
  'document-content-unused': {
    issue: 'business-rule',
    en: 'No DocumentReference of the Bundle has this content.',
    fr: 'Aucune DocumentReference du Bundle n’a ce contenu.',
  },
  'document-data-missing': {
    issue: 'required',
    en: 'The attachment has no data in base64.',
    fr: 'La pièce jointe n’a pas de données en base64.',
  },
  'document-master-missing': {
    issue: 'required',
    en: 'A document that is shared has a masterIdentifier with a value.',
    fr: 'Un document partagé a un masterIdentifier avec une valeur.',
  },
  'document-master-twice': {
    issue: 'duplicate',
    en: 'Another document of the Bundle has the same masterIdentifier.',
    fr: 'Un autre document du Bundle a le même masterIdentifier.',
  },
  'document-set-count': {
    issue: 'business-rule',
    en: 'A lot of documents has exactly one SubmissionSet (a List of code submissionset), not {count}.',
    fr: 'Un lot de documents a exactement un SubmissionSet (une List de code submissionset), non {count}.',
  },
  'document-not-in-set': {
    issue: 'business-rule',
    en: 'The SubmissionSet does not list it.',
    fr: 'Le SubmissionSet ne le mentionne pas.',
  },
  'document-entry-kind': {
    issue: 'business-rule',
    en: 'A lot of documents holds Lists, DocumentReferences, contents, patches and a Patient, not {method} {type}.',
    fr: 'Un lot de documents contient des List, DocumentReference, contenus, patchs et un Patient, non {method} {type}.',
  },
  'document-subject-missing': {
    issue: 'required',
    en: 'It does not say whose document it is (subject).',
    fr: 'Il n’est pas dit de qui est ce document (subject).',
  },
  'document-subject-unknown': {
    issue: 'not-found',
    en: 'The subject leads to no patient here.',
    fr: 'Le sujet ne mène à aucun patient d’ici.',
  },
  'document-subject-differs': {
    issue: 'business-rule',
    en: 'All in a lot of documents, and what it replaces, is of one patient.',
    fr: 'Tout dans un lot de documents, et ce qu’il remplace, est d’un même patient.',
  },
  'document-replaces-unknown': {
    issue: 'not-found',
    en: 'What it replaces is not a document here.',
    fr: 'Ce qu’il remplace n’est pas un document d’ici.',
  },
  'document-replaces-past': {
    issue: 'business-rule',
    en: 'What it replaces was replaced or withdrawn before.',
    fr: 'Ce qu’il remplace a déjà été remplacé ou retiré.',
  },
} as const;
