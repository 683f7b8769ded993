/**
 * What an interaction leaves in the trail: one line of JSON, from which its AuditEvent is made when somebody reads it.
 * https://profiles.ihe.net/ITI/BALP/content.html
 */

/** Short names, since there is a line for every request. Absent members are absent from the text. */
export interface Line {
  /** Milliseconds since 1970. */
  readonly t: number;
  /** FHIR's code of the interaction: https://hl7.org/fhir/R4/valueset-restful-interaction.html; `$name` of an operation; `access` where it never came to one. */
  readonly do: string;
  /** HTTP status of the answer. */
  readonly status: number;
  /** The request: X-Request-Id. */
  readonly request: string;
  /** The address that it came from. */
  readonly from: string;
  /** The resource type that it is about. */
  readonly type?: string;
  /** What was read or written: `Patient/1/_history/2`. */
  readonly what?: string;
  /** The parameters of a search or operation as they were understood. */
  readonly query?: string;
  /** Patients whose data were in it, ids without type. */
  readonly patients?: readonly string[];
  /** More patients were in it than are listed. */
  readonly more?: true;
  /** Caller.id, and his software, roles, structures and resource, as far as there are any. */
  readonly who?: string;
  readonly client?: string;
  readonly roles?: readonly string[];
  readonly structures?: readonly string[];
  readonly user?: string;
  /** The reason for which the glass was broken. */
  readonly glass?: string;
}

/** An AuditEvent that a client sent: its text with id and meta. */
export interface SentLine {
  readonly t: number;
  readonly id: string;
  readonly sent: Record<string, unknown>;
  /** Patients that it refers to, ids without type. */
  readonly patients: readonly string[];
}

/** Patients that one line lists at most; a page of a search has 1 000 entries at most. */
const MAX_PATIENTS = 1000;

const NEEDLES = ['"reference":"Patient/', '"resourceType":"Patient","id":"'] as const;

/**
 * The patients that a resource or a Bundle as text is about: those that are in it and those that it refers to. Read from
 * the text, as the store writes it, since parsing would cost more than the answer itself; one too many is better than one
 * too few.
 */
export function patientsIn(text: string): { patients: string[]; more: boolean } {
  const found = new Set<string>();
  for (const needle of NEEDLES) {
    for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at)) {
      at += needle.length;
      const end = idEnd(text, at);
      if (end === at) continue;
      if (found.size >= MAX_PATIENTS && !found.has(text.slice(at, end))) return { patients: [...found], more: true };
      found.add(text.slice(at, end));
    }
  }
  return { patients: [...found], more: false };
}

/** Where an id that begins here ends. https://hl7.org/fhir/R4/datatypes.html#id */
function idEnd(text: string, from: number): number {
  let end = from;
  for (; end < text.length && end - from <= 64; end++) {
    const c = text.charCodeAt(end);
    const isPart = (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 45 || c === 46;
    if (!isPart) break;
  }
  return end;
}
