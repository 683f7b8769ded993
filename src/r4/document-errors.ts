/** Why a document is not filed, or not changed. https://profiles.ihe.net/ITI/MHD/ */
export const DOCUMENT_ERRORS = {
  'document-known': {
    status: 409,
    issue: 'duplicate',
    en: 'This document is filed already, as DocumentReference/{id}, and what was sent with it then is not what is sent now.',
    fr: 'Ce document est déjà déposé : DocumentReference/{id}, et ce qui l’accompagnait n’est pas ce qui est envoyé maintenant.',
  },
  'document-differs': {
    status: 409,
    issue: 'duplicate',
    en: 'Another document is filed under this masterIdentifier, as DocumentReference/{id}: a new one needs its own.',
    fr: 'Un autre document est déposé sous ce masterIdentifier : DocumentReference/{id} ; un nouveau demande le sien.',
  },
  'document-immutable': {
    status: 405,
    issue: 'business-rule',
    en: 'A document that is filed does not change but in status, securityLabel and isArchived; this changes {elements}.',
    fr: 'Un document déposé ne change que de status, securityLabel et isArchived ; ceci change {elements}.',
  },
  'document-put': {
    status: 405,
    issue: 'business-rule',
    en: 'What is shared as a document is not put: a POST files it, then a PATCH changes status, securityLabel and isArchived.',
    fr: 'Ce qui est partagé comme document ne se dépose pas par PUT : un POST le dépose, puis un PATCH change status, securityLabel et isArchived.',
  },
  'document-kept': {
    status: 405,
    issue: 'business-rule',
    en: 'A document that is filed is not deleted; a change of its status withdraws it.',
    fr: 'Un document déposé ne se supprime pas ; un changement de son status le retire.',
  },
} as const;
