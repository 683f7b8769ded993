/** What is said of identities; each text names its rule. EXI SI: requirements of the French identity referential (RNIV). */
export const IDENTITY_MESSAGES = {
  'ins-form': {
    issue: 'value',
    en: 'The INS matricule is 13 characters and a key of 2 digits, without spaces (rule ins-form).',
    fr: 'Le matricule INS compte 13 caractères et une clé de 2 chiffres, sans espace (règle ins-form).',
  },
  'ins-key': {
    issue: 'value',
    en: 'The key of the INS matricule is wrong: {expected} goes with these 13 characters (rule ins-key, INS_KEY).',
    fr: 'La clé du matricule INS est fausse : {expected} va avec ces 13 caractères (règle ins-key, INS_KEY).',
  },
  'ins-test-in-production': {
    issue: 'business-rule',
    en: 'An INS of test or demonstration ({system}) has no place in production (rule ins-environment, INS_ENVIRONMENT).',
    fr: 'Une INS de test ou de démonstration ({system}) n’a pas sa place en production (règle ins-environment, INS_ENVIRONMENT).',
  },
  'ins-real-in-test': {
    issue: 'business-rule',
    en: 'A real INS ({system}) has no place in a test environment (rule ins-environment, INS_ENVIRONMENT).',
    fr: 'Une INS réelle ({system}) n’a pas sa place dans un environnement de test (règle ins-environment, INS_ENVIRONMENT).',
  },
  'ins-not-qualified': {
    issue: 'business-rule',
    en: 'Only a qualified identity carries the INS matricule: identityStatus {qualified}, neither DOUT nor FICT (rule EXI SI 08). Leave the matricule out until the identity is qualified.',
    fr: 'Seule une identité qualifiée porte le matricule INS : identityStatus {qualified}, ni DOUT ni FICT (règle EXI SI 08). Omettez le matricule tant que l’identité n’est pas qualifiée.',
  },
  'ins-traits': {
    issue: 'required',
    en: 'The strict traits go with the INS matricule; missing: {traits} (rule ins-traits).',
    fr: 'Les traits stricts accompagnent le matricule INS ; il manque : {traits} (règle ins-traits).',
  },
  'ins-first-given': {
    issue: 'business-rule',
    en: 'The list of given names of birth begins with the first given name (rule ins-first-given).',
    fr: 'La liste des prénoms de naissance commence par le premier prénom (règle ins-first-given).',
  },
  'identity-statuses': {
    issue: 'business-rule',
    en: 'An identity has one status, not {statuses} (rule EXI SI 07).',
    fr: 'Une identité a un seul statut, non {statuses} (règle EXI SI 07).',
  },
  'identity-doubtful-fictitious': {
    issue: 'business-rule',
    en: 'An identity is not doubtful (DOUT) and invented (FICT) at once (rule EXI SI 09).',
    fr: 'Une identité n’est pas à la fois douteuse (DOUT) et fictive (FICT) (règle EXI SI 09).',
  },
  'identity-attribute-status': {
    issue: 'business-rule',
    en: 'An identity that is {attribute} stays provisional (PROV), it is not {status} (rule EXI SI 09).',
    fr: 'Une identité {attribute} reste provisoire (PROV), elle n’est pas {status} (règle EXI SI 09).',
  },
  'identity-attribute-insi': {
    issue: 'business-rule',
    en: 'An identity that is {attribute} is no question for INSi (rule EXI SI 09).',
    fr: 'Une identité {attribute} ne fait pas l’objet d’un appel à INSi (règle EXI SI 09).',
  },
  'possible-duplicate': {
    issue: 'duplicate',
    en: 'This may be the person of Patient/{id} ({grade}); nothing was merged (DUPLICATES).',
    fr: 'Il peut s’agir de la personne de Patient/{id} ({grade}) ; rien n’a été fusionné (DUPLICATES).',
  },
} as const;
