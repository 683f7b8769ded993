/** https://hl7.org/fhir/R4/xml.html */
export const FHIR = 'http://hl7.org/fhir';
export const XHTML = 'http://www.w3.org/1999/xhtml';
