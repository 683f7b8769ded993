/** The Prefer header. https://hl7.org/fhir/R4/http.html#ops and RFC 7240 */
export interface Preferences {
  return: 'minimal' | 'representation' | 'OperationOutcome';
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
      if (value === 'minimal' || value === 'representation' || value === 'OperationOutcome') found.return = value;
    } else if (name === 'handling' && found.lenient === undefined) found.lenient = value === 'lenient';
  }
  return { ...DEFAULTS, ...found };
}
