/** The shape of a file of policies, as JSON Schema. https://json-schema.org/draft/2020-12 */

const strings = (pattern?: string) => ({
  type: 'array',
  minItems: 1,
  items: { type: 'string', minLength: 1, ...(pattern !== undefined && { pattern }) },
});
const condition = { $ref: '#/$defs/condition' };
const object = (properties: Record<string, unknown>, required: readonly string[] = []) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});

const TYPES = strings('^(\\*|common|[A-Z][A-Za-z]+)$');
const INTERACTIONS = strings('^(\\*|read|search|create|update|delete|\\$[a-z*][a-z0-9-]*|\\$\\*)$');
const where = { types: TYPES, where: condition, patient: condition };

export const POLICY_SCHEMA = {
  ...object(
    {
      $schema: { type: 'string' },
      title: { type: 'string' },
      walls: strings('^[0-9A-Z]{9}$'),
      breakGlassMinutes: { type: 'integer', minimum: 1, maximum: 1440 },
      conditions: { type: 'object', propertyNames: { pattern: '^[a-z][a-z-]*$' }, additionalProperties: condition },
      policies: {
        type: 'array',
        minItems: 1,
        items: object(
          {
            name: { type: 'string', pattern: '^[a-z][a-z0-9-]*$' },
            title: { type: 'string' },
            for: {
              ...object({
                kinds: {
                  type: 'array',
                  minItems: 1,
                  items: { enum: ['anonymous', 'professional', 'patient', 'system'] },
                },
                roles: strings(),
                specialties: strings(),
                clients: strings(),
                walls: { enum: ['inside', 'outside'] },
                acts: { enum: ['himself', 'for-another'] },
              }),
              minProperties: 1,
            },
            breakGlass: { type: 'boolean' },
            untilBreakGlass: { type: 'boolean' },
            grants: {
              type: 'array',
              items: object({ ...where, interactions: INTERACTIONS }, ['types', 'interactions']),
            },
            refusals: {
              type: 'array',
              items: object({ ...where, interactions: INTERACTIONS, unless: condition }, ['types']),
            },
            hides: {
              type: 'array',
              items: object({ types: TYPES, elements: strings('^[a-z][A-Za-z]*(\\[x\\])?$') }, ['types', 'elements']),
            },
          },
          ['name', 'for'],
        ),
      },
    },
    ['policies'],
  ),
  $defs: {
    condition: {
      anyOf: [
        { type: 'string', pattern: '=' },
        object({ use: { type: 'string' } }, ['use']),
        object({ all: { type: 'array', minItems: 1, items: condition } }, ['all']),
        object({ any: { type: 'array', minItems: 1, items: condition } }, ['any']),
        object({ not: condition }, ['not']),
        object({ has: { type: 'string', pattern: '^[A-Z][A-Za-z]+:[a-z][a-z-]*$' }, where: condition }, [
          'has',
          'where',
        ]),
        object({ provision: { enum: ['permit', 'deny'] } }, ['provision']),
      ],
    },
  },
};
