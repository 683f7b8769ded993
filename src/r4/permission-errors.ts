/** What is refused to a caller, whatever the data are. https://hl7.org/fhir/R4/http.html#Status-Codes */
export const PERMISSION_ERRORS = {
  'access-refused': {
    status: 403,
    issue: 'forbidden',
    en: 'This caller may not do this ({action} on {type}).',
    fr: 'Cela n’est pas permis à cet appelant ({action} sur {type}).',
  },
  'access-content': {
    status: 403,
    issue: 'forbidden',
    en: 'What would be written is outside of what this caller may write ({type}).',
    fr: 'Ce qui serait écrit est hors de ce que cet appelant peut écrire ({type}).',
  },
  'access-element': {
    status: 403,
    issue: 'forbidden',
    en: '{type}.{name} is hidden from this caller, who cannot write it.',
    fr: '{type}.{name} est caché à cet appelant, qui ne peut l’écrire.',
  },
  'access-search': {
    status: 403,
    issue: 'forbidden',
    en: 'A search of {type} by what is hidden from this caller would tell it.',
    fr: 'Une recherche de {type} par ce qui est caché à cet appelant le révélerait.',
  },
  'access-explain': {
    status: 403,
    issue: 'forbidden',
    en: 'How this search is done would tell how much there is (_explain).',
    fr: 'La manière de faire cette recherche dirait combien il y en a (_explain).',
  },
  'break-glass-refused': {
    status: 403,
    issue: 'forbidden',
    en: 'This caller has no glass to break: no policy gives him more for a reason.',
    fr: 'Pas de bris de glace pour cet appelant : aucune règle ne lui donne plus pour un motif.',
  },
  'break-glass-reason': {
    status: 400,
    issue: 'required',
    en: 'Break-Glass says why, in 8 to 400 characters.',
    fr: 'Break-Glass dit pourquoi, en 8 à 400 caractères.',
  },
  'break-glass-over': {
    status: 403,
    issue: 'expired',
    en: 'The glass was broken for {minutes} minutes, which are over: another reason has to be given.',
    fr: 'Le bris de glace valait {minutes} minutes, elles sont passées : un autre motif est à donner.',
  },
} as const;
