/** `_include` and `_revinclude`. https://hl7.org/fhir/R4/search.html#revinclude */

import type { Bilingual } from '../r4/errors.js';
import { FhirError } from '../r4/errors.js';
import { nearMiss } from '../r4/near-miss.js';
import { readyOf } from './conditions.js';
import type { SearchRegistry, ServedParameter } from './registry.js';

/** References of one kind to follow, in one direction or the other. */
export interface Inclusion {
  reverse: boolean;
  /** Also from what was included. */
  iterate: boolean;
  /** The type that holds the reference; `undefined` for any. */
  source: string | undefined;
  /** The keys of the reference indexes; `undefined` for every reference. */
  keys: readonly string[] | undefined;
  /** The type that it points to, where one is asked for. */
  target: string | undefined;
}

/**
 * `Encounter:patient`, `Encounter:subject:Patient`, `Encounter:*` or `*`. Throws FhirError `bad-include`; `notes` takes
 * what the inclusion leaves out.
 */
export function inclusionOf(
  type: string | undefined,
  name: string,
  value: string,
  registry: SearchRegistry,
  notes: FhirError[],
): Inclusion {
  const [parameter = '', modifier, ...none] = name.split(':');
  if (none.length > 0 || (modifier !== undefined && modifier !== 'iterate')) {
    throw new FhirError('unknown-modifier', {
      name: parameter,
      modifier: name.slice(parameter.length + 1, 64),
      valid: 'iterate',
    });
  }
  const reverse = parameter === '_revinclude';
  const iterate = modifier === 'iterate';
  if (value === '*') return { reverse, iterate, source: undefined, keys: undefined, target: undefined };
  const [source = '', code = '', target, ...more] = value.split(':');
  if (source === '' || code === '' || more.length > 0) throw bad(name, value, FORM);
  for (const one of [source, target]) {
    if (one === undefined || registry.types.has(one)) continue;
    const near = nearMiss(one, registry.types);
    throw bad(name, value, {
      en: `${one.slice(0, 64)} is not a type served here${near === '' ? '' : `, did you mean ${near}?`}`,
      fr: `${one.slice(0, 64)} n’est pas un type servi ici${near === '' ? '' : `, vouliez-vous dire ${near} ?`}`,
    });
  }
  // The second hop of a guide's search goes without :iterate: from another type than the one searched it means nothing else.
  const further = iterate || (!reverse && type !== undefined && source !== type);
  if (code === '*') return { reverse, iterate: further, source, keys: undefined, target };
  const definitions = registry.parameter(source, code).filter(isReference);
  if (definitions.length === 0) {
    const valid = registry.parameters(source).filter(isReference);
    const names = [...new Set(valid.map((one) => one.code))];
    const near = nearMiss(code, names);
    throw bad(name, value, {
      en: `${source} has no such reference${near === '' ? '' : `, did you mean ${near}?`} Valid: ${names.join(', ')}`,
      fr: `${source} n’a pas cette référence${near === '' ? '' : `, vouliez-vous dire ${near} ?`} Valides : ${names.join(', ')}`,
    });
  }
  const ready = readyOf(source, code, definitions, registry, notes);
  return { reverse, iterate: further, source, keys: ready.map(({ key }) => key), target };
}

export function isReference({ kind, places }: ServedParameter): boolean {
  return typeof kind === 'object' && kind.kind === 'reference' && places.has('Reference');
}

const FORM = {
  en: 'Type:parameter, Type:parameter:Target, Type:* or * is expected',
  fr: 'Type:paramètre, Type:paramètre:Cible, Type:* ou * est attendu',
};

function bad(name: string, value: string, reason: Bilingual): FhirError {
  return new FhirError(
    'bad-search-value',
    { name, value: value.slice(0, 100), reason },
    { expression: `http.${name}` },
  );
}
