/** The value set or code system that an operation is about, as far as its codes are known here. */
import type { Context, InteractionRequest } from '../interactions/interaction.js';
import { current } from '../interactions/read.js';
import { FhirError, isError } from '../r4/errors.js';
import {
  type Coded,
  type Codes,
  GRAMMARS,
  MAX_CODES,
  TooManyCodes,
  type ValueSet,
  ValueSets,
} from '../terminology/index.js';
import type { Input } from './parameters.js';

/** Longer canonicals are cut in messages. */
const SHOWN = 200;

/** A name for messages, and the value set: its canonical, or itself. */
export interface AskedSet {
  name: string;
  set: string | ValueSet;
}

/**
 * By instance, given whole (`valueSet`), or by canonical (`url`, `valueSetVersion`). Throws `not-found`, `gone`,
 * `value-set-unknown`, `parameter-missing`, and `invalid` for one that is no ValueSet.
 */
export async function askedSet(input: Input, request: InteractionRequest, context: Context): Promise<AskedSet> {
  const { services } = context;
  if (request.id !== '') {
    const { text } = await current(request, services);
    return { name: `ValueSet/${request.id}`, set: sound(JSON.parse(text), context) };
  }
  const whole = input.resource('valueSet', 'ValueSet');
  if (whole !== undefined) {
    return { name: typeof whole.url === 'string' ? whole.url.slice(0, SHOWN) : 'valueSet', set: sound(whole, context) };
  }
  const url = input.text('url');
  if (url === undefined || url === '') throw new FhirError('parameter-missing', { names: 'url, valueSet' });
  const version = input.text('valueSetVersion');
  const canonical = version === undefined ? url : `${url.split('|')[0]}|${version}`;
  const name = canonical.slice(0, SHOWN);
  if (!ValueSets.of(services.known).knows(canonical)) throw new FhirError('value-set-unknown', { canonical: name });
  return { name, set: canonical };
}

/** Whatever the server stores: what is broken cannot be worked out. */
function sound(resource: object, { services }: Context): ValueSet {
  const issues = services.validator.validate(resource).filter(isError);
  if (issues.length > 0) throw new FhirError('invalid', {}, { issues });
  return resource;
}

/** All codes. Throws `value-set-open`, `value-set-too-large`. */
export function allCodes({ name, set }: AskedSet, { services }: Context): readonly Coded[] {
  try {
    const codes = ValueSets.of(services.known).list(set);
    if (codes === undefined) throw new FhirError('value-set-open', { canonical: name });
    return codes;
  } catch (error) {
    if (error instanceof TooManyCodes) throw new FhirError('value-set-too-large', { canonical: name, max: MAX_CODES });
    throw error;
  }
}

/** What the value set itself calls its codes, by system. https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.compose.include.concept.display */
export function ownDisplays(
  { set }: AskedSet,
  { services }: Context,
): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const written = typeof set === 'string' ? (services.known.authored('ValueSet', set) as ValueSet | undefined) : set;
  const displays = new Map<string, Map<string, string>>();
  for (const { system, concept = [] } of written?.compose?.include ?? []) {
    if (system === undefined) continue;
    const ofSystem = displays.get(system) ?? new Map();
    displays.set(system, ofSystem);
    for (const { code, display } of concept) {
      if (code !== undefined && display !== undefined) ofSystem.set(code, display);
    }
  }
  return displays;
}

/** Whether a code is in it can be told of more value sets than all codes can. Throws `value-set-open`. */
export function membership({ name, set }: AskedSet, { services }: Context): Codes {
  const sets = ValueSets.of(services.known);
  const codes = typeof set === 'string' ? sets.codes(set) : sets.ofWritten(set);
  if (codes === undefined) throw new FhirError('value-set-open', { canonical: name });
  return codes;
}

/** Which codes a code system has. Throws `code-system-unknown`. */
export function codesOfSystem(canonical: string, { services }: Context): (code: string) => boolean {
  const hierarchy = services.known.hierarchy(canonical);
  if (hierarchy !== undefined) return (code) => hierarchy.has(code);
  const grammar = GRAMMARS.get(canonical);
  if (grammar === undefined) throw new FhirError('code-system-unknown', { system: canonical.slice(0, SHOWN) });
  return grammar;
}
