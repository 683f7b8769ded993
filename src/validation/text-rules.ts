/**
 * Rules on texts and addresses that an establishment may switch on; R4 itself allows both.
 * https://hl7.org/fhir/R4/security.html#narrative
 */
import { fail, shown } from './explain.js';
import type { Check } from './plan.js';

export interface TextRules {
  /** `refuse`: an address that RFC 2606 keeps for examples has no place in a record. Default `allow`. */
  exampleUrls?: 'allow' | 'refuse';
  /** `refuse`: no string holds what a browser would read as HTML. Default `allow`. */
  htmlInText?: 'allow' | 'refuse';
}

const EXAMPLE = /^[a-z][a-z0-9+.-]*:\/\/([^/?#:]+\.)?example(\.(org|com|net))?([:/?#]|$)/i;
/** A tag, a comment or a doctype as browsers read them: `a < b` is none. */
const HTML = /<(?:!|\/?[a-z][a-z0-9]*(?=[\s/>]))[^<]*>/i;

/** The rule of each primitive type that has one. */
export function textRules({ exampleUrls, htmlInText }: TextRules): ReadonlyMap<string, Check> {
  const rules = new Map<string, Check>();
  if (exampleUrls === 'refuse') {
    const check: Check = (value, at, run) =>
      !EXAMPLE.test(value as string) || fail(run, at, 'example-url', { url: shown(value) });
    for (const type of ['uri', 'url', 'canonical']) rules.set(type, check);
  }
  if (htmlInText === 'refuse') {
    rules.set(
      'string',
      (value, at, run) => !HTML.test(value as string) || fail(run, at, 'html-in-string', { value: shown(value) }),
    );
  }
  return rules;
}
