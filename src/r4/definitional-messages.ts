/** What the validator says of resources that define: profiles, code systems, value sets, parameters. */
export const DEFINITIONAL_MESSAGES = {
  'url-relative': {
    issue: 'value',
    en: 'The canonical URL "{url}" is not absolute: give it a scheme, as in https:// or urn:oid:.',
    fr: 'L’URL canonique « {url} » n’est pas absolue : donnez-lui un schéma, comme https:// ou urn:oid:.',
  },
  'property-twice': {
    issue: 'duplicate',
    en: 'The property "{value}" is declared twice.',
    fr: 'La propriété « {value} » est déclarée deux fois.',
  },
  'property-type': {
    issue: 'value',
    en: 'The property "{code}" is of type {wanted}, not {found}.',
    fr: 'La propriété « {code} » est de type {wanted}, non {found}.',
  },
  'property-undeclared': {
    issue: 'invalid',
    en: 'The code system does not declare the property "{code}".',
    fr: 'Le système de codes ne déclare pas la propriété « {code} ».',
  },
  'supplement-content': {
    issue: 'invalid',
    en: 'A code system that supplements another has the content "supplement", not "{content}".',
    fr: 'Un système de codes qui en complète un autre a le contenu « supplement », non « {content} ».',
  },
  'content-not-present': {
    issue: 'invalid',
    en: 'The content is "not-present", but there are concepts.',
    fr: 'Le contenu est « not-present », mais il y a des concepts.',
  },
  'concept-count': {
    issue: 'value',
    en: 'count says {count}, but the complete code system has {concepts} concepts.',
    fr: 'count annonce {count}, mais le système de codes complet a {concepts} concepts.',
  },
  'system-relative': {
    issue: 'value',
    en: 'The code system "{system}" is not an absolute URL.',
    fr: 'Le système de codes « {system} » n’est pas une URL absolue.',
  },
  'system-value-set': {
    issue: 'value',
    en: '{system} is a value set: name the code system that its codes come from.',
    fr: '{system} est un jeu de valeurs : indiquez le système de codes dont viennent ses codes.',
  },
  'filter-expression': {
    issue: 'value',
    en: '"{value}" is not an expression of SNOMED CT’s constraint language (ECL).',
    fr: '« {value} » n’est pas une expression du langage de contraintes de SNOMED CT (ECL).',
  },
  'filter-value': {
    issue: 'value',
    en: 'The filter’s value "{value}" is not a {type}, as its property asks for.',
    fr: 'La valeur « {value} » du filtre n’est pas de type {type}, que demande sa propriété.',
  },
  'derived-type': {
    issue: 'value',
    en: 'The search parameter that it names is of type {wanted}, not {found}.',
    fr: 'Le paramètre de recherche désigné est de type {wanted}, non {found}.',
  },
  'derived-base': {
    issue: 'value',
    en: 'The search parameter that it is derived from is for {allowed}, not for {found}.',
    fr: 'Le paramètre de recherche dont il dérive concerne {allowed}, non {found}.',
  },
  'differential-path': {
    issue: 'invalid',
    en: 'The base {base} has no element "{found}".',
    fr: 'La base {base} n’a pas d’élément « {found} ».',
  },
  'differential-loosened': {
    issue: 'invalid',
    en: 'The {rule} of {id} is {found}, but the base allows only {base}: a profile narrows and never loosens.',
    fr: 'Pour {id}, {rule} vaut {found}, mais la base ne permet que {base} : un profil restreint et n’élargit jamais.',
  },
  'expression-unreadable': {
    issue: 'invalid',
    en: 'The expression of the rule {key} is not FHIRPath.',
    fr: 'L’expression de la règle {key} n’est pas du FHIRPath.',
  },
  'hidden-by-r4': {
    issue: 'business-rule',
    en: 'FHIR R4 itself defines {canonical}: this definition is kept, and has no effect on validation. Give it a canonical of your own.',
    fr: 'FHIR R4 définit lui-même {canonical} : cette définition est conservée, sans effet sur la validation. Donnez-lui une URL canonique à vous.',
  },
  'hidden-by-operator': {
    issue: 'business-rule',
    en: 'A guide of this server defines {canonical} in this version already: this definition is kept, and has no effect on validation.',
    fr: 'Un guide de ce serveur définit déjà {canonical} dans cette version : cette définition est conservée, sans effet sur la validation.',
  },
  'differential-size': {
    issue: 'too-costly',
    en: 'With its slices it comes to more than {found} elements, which is too much to work out.',
    fr: 'Avec ses tranches elle compte plus de {found} éléments, ce qui est trop à calculer.',
  },
  'profile-too-large': {
    issue: 'too-costly',
    en: 'The profile {profile} cannot be used: with its slices it comes to more than {found} elements.',
    fr: 'Le profil {profile} est inutilisable : avec ses tranches il compte plus de {found} éléments.',
  },
  'profile-broken': {
    issue: 'invalid',
    en: 'The profile {profile} cannot be used: its base has no element "{found}".',
    fr: 'Le profil {profile} est inutilisable : sa base n’a pas d’élément « {found} ».',
  },
} as const;
