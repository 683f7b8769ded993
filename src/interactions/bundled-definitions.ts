/** What the entries of a Bundle define, for the Bundle itself. https://hl7.org/fhir/R4/profiling.html */
import type { Context } from './interaction.js';

type Json = Record<string, unknown>;
const DEFINING: readonly unknown[] = ['StructureDefinition', 'ValueSet', 'CodeSystem'];

/** Resources of the entries. */
export function entryResources(bundle: unknown): Json[] {
  const entries = (bundle as Json | undefined)?.entry;
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: { resource?: unknown } | null) => {
    const resource = entry?.resource;
    return typeof resource === 'object' && resource !== null && !Array.isArray(resource) ? [resource as Json] : [];
  });
}

/** The context with the profiles, value sets and code systems of a Bundle; as it is where there are none. */
export function withBundled(bundle: object | undefined, context: Context): Context {
  const { services } = context;
  if (services.validation === 'off') return context;
  const defining = entryResources(bundle).filter(({ resourceType }) => DEFINING.includes(resourceType));
  return defining.length === 0 ? context : { ...context, services: { ...services, ...services.defining(defining) } };
}
