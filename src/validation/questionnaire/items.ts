/** What a Questionnaire asks, as the checks of answers need it. https://hl7.org/fhir/R4/questionnaire.html */
import { isObject, type Json } from '../explain.js';

export interface Question {
  linkId: string;
  /** A code of http://hl7.org/fhir/item-type. */
  type: string;
  /** The item as it was written. */
  source: Json;
  items: readonly Question[];
  /** How many parts of the item a check of one answer may have to look at. */
  weight: number;
}

/** Items deeper than this are left out: no questionnaire nests so far, and the walk of them is recursive. */
const MAX_DEPTH = 64;

const list = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** The questions of a Questionnaire or of one of its items. */
export function questionsOf(parent: Json, depth = 0): Question[] {
  if (depth > MAX_DEPTH) return [];
  return list(parent.item).flatMap((source) => {
    const { linkId, type } = source;
    if (typeof linkId !== 'string' || typeof type !== 'string') return [];
    return [{ linkId, type, source, items: questionsOf(source, depth + 1), weight: weightOf(source) }];
  });
}

function weightOf({ enableWhen, answerOption, extension }: Json): number {
  const options = list(answerOption);
  const inOptions = options.reduce((sum, option) => sum + list(option.extension).length, 0);
  return 1 + list(enableWhen).length + options.length + inOptions + list(extension).length;
}

/** Every linkId of a questionnaire. */
export function linkIdsOf(questions: readonly Question[], into = new Set<string>()): Set<string> {
  for (const { linkId, items } of questions) {
    into.add(linkId);
    linkIdsOf(items, into);
  }
  return into;
}

const EXTENSIONS = 'http://hl7.org/fhir/StructureDefinition/';

/** The values of the extensions of an element by the name of their definition, R4's own unless `base` says otherwise. */
export function extensionValues(element: Json, name: string, base = EXTENSIONS): unknown[] {
  return list(element.extension)
    .filter(({ url }) => url === base + name)
    .map(valueIn)
    .filter((value) => value !== undefined);
}

/** The JSON name of `value[x]`, such as `valueString`. */
export function valueName(element: Json): string | undefined {
  for (const name in element) if (/^value[A-Z]/.test(name)) return name;
  return undefined;
}

export function valueIn(element: Json): unknown {
  const name = valueName(element);
  return name === undefined ? undefined : element[name];
}

/** The answers that a response item holds; one without a value or items is none. */
export function answersOf(item: Json): Json[] {
  return list(item.answer).filter((answer) => valueName(answer) !== undefined || answer.item !== undefined);
}
