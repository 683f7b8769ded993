/**
 * FHIR dates and instants as ranges of time: a date covers all that its precision leaves open.
 * https://hl7.org/fhir/R4/search.html#date
 */
import { timeZone } from './time-zone.js';

const PATTERN = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,20}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const MINUTE = 60_000;
/** The calendar repeats after 400 years; Date.UTC takes years below 100 for those of the last century. */
const CYCLE = 146_097 * 86_400_000;

/** Milliseconds since 1970: `low` belongs to the range, `high` does not. */
export interface DateRange {
  low: number;
  high: number;
}

/**
 * The range that a date, dateTime or instant covers, exact to the precision given: a year, month, day, minute, second
 * or fraction of it (cut to milliseconds). Without a zone it is read in `zone` (an IANA name). `undefined` when `text`
 * is none of these.
 */
export function dateRange(text: string, zone: string): DateRange | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const year = Number(match[1]);
  const month = Number(match[2] ?? 1);
  const day = Number(match[3] ?? 1);
  if (year === 0 || !isDay(year, month, day)) return undefined;
  if (match[4] !== undefined) return timeRange(match, utc(year, month, day), zone);
  const at = timeZone(zone);
  const low = at.toUtc(utc(year, month, day));
  if (match[3] !== undefined) return { low, high: at.toUtc(utc(year, month, day + 1)) };
  if (match[2] !== undefined) return { low, high: at.toUtc(utc(year, month + 1, 1)) };
  return { low, high: at.toUtc(utc(year + 1, 1, 1)) };
}

function timeRange(match: RegExpExecArray, midnight: number, zone: string): DateRange | undefined {
  const hours = Number(match[4]);
  const minutes = Number(match[5]);
  // FHIR takes a leap second; it is read as the one that follows.
  const seconds = Number(match[6] ?? 0);
  if (hours > 23 || minutes > 59 || seconds > 60) return undefined;
  const fraction = match[7] ?? '';
  const millis = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const local = midnight + hours * 3_600_000 + minutes * MINUTE + seconds * 1000 + millis;
  const offset = match[8];
  let low: number;
  if (offset === undefined) low = timeZone(zone).toUtc(local);
  else if (offset === 'Z') low = local;
  else {
    const ahead = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4));
    if (ahead > 14 * 60 || Number(offset.slice(4)) > 59) return undefined;
    low = offset[0] === '-' ? local + ahead * MINUTE : local - ahead * MINUTE;
  }
  const width = match[6] === undefined ? MINUTE : 1000 / 10 ** Math.min(fraction.length, 3);
  return { low, high: low + width };
}

function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1 || day > (DAYS[month - 1] as number)) return false;
  return month !== 2 || day < 29 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0));
}

/** Midnight UTC; a month 13 or day 32 runs on into the next. */
function utc(year: number, month: number, day: number): number {
  return Date.UTC(year + 400, month - 1, day) - CYCLE;
}
