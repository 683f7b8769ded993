/**
 * What an interaction is: a function from a request to a result that knows nothing of HTTP's wire. Routes, batch
 * entries, the command line and the tests go through the same functions. https://hl7.org/fhir/R4/http.html
 */

import type { CapabilityStatementRestSecurity } from '@medplum/fhirtypes';
import type { Access } from '../access/access.js';
import type { Caller } from '../access/caller.js';
import type { Guard } from '../access/guard.js';
import type { Feed } from '../dmp/feed.js';
import type { InsiClient } from '../identity/insi.js';
import type { IdentityPolicy } from '../identity/rules.js';
import type { SearchIndex } from '../indexing/search-index.js';
import type { Definitions } from '../r4/definitions/index.js';
import type { Issue, Language } from '../r4/errors.js';
import type { ScannedObject } from '../r4/json.js';
import type { SearchRegistry } from '../search/registry.js';
import type { Store, StoredVersion } from '../store/store.js';
import type { Terminology } from '../terminology/index.js';
import type { Validator } from '../validation/index.js';
import type { Incoming } from './incoming.js';
import type { Origin, Trace } from './trace.js';

/** What lives as long as the server. */
export interface Services {
  store: Store;
  registry: SearchRegistry;
  searchIndex: SearchIndex;
  /** All that the server does: interactions and operations. */
  interactions: readonly Interaction[];
  /** Another one after each change of what is defined. */
  validator: Validator;
  /** The definitions and their validator with these resources, as far as they define something. */
  defining(resources: readonly object[]): { known: Definitions; validator: Validator };
  /** R4's and the operator's. */
  definitions: Definitions;
  /** These and what clients stored; others after each change. */
  known: Definitions;
  terminology: Terminology;
  /** The resource types served. */
  types: ReadonlySet<string>;
  validation: 'enforce' | 'warn' | 'off';
  /** By type: canonicals of which a resource must keep one. */
  requiredProfiles: ReadonlyMap<string, readonly string[]>;
  identity: IdentityPolicy;
  /** Is a Patient that is created compared with those that are there? */
  warnsOfDuplicates: boolean;
  /** The national service that knows the INS; absent where it is not asked. */
  insi: InsiClient | undefined;
  /** What feeds the DMP; absent where nothing does. */
  feed?: Feed | undefined;
  timeZone: string;
  updateCreate: boolean;
  defaultCount: number;
  maxCount: number;
  /** Resources that `_include` and `_revinclude` add to a page at most. */
  maxInclude: number;
  /** Entries that a batch or transaction has at most. */
  maxEntries: number;
  /** The largest body taken, in bytes. */
  bodyLimit: number;
  /** The largest content taken as itself, in bytes. */
  contentLimit: number;
  /** Name and version, for the CapabilityStatement. */
  software: { name: string; version: string };
  /** What the policies make of callers; asked for where there is one. */
  access(): Access;
  /** Of a request with a caller: refuses what is not given to him, before anything is read. */
  guard?: Guard;
  /** What the CapabilityStatement says of access; absent without access control. */
  security?: () => CapabilityStatementRestSecurity;
  /** Where what is done is traced. */
  trace?: Trace | undefined;
}

/** What belongs to one request. */
export interface Context {
  services: Services;
  /** The FHIR base as the client knows it, without a slash at its end. */
  baseUrl: string;
  language: Language;
  /** `Prefer: handling=lenient`. */
  lenient: boolean;
  /** Who asks. Absent without access control (AUTH=off) and for the server's own work: everything is open. */
  caller?: Caller;
  /** The reason for which he breaks the glass, for the trace. */
  breakGlass?: string;
  /** Where the request came from; absent for the server's own work. */
  origin?: Origin;
  /** `Prefer: return`, where it was asked for. */
  returns?: 'minimal' | 'representation' | 'OperationOutcome';
}

/** The parts of a request that interactions read; '' and `undefined` stand for absent. */
export interface InteractionRequest {
  type: string;
  id: string;
  vid: string;
  /** The type of the members of a compartment, or `*`. */
  member?: string;
  /** The query string's (or form's) pairs, decoded, in order, without `_format` and `_pretty`. */
  parameters: readonly (readonly [string, string])[];
  body: ScannedObject | undefined;
  ifMatch: string | undefined;
  ifNoneMatch: string | undefined;
  ifModifiedSince: string | undefined;
  ifNoneExist: string | undefined;
  /** The Bundle that it came in, as an entry of a transaction. */
  around?: object;
  /** The `data` of the body, a Binary, are the address of a content that is kept already. */
  content?: string;
  /** Of an entry of a transaction: its body as it was read before, and the id that a create gives. */
  prepared?: Incoming;
  newId?: string;
}

export interface Result {
  status: number;
  /** The version behind the answer: gives ETag, Last-Modified and the body. */
  version?: StoredVersion;
  /** The body when it is not a stored version: a Bundle or a CapabilityStatement, as JSON text. */
  text?: string;
  /** Say where the version lives (Location). */
  located?: boolean;
  /** Where the outcome of what goes on will be found (Content-Location). */
  contentLocation?: string;
  /** Findings that did not stop the interaction. */
  issues?: readonly Issue[];
}

export type Level = 'instance' | 'type' | 'system';

/** One row of the registry of interactions: routes and CapabilityStatement are made from it. */
export interface Interaction {
  /** https://hl7.org/fhir/R4/valueset-restful-interaction.html, a conditional form of one, or `operation`. */
  code: string;
  level: Level;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the base; `:type`, `:id` and `:vid` are filled from the URL. */
  path: string;
  /** The only type that has it, which its path names: it goes before the one that all types have. */
  type?: string;
  /** A FHIR resource is read from the body; `optional` where there may be none. */
  takesBody: boolean | 'optional';
  /** What it adds to the CapabilityStatement's `rest.resource`: of its type alone, where it has one. */
  capability?: Record<string, unknown>;
  /** Canonicals of the guides' own statements that the server keeps with it. */
  instantiates?: readonly string[];
  /** For operations: the name without `$`, and the canonical of its definition, or of one for each type that has it. */
  operation?: { name: string; definition: string } | { name: string; definitions: Readonly<Record<string, string>> };
  run(request: InteractionRequest, context: Context): Promise<Result>;
}
