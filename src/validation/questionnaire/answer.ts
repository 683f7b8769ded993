/** One answer beside its question: type, options, limits. https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.type */
import type { Codes } from '../../terminology/index.js';
import { isBound } from '../binding.js';
import { compareValues, isSameValue } from '../compare.js';
import { type At, below, fail, isObject, type Json, note, type Run, shown } from '../explain.js';
import { typeInUrl } from '../reference.js';
import { matchesWhole } from '../regular-expression.js';
import { extensionValues, type Question, valueIn, valueName } from './items.js';

/** Types of `value[x]` that answer an item of a type. */
const TYPES: Record<string, readonly string[]> = {
  boolean: ['Boolean'],
  decimal: ['Decimal'],
  integer: ['Integer'],
  date: ['Date'],
  dateTime: ['DateTime'],
  time: ['Time'],
  string: ['String'],
  text: ['String'],
  url: ['Uri'],
  choice: ['Coding'],
  'open-choice': ['Coding', 'String'],
  attachment: ['Attachment'],
  reference: ['Reference'],
  quantity: ['Quantity'],
};

/** What the check of an answer needs to know. */
export interface Lookup {
  /** The codes of a value set by its canonical, or `#id` in the questionnaire; `undefined` when they are not known. */
  codes: (valueSet: string) => Codes | undefined;
  isType: (name: string) => boolean;
}

const options = ({ source }: Question): Json[] =>
  Array.isArray(source.answerOption) ? source.answerOption.filter(isObject) : [];

/** Does the answer fit the question? `at` is its place, without the value. */
export function checkAnswer(question: Question, answer: Json, lookup: Lookup, at: At, run: Run): boolean {
  const name = valueName(answer);
  // An answer of nested items alone is told by the items.
  if (name === undefined) return true;
  const value = answer[name];
  const place = below(at, 'value');
  const { type } = question;
  const found = name.slice('value'.length);
  const allowed = typesOf(question);
  if (!allowed.includes(found)) {
    return fail(run, place, 'answer-type', {
      linkId: shown(question.linkId),
      type,
      expected: allowed.join(', '),
      found,
    });
  }
  const checks = [checkOptions, checkText, checkLimits, checkUnit, checkTarget];
  let ok = true;
  for (const check of checks) {
    if (check(question, value, lookup, place, run)) continue;
    ok = false;
    if (at === undefined) break;
  }
  return ok;
}

/** What an option of a choice may be. https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.answerOption.value_x_ */
const OPTION_TYPES = ['Coding', 'Integer', 'Date', 'Time', 'String', 'Reference'];

/** Choices are answered by what their options are, or by any that options could be where none are told. */
function typesOf(question: Question): readonly string[] {
  const usual = TYPES[question.type] ?? [];
  if (question.type !== 'choice' && question.type !== 'open-choice') return usual;
  if (question.source.answerValueSet !== undefined) return usual;
  const named = options(question).flatMap((option) => valueName(option)?.slice('value'.length) ?? []);
  if (named.length === 0) return OPTION_TYPES;
  return [...new Set([...named, ...(question.type === 'open-choice' ? ['String'] : [])])];
}

type AnswerCheck = (question: Question, value: unknown, lookup: Lookup, at: At, run: Run) => boolean;

const checkOptions: AnswerCheck = (question, value, lookup, at, run) => {
  const { type, source } = question;
  // Free text is what an open choice is for.
  if (type === 'open-choice' && typeof value === 'string') return true;
  const listed = options(question);
  if (listed.length > 0 && !listed.some((option) => isSameValue(value, valueIn(option)))) {
    return fail(run, at, 'answer-option', { linkId: shown(question.linkId), value: shown(value) });
  }
  const valueSet = source.answerValueSet;
  // An open choice may be answered by a code of one's own.
  if (typeof valueSet !== 'string' || type === 'open-choice') return true;
  const codes = lookup.codes(valueSet);
  if (codes === undefined) return note(run, at, 'information', 'value-set-unchecked', { valueSet: shown(valueSet) });
  if (isBound(codes, value, 'Coding')) return true;
  return fail(run, at, 'answer-value-set', {
    linkId: shown(question.linkId),
    value: shown(value),
    valueSet: shown(valueSet),
  });
};

