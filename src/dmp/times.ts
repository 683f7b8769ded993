/**
 * Times as FHIR, CDA and XDS write them. CDA keeps the offset of the writer, XDS is in UTC to the second.
 * https://hl7.org/fhir/R4/datatypes.html#dateTime
 */
import { dateRange } from '../r4/dates.js';
import { timeZone } from '../r4/time-zone.js';

/** A time at the precision of its source. */
export interface Moment {
  /** Milliseconds since 1970: the beginning of what the source leaves open. */
  readonly at: number;
  /** As HL7 v3 writes it: `20261120163500+0100`, or `20261120`, `202611`, `2026` for less than a second. */
  readonly text: string;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** `YYYYMMDDHHMMSS` of an instant shifted by `offset` milliseconds. */
function digits(at: number, offset: number): string {
  const date = new Date(at + offset);
  const day = `${String(date.getUTCFullYear()).padStart(4, '0')}${two(date.getUTCMonth() + 1)}${two(date.getUTCDate())}`;
  return `${day}${two(date.getUTCHours())}${two(date.getUTCMinutes())}${two(date.getUTCSeconds())}`;
}

function offsetText(offset: number): string {
  const minutes = Math.round(Math.abs(offset) / 60_000);
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
}

/** The instant as CDA has it, with the offset of the zone (an IANA name). */
export function momentAt(at: number, zone: string): Moment {
  const offset = timeZone(zone).offsetAt(at);
  return { at, text: `${digits(at, offset)}${offsetText(offset)}` };
}

/** A FHIR date, dateTime or instant; days are days of `zone`. `undefined` for what is none. */
export function momentOfFhir(text: string | undefined, zone: string): Moment | undefined {
  const range = text === undefined ? undefined : dateRange(text, zone);
  if (text === undefined || range === undefined) return undefined;
  if (!text.includes('T')) return { at: range.low, text: text.replaceAll('-', '') };
  const given = /([+-])(\d\d):(\d\d)$/.exec(text);
  if (given === null) return momentAt(range.low, zone);
  const offset = (given[1] === '-' ? -1 : 1) * (Number(given[2]) * 60 + Number(given[3])) * 60_000;
  return { at: range.low, text: `${digits(range.low, offset)}${offsetText(offset)}` };
}

const HL7 = /^(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.\d{1,4})?)?)?)?)?)?([+-]\d\d(?:\d\d)?)?$/;

/** A point in time of HL7 v3; without an offset it is one of `zone`. `undefined` for what is none. */
export function momentOfHl7(text: string | undefined, zone: string): Moment | undefined {
  const match = text === undefined ? null : HL7.exec(text);
  if (text === undefined || match === null) return undefined;
  const [, year, month, day, hours, minutes, seconds, offset = ''] = match;
  const date = [year, month, day].filter((one) => one !== undefined).join('-');
  if (hours === undefined) {
    const low = dateRange(date, zone)?.low;
    return low === undefined ? undefined : { at: low, text };
  }
  const shift = offset === '' ? '' : `${offset.slice(0, 3)}:${offset.slice(3) || '00'}`;
  const low = dateRange(`${date}T${hours}:${minutes ?? '00'}:${seconds ?? '00'}${shift}`, zone)?.low;
  return low === undefined ? undefined : { at: low, text };
}

/** `YYYYMMDDHHMMSS` in UTC, as XDS metadata have it. */
export const utcDigits = (at: number): string => digits(at, 0);
