/**
 * Policies: who may do what with which resources, as data. A file of them is read, checked against its schema and told
 * where it is wrong. docs/adr/0040-a-caller-sees-a-store-of-his-own.md
 */
import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import type { Caller } from './caller.js';
import { type Condition, PolicyError } from './condition.js';
import { POLICY_SCHEMA } from './policy-schema.js';

export type Action = 'read' | 'search' | 'create' | 'update' | 'delete';
export const ACTIONS: readonly Action[] = ['read', 'search', 'create', 'update', 'delete'];

/** To whom a policy applies: all that is said must be true of him; of a list one is enough. */
export interface Whom {
  kinds?: readonly Caller['kind'][];
  /** Codes of professions, or roles of the operator's own. */
  roles?: readonly string[];
  specialties?: readonly string[];
  clients?: readonly string[];
  /** Does he act for one of the structures in `walls`? */
  walls?: 'inside' | 'outside';
  /** A patient asks for himself, or somebody for him. */
  acts?: 'himself' | 'for-another';
}

/** A resource fits when it fits all that is said here. */
export interface Where {
  /** Resource types, `*`, or `common`: those that tell of nobody in care. */
  types: readonly string[];
  /** True of the resource. */
  where?: Condition;
  /** True of the Patient that it is of; a type that is of no patient never fits. */
  patient?: Condition;
}

export interface Grant extends Where {
  /** `read` is read, vread and the history of an instance, `search` the other searches and histories, `$name` an operation. */
  interactions: readonly string[];
}
/** What fits is refused, whatever grants say, unless it fits `unless`. */
export interface Refusal extends Where {
  interactions?: readonly string[];
  unless?: Condition;
}
/** Elements at the top of resources that are cut, whatever other policies say. */
export interface Hiding {
  types: readonly string[];
  elements: readonly string[];
}

export interface Policy {
  name: string;
  title?: string;
  for: Whom;
  /** It applies when he breaks the glass, and else not. */
  breakGlass?: boolean;
  /** It applies until he breaks the glass. */
  untilBreakGlass?: boolean;
  grants?: readonly Grant[];
  refusals?: readonly Refusal[];
  hides?: readonly Hiding[];
}

export interface Policies {
  title?: string;
  /** FINESS numbers of the structures whose walls `walls` speaks of; without any everybody is inside. */
  walls?: readonly string[];
  /** For how long one reason breaks the glass. */
  breakGlassMinutes?: number;
  conditions?: Readonly<Record<string, Condition>>;
  policies: readonly Policy[];
}

/** The sets that come with the server, by the name that POLICIES may give. */
export const DEFAULT_SETS = ['ehpad', 'hospital', 'home-care'] as const;

/** `named` is a path or one of DEFAULT_SETS. Throws PolicyError that says what is wrong and where. */
export function readPolicies(named: string): Policies {
  const isOwn = (DEFAULT_SETS as readonly string[]).includes(named);
  const place = isOwn ? new URL(`../../policies/${named}.json`, import.meta.url) : named;
  let text: string;
  try {
    text = readFileSync(place, 'utf8');
  } catch (error) {
    throw new PolicyError(`the file cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  return parsePolicies(text);
}

const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile<Policies>(POLICY_SCHEMA);

/** Throws PolicyError. */
export function parsePolicies(text: string): Policies {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new PolicyError(`it is not JSON: ${(error as Error).message}`);
  }
  if (validate(value)) return value;
  // The deepest say most: of alternatives each that is not meant fails at its top.
  const errors = [...(validate.errors ?? [])].sort((a, b) => b.instancePath.length - a.instancePath.length);
  throw new PolicyError([...new Set(errors.map(told))].slice(0, 3).join('; '));
}

/** `/policies/2/grants/0/types` as `policies[2].grants[0].types`. */
function told({ instancePath, message, params }: ErrorObject): string {
  const place = instancePath
    .replace(/\/(\d+)/g, '[$1]')
    .replaceAll('/', '.')
    .replace(/^\./, '');
  const named = params.additionalProperty ?? params.allowedValues;
  return `${place === '' ? 'the file' : place} ${message}${named === undefined ? '' : ` (${[named].flat().join(', ')})`}`;
}
