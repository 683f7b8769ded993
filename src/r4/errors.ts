/**
 * Every error that the server can answer, in one table: HTTP status, FHIR issue code, and the text in English and
 * French. https://hl7.org/fhir/R4/operationoutcome.html
 */
import type { Position } from './locate.js';
import { SEARCH_ERRORS } from './search-errors.js';
import type { VALIDATION_MESSAGES } from './validation-messages.js';

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
  'patch-malformed': {
    status: 400,
    issue: 'invalid',
    en: 'The patch cannot be read: {reason}.',
    fr: 'Le patch ne peut être lu : {reason}.',
  },
  'patch-inapplicable': {
    status: 422,
    issue: 'processing',
    en: 'The patch cannot be applied: {reason}.',
    fr: 'Le patch ne peut être appliqué : {reason}.',
  },
  'patch-identity': {
    status: 422,
    issue: 'business-rule',
    en: 'A patch does not change the id or the type of a resource.',
    fr: 'Un patch ne change ni l’id ni le type d’une ressource.',
  },
  'condition-no-match': {
    status: 404,
    issue: 'not-found',
    en: 'No resource matches the condition.',
    fr: 'Aucune ressource ne répond à la condition.',
  },
  contended: {
    status: 409,
    issue: 'conflict',
    en: 'Others changed the resource at the same time; it can be tried again.',
    fr: 'D’autres ont modifié la ressource en même temps ; un nouvel essai est possible.',
  },
  'bundle-type': {
    status: 400,
    issue: 'value',
    en: 'A Bundle that is posted to the base is a batch or a transaction, not "{found}".',
    fr: 'Un Bundle posté sur la base est un batch ou une transaction, non « {found} ».',
  },
  'too-many-entries': {
    status: 413,
    issue: 'too-long',
    en: 'The Bundle has more than {max} entries (MAX_ENTRIES).',
    fr: 'Le Bundle a plus de {max} entrées (MAX_ENTRIES).',
  },
  'entry-request': {
    status: 400,
    issue: 'required',
    en: 'The entry has no request with a method and a url.',
    fr: 'L’entrée n’a pas de request avec une method et une url.',
  },
  'bad-entry': {
    status: 400,
    issue: 'not-supported',
    en: 'No interaction answers to {method} {url}.',
    fr: 'Aucune interaction ne répond à {method} {url}.',
  },
  'not-in-transaction': {
    status: 400,
    issue: 'not-supported',
    en: 'This is not served inside a transaction.',
    fr: 'Ceci n’est pas servi dans une transaction.',
  },
  'entries-overlap': {
    status: 400,
    issue: 'duplicate',
    en: 'Another entry of the transaction writes the same resource.',
    fr: 'Une autre entrée de la transaction écrit la même ressource.',
  },
  'reference-not-found': {
    status: 412,
    issue: 'not-found',
    en: 'A conditional reference finds no {type}.',
    fr: 'Une référence conditionnelle ne trouve aucun {type}.',
  },
  'reference-ambiguous': {
    status: 412,
    issue: 'multiple-matches',
    en: 'A conditional reference finds several {type}; it must find one.',
    fr: 'Une référence conditionnelle trouve plusieurs {type} ; elle doit en trouver un.',
  },
  'reference-not-in-bundle': {
    status: 400,
    issue: 'not-found',
    en: 'A reference names a fullUrl that no entry has.',
    fr: 'Une référence nomme un fullUrl qu’aucune entrée ne porte.',
  },
  'multiple-matches': {
    status: 412,
    issue: 'multiple-matches',
    en: 'Several resources match the condition; it must match one at most.',
    fr: 'Plusieurs ressources répondent à la condition ; une au plus doit y répondre.',
  },
  'condition-empty': {
    status: 400,
    issue: 'required',
    en: 'A conditional request needs at least one search criterion.',
    fr: 'Une requête conditionnelle demande au moins un critère de recherche.',
  },
  'condition-result-parameter': {
    status: 400,
    issue: 'invalid',
    en: '{name} is not a search criterion and has no place in a condition.',
    fr: '{name} n’est pas un critère de recherche et n’a pas sa place dans une condition.',
  },
  'update-create-off': {
    status: 405,
    issue: 'not-supported',
    en: '{type}/{id} does not exist, and this server does not let clients choose ids (UPDATE_CREATE).',
    fr: '{type}/{id} n’existe pas, et ce serveur ne laisse pas le client choisir l’identifiant (UPDATE_CREATE).',
  },
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
  'bad-header': {
    status: 400,
    issue: 'value',
    en: 'The header {name} cannot be read: {reason}.',
    fr: 'L’en-tête {name} est illisible : {reason}.',
  },
  'bad-expectation': {
    status: 417,
    issue: 'not-supported',
    en: 'The header Expect asks for what this server does not do.',
    fr: 'L’en-tête Expect demande ce que ce serveur ne fait pas.',
  },
  'no-host': {
    status: 400,
    issue: 'required',
    en: 'The request has no Host header.',
    fr: 'La requête n’a pas d’en-tête Host.',
  },
  'bad-url': {
    status: 400,
    issue: 'value',
    en: 'The URL cannot be read.',
    fr: 'L’URL est illisible.',
  },
  'not-acceptable': {
    status: 406,
    issue: 'not-supported',
    en: 'Only FHIR R4 as JSON or XML is answered (application/fhir+json, application/fhir+xml).',
    fr: 'Seul FHIR R4 en JSON ou en XML est servi (application/fhir+json, application/fhir+xml).',
  },
  'unsupported-media-type': {
    status: 415,
    issue: 'not-supported',
    en: 'The content type is not one of those read here: {valid}.',
    fr: 'Le type de contenu n’est pas de ceux lus ici : {valid}.',
  },
  'unsupported-fhir-version': {
    status: 415,
    issue: 'not-supported',
    en: 'This server speaks FHIR 4.0 only.',
    fr: 'Ce serveur ne parle que FHIR 4.0.',
  },
  'bad-encoding': {
    status: 400,
    issue: 'structure',
    en: 'The body is not what its Content-Encoding says.',
    fr: 'Le corps n’est pas ce que dit son Content-Encoding.',
  },
  'unsupported-encoding': {
    status: 415,
    issue: 'not-supported',
    en: 'The content encoding is not one of those read here: gzip, identity.',
    fr: 'L’encodage du contenu n’est pas de ceux lus ici : gzip, identity.',
  },
  'too-large': {
    status: 413,
    issue: 'too-long',
    en: 'The body is larger than {max} bytes.',
    fr: 'Le corps dépasse {max} octets.',
  },
  'too-large-for-store': {
    status: 413,
    issue: 'too-long',
    en: 'The resource and what is searched of it do not fit into one record of the store.',
    fr: 'La ressource et ce qui s’y recherche ne tiennent pas dans un enregistrement de l’entrepôt.',
  },
  'url-too-long': {
    status: 414,
    issue: 'too-long',
    en: 'The URL is longer than {max} characters.',
    fr: 'L’URL dépasse {max} caractères.',
  },
  'header-too-large': {
    status: 431,
    issue: 'too-long',
    en: 'The headers are larger than the server allows.',
    fr: 'Les en-têtes dépassent ce que le serveur permet.',
  },
  'no-such-route': {
    status: 404,
    issue: 'not-found',
    en: 'There is nothing at this address; the FHIR base is {base}.',
    fr: 'Il n’y a rien à cette adresse ; la base FHIR est {base}.',
  },
  'method-not-allowed': {
    status: 405,
    issue: 'not-supported',
    en: '{method} is not possible here. Allowed: {allowed}.',
    fr: '{method} n’est pas possible ici. Permis : {allowed}.',
  },
  timeout: {
    status: 408,
    issue: 'timeout',
    en: 'The request took too long to arrive.',
    fr: 'La requête a mis trop de temps à arriver.',
  },
  'bad-request': {
    status: 400,
    issue: 'structure',
    en: 'The request is not well-formed HTTP.',
    fr: 'La requête n’est pas du HTTP bien formé.',
  },
  overloaded: {
    status: 503,
    issue: 'throttled',
    en: 'The server has as many requests under way as it takes (MAX_REQUESTS); try again shortly.',
    fr: 'Le serveur traite déjà autant de requêtes qu’il en accepte (MAX_REQUESTS) ; réessayez sous peu.',
  },
  'store-full': {
    status: 507,
    issue: 'no-store',
    en: 'There is no room left to store this; nothing of it was stored.',
    fr: 'Il n’y a plus de place pour stocker ceci ; rien n’en a été stocké.',
  },
  'store-damaged': {
    status: 503,
    issue: 'exception',
    en: 'The store is damaged and takes no more writes, so that no more is lost; an operator has to restore it.',
    fr: 'Le stockage est endommagé et ne prend plus d’écriture, pour ne rien perdre de plus ; un exploitant doit le restaurer.',
  },
  unavailable: {
    status: 503,
    issue: 'transient',
    en: 'The database cannot be reached or is busy; try again shortly.',
    fr: 'La base de données est injoignable ou occupée ; réessayez sous peu.',
  },
  stopping: {
    status: 503,
    issue: 'transient',
    en: 'The server is stopping; try again shortly.',
    fr: 'Le serveur s’arrête ; réessayez sous peu.',
  },
  internal: {
    status: 500,
    issue: 'exception',
    en: 'An unexpected error happened; the log names it under the request id {request}.',
    fr: 'Une erreur inattendue s’est produite ; le journal la nomme sous l’identifiant de requête {request}.',
  },
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

/** What every layer throws: a row of the table, its parameters, and the findings behind it where there are any. */
export class FhirError extends Error {
  override name = 'FhirError';
  readonly key: ErrorKey;
  readonly params: Params;
  readonly issues: readonly Issue[];
  /** FHIRPath or search parameter that the error is about. */
  readonly expression: string | undefined;
  constructor(key: ErrorKey, params: Params = {}, more: { issues?: readonly Issue[]; expression?: string } = {}) {
    super(key);
    this.key = key;
    this.params = params;
    this.issues = more.issues ?? [];
    this.expression = more.expression;
  }
  get status(): number {
    return ERRORS[this.key].status;
  }
}
