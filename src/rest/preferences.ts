/** The Prefer header. https://hl7.org/fhir/R4/http.html#ops and RFC 7240 */
type Return = 'minimal' | 'representation' | 'OperationOutcome';
export interface Preferences {
  return: Return;
  /** `return`, where the client said it. */
  asked?: Return;
  lenient: boolean;
}

const DEFAULTS: Preferences = { return: 'representation', lenient: false };

/** Preferences that are not known are ignored, as RFC 7240 says; the first of a kind counts. */
export function preferences(header: string | undefined): Preferences {
  if (header === undefined) return DEFAULTS;
  const found: Partial<Preferences> = {};
  for (const part of header.split(/[,;]/)) {
    const [name, value = ''] = part.split('=').map((text) => text.trim().replace(/^"|"$/g, ''));
    if (name === 'return' && found.return === undefined) {
      if (value === 'minimal' || value === 'representation' || value === 'OperationOutcome') {
        found.return = value;
        found.asked = value;
      }
    } else if (name === 'handling' && found.lenient === undefined) found.lenient = value === 'lenient';
  }
  return { ...DEFAULTS, ...found };
}
