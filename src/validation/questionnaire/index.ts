/** A QuestionnaireResponse beside its Questionnaire. https://hl7.org/fhir/R4/questionnaireresponse.html#link */
import { ValueSetCodes } from '../../r4/definitions/index.js';
import { type At, below, fail, isObject, type Json, note, type Run, shown } from '../explain.js';
import type { Check } from '../plan.js';
import { bundledQuestionnaire, containedById } from '../resolve.js';
import { checkAnswer, checkExclusive, type Lookup } from './answer.js';
import { answersBelow, isEnabled } from './enable-when.js';
import { answersOf, extensionValues, linkIdsOf, type Question, questionsOf } from './items.js';

/** What is known besides the response. */
export interface Knowledge extends Lookup {
  /** A Questionnaire by `canonical` or `canonical|version`; `undefined` when it is not at hand. */
  questionnaire: (canonical: string) => object | undefined;
}

/** Answers are complete in these; in others they may still come, or never. */
const COMPLETE = new Set<unknown>(['completed', 'amended']);

/**
 * A response is looked at as far as this many parts of its questionnaire, a second or two: both come from clients, and
 * the work is the product of their sizes.
 */
const MAX_PARTS = 2_000_000;

class TooLarge extends Error {}

/** The check of a whole response; one whose questionnaire is not known is told as information. */
export function questionnaireCheck(knowledge: Knowledge): Check {
  return (value, at, run) => {
    const response = value as Json;
    const { questionnaire: canonical } = response;
    if (typeof canonical !== 'string') return true;
    const found = canonical.startsWith('#')
      ? containedById(response, canonical.slice(1))
      : (bundledQuestionnaire(canonical, run) ??
        run.questionnaires?.get(canonical) ??
        (knowledge.questionnaire(canonical) as Json | undefined));
    if (found?.resourceType !== 'Questionnaire') {
      return note(run, below(at, 'questionnaire'), 'information', 'questionnaire-unknown', {
        canonical: shown(canonical),
      });
    }
    const questions = questionsOf(found);
    const codes = (valueSet: string) =>
      valueSet.startsWith('#') ? enumerated(containedById(found, valueSet.slice(1))) : knowledge.codes(valueSet);
    const isComplete = COMPLETE.has(response.status);
    try {
      return new Responses(questions, { ...knowledge, codes }, isComplete, run).level(questions, response, [], at);
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error;
      return fail(run, at, 'questionnaire-too-large', { max: MAX_PARTS });
    }
  };
}

/** A value set that lists its codes. */
function enumerated(set: Json | undefined): ValueSetCodes | undefined {
  const compose = set?.compose;
  if (!isObject(compose) || !Array.isArray(compose.include) || compose.exclude !== undefined) return undefined;
  const content: Record<string, string[]> = {};
  for (const include of compose.include) {
    if (!isObject(include) || typeof include.system !== 'string' || !Array.isArray(include.concept)) return undefined;
    const codes = include.concept.filter(isObject).map(({ code }) => String(code));
    content[include.system] = [...(content[include.system] ?? []), ...codes];
  }
  return new ValueSetCodes(content);
}

/** Response items of one level with their index among all. */
type Numbered = [item: Json, index: number][];

/** The questions of one level: where each stands, and which complain when they have no answer. */
interface Level {
  order: ReadonlyMap<unknown, number>;
  required: readonly Question[];
}

class Responses {
  private left = MAX_PARTS;
  private readonly levels = new Map<readonly Question[], Level>();
  private readonly linkIds: ReadonlySet<string>;
  private readonly gathered = new Map<Json, ReadonlyMap<unknown, readonly unknown[]>>();

  constructor(
    questions: readonly Question[],
    private readonly lookup: Lookup,
    private readonly isComplete: boolean,
    private readonly run: Run,
  ) {
    this.linkIds = linkIdsOf(questions);
  }

  /** The items below a response, a group or an answer; `around` are the objects that hold them, nearest last. */
  level(questions: readonly Question[], parent: Json, around: readonly Json[], at: At): boolean {
    const byLink = new Map<unknown, Numbered>();
    const { order, required } = this.levelOf(questions);
    let ok = this.places(order, parent, byLink, at);
    if (!ok && at === undefined) return false;
    const scope = [...around, parent];
    // A group may come again many times with few of its questions: those without an answer or a need of one have no say.
    const missing = this.isComplete ? required.filter(({ linkId }) => !byLink.has(linkId)) : [];
    const answered = [...byLink.keys()].map((linkId) => questions[order.get(linkId) as number] as Question);
    for (const question of [...missing, ...answered]) {
      if (this.question(question, byLink.get(question.linkId) ?? [], scope, at)) continue;
      ok = false;
      if (at === undefined) return false;
    }
    return ok;
  }

  private levelOf(questions: readonly Question[]): Level {
    let level = this.levels.get(questions);
    if (level === undefined) {
      const order = new Map(questions.map(({ linkId }, i) => [linkId as unknown, i]));
      const required = questions.filter(
        ({ type, source }) => source.required === true && !/^(group|display)$/.test(type),
      );
      level = { order, required };
      this.levels.set(questions, level);
    }
    this.spend(1 + level.required.length);
    return level;
  }

