/**
 * Every error that the server can answer, in one table: HTTP status, FHIR issue code, and the text in English and
 * French. https://hl7.org/fhir/R4/operationoutcome.html
 */

import { AUDIT_ERRORS } from './audit-errors.js';
import { AUTHENTICATION_ERRORS } from './authentication-errors.js';
import { DMP_ERRORS } from './dmp-errors.js';
import { DOCUMENT_ERRORS } from './document-errors.js';
import { HTTP_ERRORS } from './http-errors.js';
import { IDENTITY_ERRORS } from './identity-errors.js';
import type { Position } from './locate.js';
import { PERMISSION_ERRORS } from './permission-errors.js';
import { SEARCH_ERRORS } from './search-errors.js';
import type { VALIDATION_MESSAGES } from './validation-messages.js';
import { WRITE_ERRORS } from './write-errors.js';

export type Language = 'en' | 'fr';

/** The system of the stable codes in `issue.details.coding`. */
export const ERROR_SYSTEM = 'urn:passerelle:error';

export interface Message {
  /** https://hl7.org/fhir/R4/valueset-issue-type.html */
  issue: string;
  en: string;
  fr: string;
}
interface Row extends Message {
  status: number;
}

const table = {
  ...AUTHENTICATION_ERRORS,
  ...SEARCH_ERRORS,
  'bad-json': {
    status: 400,
    issue: 'structure',
    en: 'The body is not well-formed JSON (line {line}, column {column}).',
    fr: 'Le corps n’est pas du JSON bien formé (ligne {line}, colonne {column}).',
  },
  'bad-xml': {
    status: 400,
    issue: 'structure',
    en: 'The XML cannot be read: {reason} (line {line}, column {column}).',
    fr: 'Le XML ne peut être lu : {reason} (ligne {line}, colonne {column}).',
  },
  'unreadable-file': {
    status: 400,
    issue: 'not-found',
    en: 'The file cannot be read ({code}).',
    fr: 'Le fichier ne peut être lu ({code}).',
  },
  'empty-body': {
    status: 400,
    issue: 'structure',
    en: 'The body is empty; a FHIR resource in JSON is expected.',
    fr: 'Le corps est vide ; une ressource FHIR en JSON est attendue.',
  },
  'not-an-object': {
    status: 400,
    issue: 'structure',
    en: 'The body is not a JSON object; a FHIR resource is one.',
    fr: 'Le corps n’est pas un objet JSON ; une ressource FHIR en est un.',
  },
  'bad-utf8': {
    status: 400,
    issue: 'structure',
    en: 'The body is not valid UTF-8.',
    fr: 'Le corps n’est pas de l’UTF-8 valide.',
  },
  'bad-unicode': {
    status: 400,
    issue: 'structure',
    en: 'A string holds half of a surrogate pair, which is not a character.',
    fr: 'Une chaîne contient la moitié d’une paire de substitution, qui n’est pas un caractère.',
  },
  'too-deep': {
    status: 400,
    issue: 'structure',
    en: 'The JSON is nested deeper than {max} levels.',
    fr: 'Le JSON est imbriqué sur plus de {max} niveaux.',
  },
  'duplicate-key': {
    status: 400,
    issue: 'structure',
    en: 'The key "{name}" stands twice in {path}.',
    fr: 'La clé « {name} » figure deux fois dans {path}.',
  },
  'bad-key': {
    status: 400,
    issue: 'structure',
    en: '{path} holds a key that is not allowed in FHIR.',
    fr: '{path} contient une clé interdite en FHIR.',
  },
  'no-resource-type': {
    status: 400,
    issue: 'structure',
    en: 'The body has no resourceType.',
    fr: 'Le corps n’a pas de resourceType.',
  },
  'wrong-resource-type': {
    status: 400,
    issue: 'invalid',
    en: 'The body is a {found}, but the URL is that of {expected}.',
    fr: 'Le corps est de type {found}, mais l’URL est celle de {expected}.',
  },
  'unknown-type': {
    status: 404,
    issue: 'not-supported',
    en: '"{type}" is not a resource type served here.{near}',
    fr: '« {type} » n’est pas un type de ressource servi ici.{near}',
  },
  'bad-id': {
    status: 400,
    issue: 'value',
    en: '"{id}" is not an id: 1 to 64 of A-Z a-z 0-9 - and . are allowed.',
    fr: '« {id} » n’est pas un identifiant : 1 à 64 caractères parmi A-Z a-z 0-9 - et . sont permis.',
  },
  'id-mismatch': {
    status: 400,
    issue: 'value',
    en: 'The id in the body contradicts the one in the URL.',
    fr: 'L’identifiant du corps contredit celui de l’URL.',
  },
  'match-mismatch': {
    status: 400,
    issue: 'value',
    en: 'The id in the body is not that of the resource that the condition finds.',
    fr: 'L’identifiant du corps n’est pas celui de la ressource que la condition trouve.',
  },
  'id-missing': {
    status: 400,
    issue: 'required',
    en: "An update needs the resource's id in the body, equal to the one in the URL.",
    fr: 'Une mise à jour demande l’identifiant de la ressource dans le corps, égal à celui de l’URL.',
  },
  'bad-meta': {
    status: 400,
    issue: 'structure',
    en: 'meta is an object.',
    fr: 'meta est un objet.',
  },
  'operation-elsewhere': {
    status: 404,
    issue: 'not-supported',
    en: 'The operation {name} is not served at {path}: ask it at {places}, below the base.',
    fr: 'L’opération {name} n’est pas servie à {path} : demandez-la à {places}, sous la base.',
  },
  'unknown-operation': {
    status: 404,
    issue: 'not-supported',
    en: 'There is no operation {name} here.{near}',
    fr: 'Il n’y a pas d’opération {name} ici.{near}',
  },
  'id-taken': {
    status: 409,
    issue: 'duplicate',
    en: '{type}/{id} exists and does not match the condition; nothing was changed.',
    fr: '{type}/{id} existe et ne répond pas à la condition ; rien n’a été modifié.',
  },
  invalid: {
    status: 422,
    issue: 'processing',
    en: 'The resource is not valid.',
    fr: 'La ressource n’est pas valide.',
  },
  'not-found': {
    status: 404,
    issue: 'not-found',
    en: 'There is no {type}/{id}.',
    fr: '{type}/{id} n’existe pas.',
  },
  'version-not-found': {
    status: 404,
    issue: 'not-found',
    en: '{type}/{id} has no version {version}.',
    fr: '{type}/{id} n’a pas de version {version}.',
  },
  gone: {
    status: 410,
    issue: 'deleted',
    en: '{type}/{id} was deleted.',
    fr: '{type}/{id} a été supprimé.',
  },
  'version-conflict': {
    status: 412,
    issue: 'conflict',
    en: 'The current version is not the one named by If-Match; read it again, then repeat the change.',
    fr: 'La version actuelle n’est pas celle d’If-Match ; relisez-la, puis refaites la modification.',
  },
  'already-exists': {
    status: 412,
    issue: 'conflict',
    en: 'If-None-Match asks that the resource not be there in this version, but it is.',
    fr: 'If-None-Match demande que la ressource n’existe pas dans cette version, or elle existe.',
  },
  ...WRITE_ERRORS,
  'value-set-unknown': {
    status: 404,
    issue: 'not-found',
    en: 'The value set {canonical} is not known here.',
    fr: 'Le jeu de valeurs {canonical} n’est pas connu ici.',
  },
  'value-set-open': {
    status: 422,
    issue: 'not-supported',
    en: 'The codes of the value set {canonical} cannot all be told here: a part of it is not known, or has no end.',
    fr: 'Les codes du jeu de valeurs {canonical} ne peuvent tous être énumérés ici : une partie n’est pas connue, ou est sans fin.',
  },
  'value-set-too-large': {
    status: 422,
    issue: 'too-costly',
    en: 'The value set {canonical} has more than {max} codes, or takes too much to work out; narrow it down.',
    fr: 'Le jeu de valeurs {canonical} a plus de {max} codes, ou demande trop de calcul ; restreignez-le.',
  },
  'code-system-unknown': {
    status: 404,
    issue: 'not-found',
    en: 'The codes of the code system {system} are not all known here.',
    fr: 'Les codes du système de codes {system} ne sont pas tous connus ici.',
  },
  'code-not-found': {
    status: 404,
    issue: 'code-invalid',
    en: 'The code system {system} has no code "{code}".',
    fr: 'Le système de codes {system} n’a pas de code « {code} ».',
  },
  'parameter-missing': {
    status: 400,
    issue: 'required',
    en: 'The operation needs {names}.',
    fr: 'L’opération demande {names}.',
  },
  'bad-parameter': {
    status: 400,
    issue: 'value',
    en: 'The parameter {name} does not take this value: {reason}.',
    fr: 'Le paramètre {name} n’accepte pas cette valeur : {reason}.',
  },
  'parameter-not-here': {
    status: 400,
    issue: 'not-supported',
    en: 'The parameter {name} is not one of this interaction. Valid: {valid}.',
    fr: 'Le paramètre {name} n’est pas de cette interaction. Valides : {valid}.',
  },
  ...IDENTITY_ERRORS,
  ...DOCUMENT_ERRORS,
  ...DMP_ERRORS,
  ...HTTP_ERRORS,
  ...AUDIT_ERRORS,
  ...PERMISSION_ERRORS,
} satisfies Record<string, Row>;

