/** What an interaction does with parameters that it does not know: it refuses them. */
import { FhirError } from '../r4/errors.js';
import type { Context, InteractionRequest } from './interaction.js';

/** Throws `parameter-not-here` at the first parameter outside `known`, unless handling is lenient. */
export function refuseParameters(request: InteractionRequest, known: readonly string[] = [], context?: Context): void {
  if (context?.lenient) return;
  for (const [name] of request.parameters) {
    if (known.includes(name)) continue;
    const valid = [...known.filter((one) => one !== '_cursor'), '_format', '_pretty'].join(', ');
    throw new FhirError('parameter-not-here', { name: name.slice(0, 64), valid });
  }
}
