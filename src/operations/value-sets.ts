/** The value set that an operation is about, and its codes, as far as they are known here. */
import type { Context, InteractionRequest } from '../interactions/interaction.js';
import { FhirError } from '../r4/errors.js';
import { type Coded, type Codes, MAX_CODES, TooManyCodes, ValueSetContent } from '../terminology/index.js';
import type { Input } from './input.js';

/** A name for messages, and the content. */
export interface AskedSet {
  canonical: string;
  content: ValueSetContent;
}

/**
 * By instance, given whole (`valueSet`), or by canonical (`url`, `valueSetVersion`). Throws `not-found`, `gone`,
 * `value-set-unknown`, `parameter-missing`, and `invalid` for one that is sent and is no ValueSet.
 */
export async function askedSet(input: Input, request: InteractionRequest, context: Context): Promise<AskedSet> {
  const { known, store } = context.services;
  if (request.id !== '') {
    const version = await store.read('ValueSet', request.id);
    if (version === undefined) throw new FhirError('not-found', { type: 'ValueSet', id: request.id });
    if (version.deleted) throw new FhirError('gone', { type: 'ValueSet', id: request.id });
    return { canonical: `ValueSet/${request.id}`, content: ValueSetContent.written(JSON.parse(version.text), known) };
  }
  const whole = input.resource('valueSet', 'ValueSet');
  if (whole !== undefined) {
    const issues = context.services.validator.validate(whole).filter(({ severity }) => severity === 'error');
    if (issues.length > 0) throw new FhirError('invalid', {}, { issues });
    const canonical = typeof whole.url === 'string' ? whole.url.slice(0, 200) : 'valueSet';
    return { canonical, content: ValueSetContent.written(whole, known) };
  }
  const url = input.text('url');
  if (url === undefined || url === '') throw new FhirError('parameter-missing', { names: 'url, valueSet' });
  const version = input.text('valueSetVersion');
  const canonical = version === undefined ? url : `${url.split('|')[0]}|${version}`;
  const content = ValueSetContent.known(canonical, known);
  if (content === undefined) throw new FhirError('value-set-unknown', { canonical: canonical.slice(0, 200) });
  return { canonical: canonical.slice(0, 200), content };
}

/** All codes. Throws `value-set-open`, `value-set-too-large`. */
export function allCodes({ canonical, content }: AskedSet): readonly Coded[] {
  try {
    const codes = content.list();
    if (codes === undefined) throw new FhirError('value-set-open', { canonical });
    return codes;
  } catch (error) {
    if (error instanceof TooManyCodes) throw new FhirError('value-set-too-large', { canonical, max: MAX_CODES });
    throw error;
  }
}

/** Whether a code is in it can be told of more value sets than all codes can. Throws `value-set-open`. */
export function membership({ canonical, content }: AskedSet): Codes {
  const codes = content.membership();
  if (codes === undefined) throw new FhirError('value-set-open', { canonical });
  return codes;
}
