/**
 * Parts of a parameter's index under names of their own, so that what belongs together is one value to look for: no
 * store needs a table for quantities or composites. The bar is no character of a parameter's code.
 */
const PART = '\u0004';
/** What is indexed of a contained resource, behind the index that leads to it. */
export const WITHIN = '\u0005';

const OF_TYPE = `${PART}of-type`;

/** Text that goes with codes, for `:text`. */
export const textKey = (key: string) => `${key}${PART}text`;
/** `Reference.identifier`, for `:identifier`. */
export const identifierKey = (key: string) => `${key}${PART}identifier`;
/** Identifiers with their types, for `:of-type`: the system is the type's, the code is `code|value`. */
export const ofTypeKey = (key: string) => key + OF_TYPE;
export const isOfTypeKey = (key: string) => key.endsWith(OF_TYPE);

/** A quantity in units that UCUM makes comparable; the unit is canonical. */
export const canonicalKey = (key: string, unit: string) => `${key}${PART}u${PART}${unit}`;
/** A quantity by its unit as coded: system and code; '' for any system, then also by the unit's text. */
export const unitKey = (key: string, system: string, code: string) => `${key}${PART}q${PART}${system}${PART}${code}`;

/** What goes with a code in a composite: `undefined` for any system, '' for none. */
export const compositeKey = (key: string, system: string | undefined, code: string | undefined) =>
  `${key}${PART}c${system === undefined ? '' : PART + system}${PART}${PART}${code ?? ''}`;

/** The parameter's own index, of one of its parts or of what is contained (contained.ts). */
export const ownKey = (key: string): string => {
  const at = [...key].findIndex((one) => one === PART || one === WITHIN);
  return at < 0 ? key : key.slice(0, at);
};
