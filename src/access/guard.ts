/**
 * Refuses an interaction that no policy gives a caller, whatever the data are, before anything is read. What he may see and
 * change by those that he has is the store's to say. https://hl7.org/fhir/R4/http.html#summary
 */
import { FhirError } from '../r4/errors.js';
import type { Action } from './policy.js';
import type { Rules } from './rules.js';

/** What of an interaction says what it is. */
export interface Guarded {
  code: string;
  operation?: { name: string };
}
export interface GuardedRequest {
  type: string;
  member?: string;
  parameters: readonly (readonly [string, string])[];
  ifNoneExist: string | undefined;
}

/** Throws `access-refused` for what is not given at all. */
export type Guard = (interaction: Guarded, request: GuardedRequest) => void;

/** What each interaction on a type needs: all of the list, of a list in it one. */
const NEEDS: Readonly<Record<string, readonly (Action | readonly Action[])[]>> = {
  read: ['read'],
  vread: ['read'],
  'history-instance': ['read'],
  'history-type': ['search'],
  'search-type': ['search'],
  create: ['create'],
  // A PUT to a new id creates.
  update: [['update', 'create']],
  patch: ['update'],
  delete: ['delete'],
  'conditional-update': ['search', ['update', 'create']],
  'conditional-patch': ['search', 'update'],
  'conditional-delete': ['search', 'delete'],
};
/** Those that rewrite what refers to a resource, seen or not: for who sees and changes all. */
const WHOLE: ReadonlySet<string> = new Set(['merge', 'unmerge']);

export function guardOf(rules: Rules, types: ReadonlySet<string>): Guard {
  const { permissions } = rules;
  const gives = (type: string, action: Action) => rules.extent(type, action) !== 'none';
  const refuse = (type: string, action: string): never => {
    throw new FhirError('access-refused', { type: type === '' ? '*' : type, action });
  };
  const searchesAny = (among: Iterable<string>) => {
    for (const type of among) if (types.has(type) && gives(type, 'search')) return;
    refuse('', 'search');
  };
  return ({ code, operation }, { type, member, parameters, ifNoneExist }) => {
    if (operation !== undefined) {
      const { name } = operation;
      if (!permissions.operation(name, type)) refuse(type, `$${name}`);
      if (WHOLE.has(name) && !permissions.isWhole()) refuse(type, `$${name}`);
      return;
    }
    switch (code) {
      // Each entry is asked by itself.
      case 'capabilities':
      case 'batch':
      case 'transaction':
        return;
      case 'search-system': {
        const named = parameters.filter(([name]) => name === '_type').flatMap(([, value]) => value.split(','));
        return searchesAny(named.length === 0 ? types : named);
      }
      case 'history-system':
        return searchesAny(types);
      case 'search-compartment':
        return searchesAny(member === undefined || member === '*' ? types : [member]);
      default: {
        const needs = NEEDS[code] ?? refuse(type, code);
        for (const need of code === 'create' && ifNoneExist !== undefined ? [...needs, 'search' as const] : needs) {
          const alternatives = typeof need === 'string' ? [need] : need;
          if (!alternatives.some((action) => gives(type, action))) refuse(type, code);
        }
      }
    }
  };
}
