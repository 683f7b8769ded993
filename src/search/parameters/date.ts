/** Date parameters: ranges against ranges. https://hl7.org/fhir/R4/search.html#date */
import { dateRange } from '../../r4/dates.js';
import { unescaped } from '../escapes.js';
import { isObject, type Walk } from '../expression.js';
import type { DateMatch, Prefix } from '../query.js';
import { isRecent } from '../recent.js';
import type { Place } from '../schema.js';
import { BadValue, type Extraction, type ParameterType } from './parameter-type.js';

const PREFIXES: readonly Prefix[] = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'];
/** The least and the greatest instant of a Date, for ranges that are open. */
const OPEN = 8.64e15;

function add({ values }: Extraction, key: string, low: number, high: number): void {
  if (isRecent(values.dates, (one) => one.low === low && one.high === high && one.key === key)) return;
  values.dates.push({ key, low, high });
}

function period(node: unknown, state: Extraction): { low: number; high: number } | undefined {
  if (!isObject(node)) return undefined;
  const start = typeof node.start === 'string' ? dateRange(node.start, state.timeZone) : undefined;
  const end = typeof node.end === 'string' ? dateRange(node.end, state.timeZone) : undefined;
  if (start === undefined && end === undefined) return undefined;
  return { low: start?.low ?? -OPEN, high: end?.high ?? OPEN };
}

function extractor(place: Place, key: string): Walk<Extraction> | undefined {
  const instant: Walk<Extraction> = (node, state) => {
    if (typeof node !== 'string') return;
    const range = dateRange(node, state.timeZone);
    if (range !== undefined) add(state, key, range.low, range.high);
  };
  const span: Walk<Extraction> = (node, state) => {
    const range = period(node, state);
    if (range !== undefined) add(state, key, range.low, range.high);
  };
  switch (place.type) {
    case 'date':
    case 'dateTime':
    case 'instant':
      return instant;
    case 'Period':
      return span;
    case 'Timing':
      // Its events, and the outer limits of its repetition.
      return (node, state) => {
        if (!isObject(node)) return;
        if (Array.isArray(node.event)) for (const event of node.event) instant(event, state);
        if (isObject(node.repeat)) span(node.repeat.boundsPeriod, state);
      };
    default:
      return undefined;
  }
}

/** `2026-01`, `ge2026-01-01T08:00`: a prefix and a date, which may be partial. */
export function dateMatch(text: string, timeZone: string): DateMatch {
  const value = unescaped(text);
  const prefix = PREFIXES.find((known) => value.startsWith(known)) ?? 'eq';
  // A plus sign that the client left bare arrives as a space.
  const date = (/^[a-z]{2}/.test(value) ? value.slice(2) : value).replace(/ (?=\d\d:\d\d$)/, '+');
  const known = !/^[a-z]/.test(value) || PREFIXES.some((p) => value.startsWith(p));
  const range = known ? dateRange(date, timeZone) : undefined;
  if (range === undefined) {
    const list = PREFIXES.join(', ');
    throw new BadValue(text, {
      en: `a date such as 2026-01-31 is expected, after one of ${list} or none`,
      fr: `une date comme 2026-01-31 est attendue, précédée de ${list} ou de rien`,
    });
  }
  if (prefix !== 'ap') return { prefix, ...range };
  // R4 leaves the width to the server and recommends a tenth of the gap to now.
  const gap = Math.round(Math.abs(Date.now() - (range.low + range.high) / 2) / 10);
  return { prefix, low: range.low - gap, high: range.high + gap };
}

export const date: ParameterType = {
  kind: 'date',
  modifiers: [],
  prefixes: PREFIXES,
  extractor,
  parse: ({ key, texts, timeZone }) => ({ kind: 'date', key, anyOf: texts.map((text) => dateMatch(text, timeZone)) }),
};
