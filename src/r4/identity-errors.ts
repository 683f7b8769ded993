/** What is wrong with questions about identities. https://hl7.org/fhir/R4/patient-operation-match.html, IHE PIXm */
export const IDENTITY_ERRORS = {
  'match-too-little': {
    status: 422,
    issue: 'required',
    en: 'Too little is told of the person: an identifier is needed, or a name with the birth date, or family and given name.',
    fr: 'La personne n’est pas assez décrite : il faut un identifiant, ou un nom avec la date de naissance, ou nom et prénom.',
  },
} as const;
