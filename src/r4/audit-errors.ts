/** What is refused about the trace. https://hl7.org/fhir/R4/auditevent.html */
export const AUDIT_ERRORS = {
  'audit-kept': {
    status: 405,
    issue: 'not-supported',
    en: 'AuditEvents are the trace: they are added and read, never changed or deleted.',
    fr: 'Les AuditEvent sont la trace : on les ajoute et on les lit, on ne les modifie ni ne les supprime.',
  },
  'audit-search': {
    status: 400,
    issue: 'not-supported',
    en: 'AuditEvents are searched by their own values, in the order of time: {reason}.',
    fr: 'Les AuditEvent se cherchent par leurs propres valeurs, dans l’ordre du temps : {reason}.',
  },
  'audit-outside': {
    status: 405,
    issue: 'not-supported',
    en: 'AuditEvents are added in a transaction and read outside of it; none is changed or deleted.',
    fr: 'Les AuditEvent s’ajoutent dans une transaction et se lisent en dehors ; aucun ne se modifie ni ne se supprime.',
  },
} as const;