  /** Throws TooLarge when no more may be looked at. */
  private spend(parts: number): void {
    this.left -= parts;
    if (this.left < 0) throw new TooLarge();
  }

  /** Whether items are known here and in the order of their questions; fills `byLink`. */
  private places(order: Level['order'], parent: Json, byLink: Map<unknown, Numbered>, at: At): boolean {
    const items = Array.isArray(parent.item) ? parent.item : [];
    let ok = true;
    let last = -1;
    for (let i = 0; i < items.length; i++) {
      const item: unknown = items[i];
      if (!isObject(item)) continue;
      const linkId = shown(item.linkId);
      const position = order.get(item.linkId);
      const place = below(at, 'item', i);
      if (position === undefined) {
        const isElsewhere = this.linkIds.has(String(item.linkId));
        ok = fail(this.run, place, isElsewhere ? 'answer-place' : 'answer-link-unknown', { linkId });
      } else {
        if (position < last) ok = fail(this.run, place, 'answer-order', { linkId });
        last = Math.max(last, position);
        const same = byLink.get(item.linkId);
        if (same === undefined) byLink.set(item.linkId, [[item, i]]);
        else same.push([item, i]);
      }
      if (!ok && at === undefined) return false;
    }
    return ok;
  }

  /** One question with the items that answer it. */
  private question(question: Question, items: Numbered, scope: readonly Json[], at: At): boolean {
    const { type, source, linkId } = question;
    const params = { linkId: shown(linkId), type };
    this.spend(question.weight);
    if (!isEnabled(question, (link) => this.answered(link, scope))) {
      const answered = items.find(([item]) => answersOf(item).length > 0);
      return answered === undefined || fail(this.run, below(at, 'item', answered[1]), 'answer-not-enabled', params);
    }
    if (items.length > 1 && !(type === 'group' && source.repeats === true)) {
      return fail(this.run, below(at, 'item', items[1]?.[1]), 'answer-item-twice', params);
    }
    const isAnswered = type === 'group' || type === 'display' || items.some(([item]) => answersOf(item).length > 0);
    if (!isAnswered && source.required === true && this.isComplete) {
      return fail(this.run, at, 'answer-missing', params);
    }
    let ok = true;
    for (const [item, index] of items) {
      if (this.item(question, item, scope, below(at, 'item', index))) continue;
      ok = false;
      if (at === undefined) return false;
    }
    return ok;
  }

  private item(question: Question, item: Json, scope: readonly Json[], at: At): boolean {
    const { type, items, linkId } = question;
    const answers = answersOf(item);
    const params = { linkId: shown(linkId), type };
    if (type === 'group' || type === 'display' || type === 'question') {
      if (answers.length > 0) return fail(this.run, at, 'answer-not-taken', params);
      return this.level(items, item, scope, at);
    }
    // What is asked below a question belongs to each of its answers.
    let ok = Array.isArray(item.item) && item.item.length > 0 ? fail(this.run, at, 'answer-below-item', params) : true;
    if (!this.count(question, answers.length, at)) ok = false;
    if (!checkExclusive(question, answers, at, this.run)) ok = false;
    for (let i = 0; i < answers.length && (ok || at !== undefined); i++) {
      const answer = answers[i] as Json;
      const place = below(at, 'answer', i);
      this.spend(question.weight);
      if (!checkAnswer(question, answer, this.lookup, place, this.run)) ok = false;
      if (!this.level(items, answer, [...scope, item], place)) ok = false;
    }
    return ok;
  }

  /** https://hl7.org/fhir/R4/extension-questionnaire-minoccurs.html */
  private count({ source, linkId }: Question, count: number, at: At): boolean {
    const params = { linkId: shown(linkId), count };
    if (count > 1 && source.repeats !== true) return fail(this.run, at, 'answer-twice', params);
    const [min] = extensionValues(source, 'questionnaire-minOccurs');
    const [max] = extensionValues(source, 'questionnaire-maxOccurs');
    if (typeof min === 'number' && count < min && this.isComplete) {
      return fail(this.run, at, 'answer-too-few', { ...params, min });
    }
    return typeof max !== 'number' || count <= max || fail(this.run, at, 'answer-too-many', { ...params, max });
  }

  /** Answers in the nearest object around that has any: in a repeating group those of the same repetition. */
  private answered(linkId: string, scope: readonly Json[]): readonly unknown[] {
    for (let i = scope.length - 1; i >= 0; i--) {
      const found = this.below(scope[i] as Json).get(linkId) ?? [];
      this.spend(1 + found.length);
      if (found.length > 0) return found;
    }
    return [];
  }

  /** Gathered once: each question with a condition asks. */
  private below(parent: Json): ReadonlyMap<unknown, readonly unknown[]> {
    let answers = this.gathered.get(parent);
    if (answers === undefined) {
      answers = answersBelow(parent);
      this.gathered.set(parent, answers);
    }
    return answers;
  }
}
