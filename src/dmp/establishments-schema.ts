/** The shape of the file that `DMP` names, as JSON Schema. https://json-schema.org/draft-07 */

const object = (properties: Record<string, unknown>, required: readonly string[] = []) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});
const text = { type: 'string', minLength: 1 };
const oid = { type: 'string', pattern: '^[0-2](\\.(0|[1-9][0-9]*))+$', maxLength: 64 };
const seconds = { type: 'number', exclusiveMinimum: 0, maximum: 86_400 };
/** A secret is never in the file itself. */
const secret = {
  oneOf: [object({ file: text }, ['file']), object({ environment: text }, ['environment'])],
};
const keyFiles = object({ certificate: text, key: text, passphrase: secret }, ['certificate']);
const structure = { type: 'string', pattern: '^(1[0-9AB]{9}|2[0-9]{9}|3[0-9]{14})$' };
const types = { type: 'array', minItems: 1, uniqueItems: true, items: text };

const feed = object({
  for: { type: 'array', minItems: 1, items: structure },
  types,
  mode: { enum: ['automatic', 'opt-in'] },
  hold: { anyOf: [{ enum: ['none', 'professional'] }, types] },
  incomplete: { enum: ['keep', 'refuse'] },
  maxBytes: { type: 'integer', minimum: 1 },
});

export const ESTABLISHMENTS_SCHEMA = object(
  {
    $schema: text,
    endpoint: { type: 'string', pattern: '^https?://' },
    authorities: text,
    paths: object({ patients: text, repository: text, registry: text }),
    tls: object({
      connectSeconds: seconds,
      answerSeconds: seconds,
      answerBytes: { type: 'integer', minimum: 1024 },
      connections: { type: 'integer', minimum: 1, maximum: 64 },
      maxVersion: { enum: ['TLSv1.2', 'TLSv1.3'] },
    }),
    devices: object({ sender: oid, receiver: oid }, ['sender', 'receiver']),
    processing: { enum: ['P', 'D', 'T'] },
    software: object({ id: text, name: text, version: text, homologation: secret }, [
      'name',
      'version',
      'homologation',
    ]),
    vihf: object({
      version: text,
      mode: { enum: ['DIRECTE', 'INDIRECTE', 'INDIRECTE_RENFORCEE'] },
      contextClass: text,
      purpose: { enum: ['normal', 'urgence', 'bris_de_glace'] },
      hash: { enum: ['sha256', 'sha512', 'sha1'] },
      lifetimeSeconds: seconds,
      skewSeconds: { type: 'number', minimum: 0 },
    }),
    certificates: {
      type: 'object',
      minProperties: 1,
      additionalProperties: object({ authentication: keyFiles, signature: keyFiles }, ['signature']),
    },
    establishments: {
      type: 'array',
      minItems: 1,
      items: object(
        {
          id: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,62}$' },
          tenant: { type: 'string', minLength: 1 },
          name: text,
          structure,
          legal: structure,
          sector: { type: 'string', pattern: '^[A-Z0-9]+\\^[0-9.]+$' },
          responsible: text,
          certificates: text,
          contentType: text,
          rules: object(
            {
              zone: text,
              facility: text,
              practiceSetting: text,
              localDomain: oid,
              localDomains: { type: 'object', additionalProperties: oid },
              ins: { enum: ['test', 'production'] },
              allowHiddenFromAll: { type: 'boolean' },
            },
            ['localDomain'],
          ),
          feed,
        },
        ['id', 'name', 'structure', 'certificates', 'rules'],
      ),
    },
  },
  ['endpoint', 'devices', 'software', 'certificates', 'establishments'],
);
