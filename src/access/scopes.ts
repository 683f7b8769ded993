/** SMART scopes, versions 1 and 2, as they are written and as they are meant. https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html */
import { pairsOf } from '../search/query-string.js';

export type Permission = 'create' | 'read' | 'update' | 'delete' | 'search';

export interface Scope {
  readonly level: 'patient' | 'user' | 'system';
  /** A resource type, or `*`. */
  readonly type: string;
  readonly permissions: ReadonlySet<Permission>;
  /** `?category=laboratory`: as in a search, decoded; empty narrows nothing. What no search would take must grant nothing. */
  readonly narrowing: readonly (readonly [string, string])[];
}

const LETTERS: readonly (readonly [string, Permission])[] = [
  ['c', 'create'],
  ['r', 'read'],
  ['u', 'update'],
  ['d', 'delete'],
  ['s', 'search'],
];
/** Version 1 says read for read and search, write for the rest. */
const VERSION_1: Readonly<Record<string, string>> = { read: 'rs', write: 'cud', '*': 'cruds' };
/** The letters each at most once and in this order. */
const SCOPE = /^(patient|user|system)\/(\*|[A-Z][A-Za-z]{1,63})\.(read|write|\*|(?=[cruds])c?r?u?d?s?)(?:\?(.+))?$/;

/**
 * One scope, or undefined for one that is not about resources (`openid`, `launch/patient`) or not written as the
 * specification says: it grants nothing. `isType` tells R4's resource types.
 */
export function parseScope(text: string, isType: (name: string) => boolean): Scope | undefined {
  const [, level, type = '', rights = '', query] = SCOPE.exec(text) ?? [];
  if (level === undefined || (type !== '*' && !isType(type))) return undefined;
  const inVersion1 = VERSION_1[rights];
  // Only version 2 narrows.
  if (inVersion1 !== undefined && query !== undefined) return undefined;
  const letters = inVersion1 ?? rights;
  const narrowing = query === undefined ? [] : narrowingOf(query);
  if (narrowing === undefined) return undefined;
  return {
    level: level as Scope['level'],
    type,
    permissions: new Set(LETTERS.filter(([letter]) => letters.includes(letter)).map(([, permission]) => permission)),
    narrowing,
  };
}

/** undefined for what does not narrow: taken for nothing, it would leave everything. */
function narrowingOf(query: string): [string, string][] | undefined {
  try {
    const pairs = pairsOf(query);
    return pairs.length > 0 && pairs.every(([name, value]) => name !== '' && value !== '') ? pairs : undefined;
  } catch {
    return undefined;
  }
}

/** The scopes about resources in a space-separated list. */
export function parseScopes(list: string, isType: (name: string) => boolean): Scope[] {
  return list.split(' ').flatMap((text) => parseScope(text, isType) ?? []);
}
