/** What the validator can say, in English and French; `{name}` stands for a parameter. */
export const VALIDATION_MESSAGES = {
  'unknown-element': {
    issue: 'structure',
    en: '{path} has no element "{name}".',
    fr: '{path} n’a pas d’élément « {name} ».',
  },
} as const;
