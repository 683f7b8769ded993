/** What cannot be asked of the queue for the DMP. docs/adr/0031-a-queue-of-jobs-beside-the-records.md */
export const DMP_ERRORS = {
  'dmp-off': {
    status: 501,
    issue: 'not-supported',
    en: 'This server feeds no DMP (DMP).',
    fr: 'Ce serveur n’alimente pas de DMP (DMP).',
  },
  'dmp-no-job': {
    status: 404,
    issue: 'not-found',
    en: 'The document is not for the DMP: no rule of an establishment took it.',
    fr: 'Le document n’est pas destiné au DMP : la règle d’aucun établissement ne l’a pris.',
  },
  'dmp-state': {
    status: 409,
    issue: 'conflict',
    en: '{operation} is not possible: the sending is "{state}". It is possible in {possible}.',
    fr: '{operation} n’est pas possible : l’envoi est « {state} ». C’est possible en {possible}.',
  },
  'dmp-task-kept': {
    status: 405,
    issue: 'business-rule',
    en: 'A Task of the feeding of the DMP is told by the server alone; use $dmp-hold, $dmp-release, $dmp-resubmit, $dmp-replace or $dmp-delete on the document.',
    fr: 'Une Task de l’alimentation du DMP n’est tenue que par le serveur ; utilisez $dmp-hold, $dmp-release, $dmp-resubmit, $dmp-replace ou $dmp-delete sur le document.',
  },
} as const;
