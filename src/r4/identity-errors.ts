/** What is wrong with questions about identities. https://hl7.org/fhir/R4/patient-operation-match.html, IHE PIXm */
export const IDENTITY_ERRORS = {
  'match-too-little': {
    status: 422,
    issue: 'required',
    en: 'Too little is told of the person: an identifier is needed, or a name with the birth date, or family and given name.',
    fr: 'La personne n’est pas assez décrite : il faut un identifiant, ou un nom avec la date de naissance, ou nom et prénom.',
  },
  'pix-source-domain': {
    status: 400,
    issue: 'code-invalid',
    en: 'sourceIdentifier Assigning Authority not found',
    fr: 'sourceIdentifier Assigning Authority not found (autorité inconnue ici)',
  },
  'pix-source-unknown': {
    status: 404,
    issue: 'not-found',
    en: 'sourceIdentifier Patient Identifier not found',
    fr: 'sourceIdentifier Patient Identifier not found (identifiant inconnu ici)',
  },
  'pix-target-domain': {
    status: 403,
    issue: 'code-invalid',
    en: 'targetSystem not found',
    fr: 'targetSystem not found (autorité inconnue ici)',
  },
  'merge-not-one': {
    status: 422,
    issue: 'multiple-matches',
    en: 'The {role} of the merge is not one Patient: what names it finds nobody, or several.',
    fr: 'Ce qui désigne le {role} de la fusion ne trouve pas un Patient et un seul.',
  },
  'merge-same': {
    status: 422,
    issue: 'business-rule',
    en: 'Source and target of the merge are one record.',
    fr: 'Source et cible de la fusion sont une même fiche.',
  },
  'merge-source-replaced': {
    status: 422,
    issue: 'business-rule',
    en: 'The source of the merge was replaced already (link replaced-by).',
    fr: 'La source de la fusion a déjà été remplacée (link replaced-by).',
  },
  'merge-target-replaced': {
    status: 422,
    issue: 'business-rule',
    en: 'The target of the merge is inactive or was replaced itself.',
    fr: 'La cible de la fusion est inactive ou a elle-même été remplacée.',
  },
  'merge-ins-conflict': {
    status: 422,
    issue: 'business-rule',
    en: 'Both records have an INS matricule, and not the same: they are not merged. Mark the former one as old first, if it is one person.',
    fr: 'Les deux fiches ont un matricule INS, et non le même : elles ne sont pas fusionnées. S’il s’agit d’une seule personne, passez d’abord l’ancien en use old.',
  },
  'merge-result': {
    status: 422,
    issue: 'business-rule',
    en: 'result-patient has the id of the target, and a link of type replaces to {source}.',
    fr: 'result-patient porte l’id de la cible et un link de type replaces vers {source}.',
  },
  'merge-too-many': {
    status: 422,
    issue: 'too-costly',
    en: 'More than {max} resources refer to the source; a merge moves no more at once. Nothing was changed.',
    fr: 'Plus de {max} ressources se réfèrent à la source ; une fusion n’en déplace pas davantage. Rien n’a été modifié.',
  },
  'unmerge-nothing': {
    status: 409,
    issue: 'conflict',
    en: 'No merge of Patient/{id} can be undone here: there was none, or the record was changed since.',
    fr: 'Aucune fusion de Patient/{id} ne peut être défaite ici : il n’y en a pas eu, ou la fiche a été modifiée depuis.',
  },
  'unmerge-conflict': {
    status: 409,
    issue: 'conflict',
    en: 'The merge cannot be undone: {count} resource(s) were changed since ({names}). Nothing was changed.',
    fr: 'La fusion ne peut être défaite : {count} ressource(s) modifiée(s) depuis ({names}). Rien n’a été modifié.',
  },
} as const;