const checkText: AnswerCheck = (question, value, _, at, run) => {
  if (typeof value !== 'string') return true;
  const { source, linkId } = question;
  const { length } = [...value];
  if (typeof source.maxLength === 'number' && length > source.maxLength) {
    return fail(run, at, 'answer-too-long', { linkId: shown(linkId), max: source.maxLength, length });
  }
  const [min] = extensionValues(source, 'minLength');
  if (typeof min === 'number' && length < min) {
    return fail(run, at, 'answer-too-short', { linkId: shown(linkId), min, length });
  }
  for (const pattern of extensionValues(source, 'regex')) {
    if (typeof pattern !== 'string') continue;
    const fits = matchesWhole(pattern, value);
    if (fits === undefined) note(run, at, 'information', 'pattern-unchecked', { pattern: shown(pattern) });
    if (fits !== false) continue;
    const [format = pattern] = extensionValues(source, 'entryFormat');
    return fail(run, at, 'answer-format', { linkId: shown(linkId), value: shown(value), format: shown(format) });
  }
  return true;
};

/** Those of quantities have a name of their own. https://build.fhir.org/ig/HL7/sdc/StructureDefinition-sdc-questionnaire-minQuantity.html */
const quantityLimits = (source: Json, name: 'min' | 'max') =>
  extensionValues(source, `sdc-questionnaire-${name}Quantity`, 'http://hl7.org/fhir/uv/sdc/StructureDefinition/');

/** minValue, maxValue and maxDecimalPlaces. https://hl7.org/fhir/R4/extension-minvalue.html */
const checkLimits: AnswerCheck = ({ source, linkId }, value, _, at, run) => {
  let ok = true;
  for (const [name, sign, key] of [
    ['min', 1, 'answer-too-small'],
    ['max', -1, 'answer-too-great'],
  ] as const) {
    for (const limit of [...extensionValues(source, `${name}Value`), ...quantityLimits(source, name)]) {
      const order = compareValues(value, limit);
      const params = { linkId: shown(linkId), value: shown(value), limit: shown(limit) };
      if (order === 'unit') ok = fail(run, at, 'answer-not-comparable', params);
      else if (order !== undefined && order * sign < 0) ok = fail(run, at, key, params);
    }
  }
  const [places] = extensionValues(source, 'maxDecimalPlaces');
  if (typeof places !== 'number' || typeof value !== 'number') return ok;
  const written = String(value).split('.')[1]?.length ?? 0;
  return written <= places
    ? ok
    : fail(run, at, 'answer-decimals', { linkId: shown(linkId), value: shown(value), places });
};

/** https://hl7.org/fhir/R4/extension-questionnaire-unitoption.html, -unitvalueset.html */
const checkUnit: AnswerCheck = ({ source, linkId, type }, value, lookup, at, run) => {
  if (type !== 'quantity' || !isObject(value)) return true;
  const units = extensionValues(source, 'questionnaire-unitOption').filter(isObject);
  const params = { linkId: shown(linkId), value: shown(value.code ?? value.unit ?? '') };
  if (units.length > 0 && !units.some((unit) => isSameValue({ system: value.system, code: value.code }, unit))) {
    return fail(run, at, 'answer-unit', params);
  }
  const [valueSet] = extensionValues(source, 'questionnaire-unitValueSet');
  if (typeof valueSet !== 'string') return true;
  const codes = lookup.codes(valueSet);
  if (codes === undefined) return note(run, at, 'information', 'value-set-unchecked', { valueSet: shown(valueSet) });
  return isBound(codes, { system: value.system, code: value.code }, 'Coding') || fail(run, at, 'answer-unit', params);
};

/** https://hl7.org/fhir/R4/extension-questionnaire-referenceresource.html */
const checkTarget: AnswerCheck = ({ source, linkId, type }, value, { isType }, at, run) => {
  if (type !== 'reference' || !isObject(value)) return true;
  const allowed = extensionValues(source, 'questionnaire-referenceResource');
  const found = typeof value.reference === 'string' ? typeInUrl(value.reference, isType) : value.type;
  if (allowed.length === 0 || typeof found !== 'string' || allowed.includes(found)) return true;
  return fail(run, at, 'answer-target', { linkId: shown(linkId), found: shown(found), allowed: allowed.join(', ') });
};

/** An exclusive option stands alone. https://hl7.org/fhir/R4/extension-questionnaire-optionexclusive.html */
export function checkExclusive(question: Question, answers: readonly Json[], at: At, run: Run): boolean {
  if (answers.length < 2) return true;
  const exclusive = options(question).filter(
    (each) => extensionValues(each, 'questionnaire-optionExclusive')[0] === true,
  );
  for (let i = 0; i < answers.length; i++) {
    const value = valueIn(answers[i] as Json);
    if (!exclusive.some((option) => isSameValue(value, valueIn(option)))) continue;
    return fail(run, below(at, 'answer', i), 'answer-exclusive', {
      linkId: shown(question.linkId),
      value: shown(value),
    });
  }
  return true;
}
