/** The invented users and clients of AUTH=dev: a data file. */
import type { JSONSchemaType } from 'ajv';
import { readDataFile } from '../data-file.js';

export interface DevUser {
  /** He logs in by it, without a password. */
  id: string;
  name?: string;
  /** `Practitioner/1`, `Patient/1`... */
  fhirUser?: string;
  rpps?: string;
  /** Codes of professions. */
  roles?: string[];
  /** FINESS numbers. */
  structures?: string[];
  tenants?: string[];
  /** The id of the patient in context, where the application does not say. */
  patient?: string;
}

export interface DevClient {
  id: string;
  /** A client that can keep one; without secret and keys it is public. */
  secret?: string;
  /** For `private_key_jwt`. https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html */
  jwks?: { keys: Record<string, unknown>[] };
  /** Where users are sent back to; of a loopback address any port. Without it only client credentials. */
  redirectUris?: string[];
  /** What it may ask for: scopes about resources joined by spaces; without it all of users and patients. */
  scopes?: string;
  roles?: string[];
  structures?: string[];
  tenants?: string[];
}

export interface DevPeople {
  users: DevUser[];
  clients: DevClient[];
}

const text = { type: 'string', minLength: 1, maxLength: 2048 } as const;
const optional = { ...text, nullable: true } as const;
const texts = { type: 'array', items: text, nullable: true } as const;
const id = { type: 'string', pattern: '^[\\w.-]{1,64}$' } as const;

const SCHEMA: JSONSchemaType<DevPeople> = {
  type: 'object',
  additionalProperties: false,
  required: ['users', 'clients'],
  properties: {
    users: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['id'],
        properties: {
          id,
          name: optional,
          fhirUser: optional,
          rpps: optional,
          roles: texts,
          structures: texts,
          tenants: texts,
          patient: optional,
        },
      },
    },
    clients: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['id'],
        properties: {
          id,
          secret: optional,
          jwks: {
            type: 'object',
            nullable: true,
            required: ['keys'],
            properties: { keys: { type: 'array', items: { type: 'object', required: [] } } },
          },
          redirectUris: texts,
          scopes: optional,
          roles: texts,
          structures: texts,
          tenants: texts,
        },
      },
    },
  },
};

/** Throws BadFile. */
export const readDevPeople = (path: string): DevPeople => readDataFile(path, SCHEMA);
