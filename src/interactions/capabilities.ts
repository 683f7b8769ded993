/**
 * The CapabilityStatement, made from the registries that also make the routes and the search, so that it cannot
 * promise what is not there. https://hl7.org/fhir/R4/http.html#capabilities
 */
import type { CapabilityStatement, CapabilityStatementRestResource } from '@medplum/fhirtypes';
import { COMPARTMENTS } from '../r4/compartments.js';
import { FhirError } from '../r4/errors.js';
import { RESULT_PARAMETERS } from '../search/conditions.js';
import { isReference } from '../search/inclusions.js';
import type { ServedParameter } from '../search/registry.js';
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

/** The statement of 146 types is made once, at the first question; only the address differs between requests. */
let made: { registry: Services['registry']; revision: string; statement: CapabilityStatement } | undefined;

export const capabilities: Interaction = {
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
    const { services } = context;
    // What is pending is not in it yet.
    const revision = `${services.registry.revision} ${services.searchIndex.pending().join()}`;
    if (made?.registry !== services.registry || made.revision !== revision) {
      made = { registry: services.registry, revision, statement: statement(context) };
    }
    // Known once the server listens.
    const security = services.security?.();
    const text = JSON.stringify({
      ...made.statement,
      ...(security !== undefined && { rest: made.statement.rest?.map((one) => ({ ...one, security })) }),
      implementation: { description: 'Passerelle', url: context.baseUrl },
    });
    return { status: 200, text };
  },
};

function statement({ services }: Context): CapabilityStatement {
  const { interactions } = services;
  const flags: Record<string, unknown> = {};
  for (const { type, capability } of interactions) if (type === undefined) Object.assign(flags, capability);
  const ownFlags = (type: string) =>
    Object.assign({}, ...interactions.filter((one) => one.type === type).map(({ capability }) => capability));
  const instantiates = [...new Set(interactions.flatMap((one) => one.instantiates ?? []))];
  const codes = [...new Set(interactions.filter((i) => TYPE_CODES.has(i.code)).map((i) => i.code))];
  const system = interactions.filter((i) => i.level === 'system' && !/^(capabilities|operation)$/.test(i.code));
  const operations = interactions.filter((i) => i.operation !== undefined);
  const ofSystem = operationsOf(
    operations.filter(({ level }) => level === 'system'),
    '',
  );
  const ofTypes = operations.filter(({ level }) => level !== 'system');
  const systemCodes = [...new Set(system.map((i) => i.code))];
  const types = [...services.types].sort();
  const reverse = reverseInclusions(types, services);
  const resource = types.map((type) => {
    const parameters = services.registry.parameters(type);
    const searchParam = parameters
      .filter((p) => !services.registry.isPending(type, p))
      .map((p) => ({ name: p.code, definition: p.url, type: p.type, ...documentation(p) }));
    const forward = parameters.filter(isReference).map(({ code }) => `${type}:${code}`);
    return {
      type,
      profile: `http://hl7.org/fhir/StructureDefinition/${type}`,
      interaction: codes.map((code) => ({ code })),
      versioning: 'versioned-update',
      readHistory: true,
      updateCreate: services.updateCreate,
      ...flags,
      ...ownFlags(type),
      searchInclude: ['*', `${type}:*`, ...new Set(forward)],
      searchRevInclude: reverse.get(type) ?? [],
      searchParam,
      operation: operationsOf(ofTypes, type),
    } as CapabilityStatementRestResource;
  });
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: new Date().toISOString(),
    kind: 'instance',
    ...(instantiates.length > 0 && { instantiates }),
    software: services.software,
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'application/fhir+xml', 'json', 'xml'],
    patchFormat: [
      'application/json-patch+json',
      'application/xml-patch+xml',
      'application/fhir+json',
      'application/fhir+xml',
    ],
    rest: [
      {
        mode: 'server',
        resource,
        interaction: systemCodes.map((code) => ({ code })) as never,
        operation: ofSystem,
        searchParam: RESULT_PARAMETERS.map((name) => ({
          name,
          type: name === '_count' ? 'number' : name === '_list' ? 'token' : 'special',
          documentation: RESULT_VALUES[name],
        })),
        compartment: COMPARTMENTS.map((name) => `http://hl7.org/fhir/CompartmentDefinition/${name.toLowerCase()}`),
      },
    ],
  };
}

/**
 * Each once, whatever the methods and levels; `type` is '' for those of the system.
 * https://hl7.org/fhir/R4/capabilitystatement-definitions.html#CapabilityStatement.rest.resource.operation
 */
function operationsOf(operations: readonly Interaction[], type: string): { name: string; definition: string }[] {
  const byName = new Map<string, string>();
  for (const { operation } of operations) {
    if (operation === undefined) continue;
    const definition = 'definition' in operation ? operation.definition : operation.definitions[type];
    if (definition !== undefined) byName.set(operation.name, definition);
  }
  return [...byName].map(([name, definition]) => ({ name, definition }));
}

/** What the parameters about a search as a whole take. */
const RESULT_VALUES: Readonly<Record<(typeof RESULT_PARAMETERS)[number], string>> = {
  _count: 'entries on a page; 0 for the total alone',
  _elements: 'elements at the top of the resource, joined by commas',
  _explain: 'true adds how the search was done',
  _filter: "an expression of R4's filter grammar",
  _has: '_has:Type:reference:parameter, nested and mixed with chains',
  _include: 'Type:parameter, Type:parameter:Target, Type:* or *; also _include:iterate',
  _list: 'the id of a List',
  _revinclude: 'Type:parameter, Type:parameter:Target, Type:* or *; also _revinclude:iterate',
  _sort: 'parameters joined by commas, - before one for the reverse',
  _summary: 'true, text, data, count or false',
  _total: 'none, estimate or accurate',
};

/** Modifiers and prefixes have no element of their own in R4. */
function documentation({ modifiers, prefixes, kind, targets }: ServedParameter): { documentation?: string } {
  const isTyped = typeof kind === 'object' && kind.kind === 'reference';
  const all = [...modifiers, ...(isTyped ? (targets.length === 0 ? ['[type]'] : targets) : [])];
  const parts = [
    ...(all.length === 0 ? [] : [`Modifiers: ${all.join(', ')}.`]),
    ...(prefixes.length === 0 ? [] : [`Prefixes: ${prefixes.join(', ')}.`]),
  ];
  return parts.length === 0 ? {} : { documentation: parts.join(' ') };
}

/** For each type, the references of all types that may point to it. */
function reverseInclusions(types: readonly string[], { registry }: Services): ReadonlyMap<string, string[]> {
  const found = new Map(types.map((type) => [type, ['*']]));
  for (const source of types) {
    const codes = new Map<string, Set<string>>();
    for (const { code, targets } of registry.parameters(source).filter(isReference)) {
      for (const target of targets.length === 0 ? types : targets) {
        codes.set(target, (codes.get(target) ?? new Set<string>()).add(code));
      }
    }
    for (const [target, names] of codes) {
      found.get(target)?.push(`${source}:*`, ...[...names].map((code) => `${source}:${code}`));
    }
  }
  return found;
}