export type ErrorKey = keyof typeof table;
export const ERRORS: Readonly<Record<ErrorKey, Row>> = table;
/** Words of our own that go into a message come in both languages; what the client sent comes as it is. */
export interface Bilingual {
  en: string;
  fr: string;
}
export type Params = Record<string, string | number | Bilingual>;

/** One finding about a resource: `key` is a row of VALIDATION_MESSAGES, `expression` a FHIRPath to the element. */
export interface Issue {
  severity: 'fatal' | 'error' | 'warning' | 'information';
  key: keyof typeof VALIDATION_MESSAGES;
  params: Params;
  expression: string;
  /** `canonical|version` of the profile whose rule it is; absent for a rule of R4 itself. */
  profile?: string;
  /** Where it stands in the text that came. */
  position?: Position;
}

/** Does it refuse the resource? */
export const isError = ({ severity }: Issue): boolean => severity === 'error' || severity === 'fatal';

/** Of a text that cannot be read: its message names the place too. */
function positionIn({ line, column }: Params): Position | undefined {
  return typeof line === 'number' && typeof column === 'number' ? { line, column } : undefined;
}

/** What every layer throws: a row of the table, its parameters, and the findings behind it where there are any. */
export class FhirError extends Error {
  override name = 'FhirError';
  readonly key: ErrorKey;
  readonly params: Params;
  readonly issues: readonly Issue[];
  /** FHIRPath or search parameter that the error is about. */
  readonly expression: string | undefined;
  /** Where it stands in the text that came. */
  readonly position: Position | undefined;
  constructor(
    key: ErrorKey,
    params: Params = {},
    more: { issues?: readonly Issue[]; expression?: string; position?: Position } = {},
  ) {
    super(key);
    this.key = key;
    this.params = params;
    this.issues = more.issues ?? [];
    this.expression = more.expression;
    this.position = more.position ?? positionIn(params);
  }
  get status(): number {
    return ERRORS[this.key].status;
  }
}
