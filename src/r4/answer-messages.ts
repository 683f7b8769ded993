/** What the validator says of a QuestionnaireResponse against its Questionnaire. */
export const ANSWER_MESSAGES = {
  'questionnaire-too-large': {
    issue: 'too-costly',
    en: 'The questionnaire and the answers are too large together: more than {max} parts would have to be compared.',
    fr: 'Le questionnaire et les réponses sont trop grands ensemble : plus de {max} parties seraient à comparer.',
  },
  'answer-link-unknown': {
    issue: 'invalid',
    en: 'The questionnaire has no item "{linkId}".',
    fr: 'Le questionnaire n’a pas d’élément « {linkId} ».',
  },
  'answer-place': {
    issue: 'structure',
    en: 'The item "{linkId}" stands elsewhere in the questionnaire; put it at the same level here.',
    fr: 'L’élément « {linkId} » se trouve ailleurs dans le questionnaire ; placez-le ici au même niveau.',
  },
  'answer-order': {
    issue: 'structure',
    en: 'The item "{linkId}" comes too late: items keep the order of the questionnaire.',
    fr: 'L’élément « {linkId} » vient trop tard : les éléments gardent l’ordre du questionnaire.',
  },
  'answer-not-enabled': {
    issue: 'invalid',
    en: 'The question "{linkId}" is not to be answered after the other answers (enableWhen); remove it.',
    fr: 'La question « {linkId} » n’appelle pas de réponse d’après les autres (enableWhen) ; retirez-la.',
  },
  'answer-item-twice': {
    issue: 'structure',
    en: 'The item "{linkId}" is there more than once; several answers stand in one item, and only groups that repeat come again.',
    fr: 'L’élément « {linkId} » figure plusieurs fois ; plusieurs réponses tiennent dans un élément, et seuls les groupes répétables reviennent.',
  },
  'answer-missing': {
    issue: 'required',
    en: 'The required question "{linkId}" has no answer.',
    fr: 'La question obligatoire « {linkId} » n’a pas de réponse.',
  },
  'answer-not-taken': {
    issue: 'structure',
    en: 'The item "{linkId}" is of type {type} and takes no answer.',
    fr: 'L’élément « {linkId} » est de type {type} et ne prend pas de réponse.',
  },
  'answer-below-item': {
    issue: 'structure',
    en: 'Items asked below the question "{linkId}" stand in its answer, not beside it.',
    fr: 'Les éléments sous la question « {linkId} » se placent dans sa réponse, non à côté.',
  },
  'answer-twice': {
    issue: 'structure',
    en: 'The question "{linkId}" takes one answer, {count} found.',
    fr: 'La question « {linkId} » prend une seule réponse, {count} trouvées.',
  },
  'answer-too-few': {
    issue: 'structure',
    en: 'The question "{linkId}" asks for {min} answers at least, {count} found.',
    fr: 'La question « {linkId} » demande au moins {min} réponses, {count} trouvée(s).',
  },
  'answer-too-many': {
    issue: 'structure',
    en: 'The question "{linkId}" takes {max} answers at most, {count} found.',
    fr: 'La question « {linkId} » prend au plus {max} réponses, {count} trouvée(s).',
  },
  'answer-type': {
    issue: 'invalid',
    en: 'The question "{linkId}" of type {type} is answered by {expected}, not by {found}.',
    fr: 'À la question « {linkId} » de type {type} répond {expected}, non {found}.',
  },
  'answer-option': {
    issue: 'code-invalid',
    en: '"{value}" is none of the options of the question "{linkId}".',
    fr: '« {value} » n’est pas une des options de la question « {linkId} ».',
  },
  'answer-value-set': {
    issue: 'code-invalid',
    en: '"{value}" is not in the value set {valueSet}, from which the question "{linkId}" is answered.',
    fr: '« {value} » n’est pas dans le jeu de valeurs {valueSet}, dont viennent les réponses à la question « {linkId} ».',
  },
  'answer-exclusive': {
    issue: 'invalid',
    en: 'The option "{value}" of the question "{linkId}" excludes all others.',
    fr: 'L’option « {value} » de la question « {linkId} » exclut toutes les autres.',
  },
  'answer-too-long': {
    issue: 'too-long',
    en: 'The answer to "{linkId}" has {length} characters, {max} at most are allowed.',
    fr: 'La réponse à « {linkId} » a {length} caractères, {max} au plus sont permis.',
  },
  'answer-too-short': {
    issue: 'value',
    en: 'The answer to "{linkId}" has {length} characters, {min} at least are asked for.',
    fr: 'La réponse à « {linkId} » a {length} caractères, {min} au moins sont demandés.',
  },
  'answer-format': {
    issue: 'value',
    en: 'The answer "{value}" to "{linkId}" has not the form {format}.',
    fr: 'La réponse « {value} » à « {linkId} » n’a pas la forme {format}.',
  },
  'answer-too-small': {
    issue: 'value',
    en: 'The answer {value} to "{linkId}" is below {limit}.',
    fr: 'La réponse {value} à « {linkId} » est inférieure à {limit}.',
  },
  'answer-too-great': {
    issue: 'value',
    en: 'The answer {value} to "{linkId}" is above {limit}.',
    fr: 'La réponse {value} à « {linkId} » est supérieure à {limit}.',
  },
  'answer-not-comparable': {
    issue: 'value',
    en: 'The answer {value} to "{linkId}" cannot be compared to {limit}: both need a system and a code of units of one kind.',
    fr: 'La réponse {value} à « {linkId} » ne se compare pas à {limit} : il faut aux deux un système et un code d’unités de même nature.',
  },
  'answer-decimals': {
    issue: 'value',
    en: 'The answer {value} to "{linkId}" has more than {places} decimal places.',
    fr: 'La réponse {value} à « {linkId} » a plus de {places} décimales.',
  },
  'answer-unit': {
    issue: 'code-invalid',
    en: 'The unit "{value}" is none of those that the question "{linkId}" takes.',
    fr: 'L’unité « {value} » n’est pas de celles que prend la question « {linkId} ».',
  },
  'answer-target': {
    issue: 'invalid',
    en: 'The answer to "{linkId}" points to a {found}; allowed: {allowed}.',
    fr: 'La réponse à « {linkId} » désigne un {found} ; permis : {allowed}.',
  },
} as const;
