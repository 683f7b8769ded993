/** Whether a question is to be answered. https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen */

import { compareValues, isSameValue } from '../compare.js';
import { isObject, type Json } from '../explain.js';
import { answersOf, type Question, valueIn } from './items.js';

/** Looks up what was answered to a linkId. */
export type Answered = (linkId: string) => readonly unknown[];

/** The values answered to each linkId anywhere below an object with items. */
export function answersBelow(parent: Json, into = new Map<unknown, unknown[]>()): ReadonlyMap<unknown, unknown[]> {
  for (const item of Array.isArray(parent.item) ? parent.item : []) {
    if (!isObject(item)) continue;
    const answers = answersOf(item);
    const values = answers.map(valueIn).filter((value) => value !== undefined);
    const known = into.get(item.linkId);
    if (known === undefined) into.set(item.linkId, values);
    else known.push(...values);
    for (const inner of [item, ...answers]) answersBelow(inner, into);
  }
  return into;
}

export function isEnabled({ source }: Question, answered: Answered): boolean {
  const conditions = Array.isArray(source.enableWhen) ? source.enableWhen.filter(isObject) : [];
  if (conditions.length === 0) return true;
  const isMet = (condition: Json) => holds(condition, answered(String(condition.question)));
  return source.enableBehavior === 'any' ? conditions.some(isMet) : conditions.every(isMet);
}

/** One answer that meets the condition is enough; `!=` is met without an answer too. */
function holds(condition: Json, answers: readonly unknown[]): boolean {
  const wanted = Object.entries(condition).find(([name]) => /^answer[A-Z]/.test(name))?.[1];
  const { operator } = condition;
  if (operator === 'exists') return answers.length > 0 === (wanted !== false);
  if (operator === '=') return answers.some((answer) => isSameValue(answer, wanted));
  if (operator === '!=') return !answers.some((answer) => isSameValue(answer, wanted));
  return answers.some((answer) => {
    const order = compareValues(answer, wanted);
    if (typeof order !== 'number') return false;
    if (operator === '>') return order > 0;
    if (operator === '<') return order < 0;
    if (operator === '>=') return order >= 0;
    return operator === '<=' && order <= 0;
  });
}
