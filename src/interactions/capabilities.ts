/**
 * The CapabilityStatement, made from the registries that also make the routes and the search, so that it cannot
 * promise what is not there. https://hl7.org/fhir/R4/http.html#capabilities
 */
import type { CapabilityStatement, CapabilityStatementRestResource } from '@medplum/fhirtypes';
import { FhirError } from '../r4/errors.js';
import type { Context, Interaction, Services } from './interaction.js';
import { refuseParameters } from './parameters.js';

/** Codes of https://hl7.org/fhir/R4/valueset-type-restful-interaction.html; conditional forms are told by flags. */
const TYPE_CODES = new Set([
  'read',
  'vread',
  'update',
  'patch',
  'delete',
  'history-instance',
  'history-type',
  'create',
  'search-type',
]);

/** `interactions` is called late: the list holds this interaction too. */
export function capabilities(interactions: () => readonly Interaction[]): Interaction {
  // The statement of 146 types is made once, at the first question; only the address differs between requests.
  let made: { services: Services; statement: CapabilityStatement } | undefined;
  return {
    code: 'capabilities',
    level: 'system',
    method: 'GET',
    path: '/metadata',
    takesBody: false,
    async run(request, context) {
      refuseParameters(request, ['mode'], context);
      const mode = request.parameters.find(([name]) => name === 'mode')?.[1];
      if (mode !== undefined && mode !== 'full') {
        throw new FhirError('bad-parameter', {
          name: 'mode',
          reason: { en: 'only full is served', fr: 'seul full est servi' },
        });
      }
      if (made?.services !== context.services) {
        made = { services: context.services, statement: statement(interactions(), context) };
      }
      const text = JSON.stringify({
        ...made.statement,
        implementation: { description: 'Passerelle', url: context.baseUrl },
      });
      return { status: 200, text };
    },
  };
}

function statement(interactions: readonly Interaction[], { services }: Context): CapabilityStatement {
  const flags: Record<string, unknown> = {};
  for (const interaction of interactions) Object.assign(flags, interaction.capability);
  const codes = [...new Set(interactions.filter((i) => TYPE_CODES.has(i.code)).map((i) => i.code))];
  const systemCodes = interactions.filter((i) => i.level === 'system' && i.code !== 'capabilities').map((i) => i.code);
  const resource = [...services.types].sort().map((type) => {
    const searchParam = services.registry
      .parameters(type)
      .map((p) => ({ name: p.code, definition: p.url, type: p.type }));
    return {
      type,
      profile: `http://hl7.org/fhir/StructureDefinition/${type}`,
      interaction: codes.map((code) => ({ code })),
      versioning: 'versioned-update',
      readHistory: true,
      updateCreate: services.updateCreate,
      ...flags,
      searchParam,
    } as CapabilityStatementRestResource;
  });
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: new Date().toISOString(),
    kind: 'instance',
    software: services.software,
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'json'],
    rest: [{ mode: 'server', resource, interaction: systemCodes.map((code) => ({ code })) as never }],
  };
}
