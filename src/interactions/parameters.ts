/** What an interaction does with parameters that it does not know: it refuses them. */
import { FhirError } from '../r4/errors.js';
import type { Context, InteractionRequest } from './interaction.js';

/** Throws `bad-parameter` at the first parameter outside `known`, unless handling is lenient. */
export function refuseParameters(request: InteractionRequest, known: readonly string[] = [], context?: Context): void {
  if (context?.lenient) return;
  for (const [name] of request.parameters) {
    if (known.includes(name)) continue;
    const valid = known.join(', ');
    throw new FhirError('bad-parameter', {
      name: name.slice(0, 64),
      reason:
        known.length === 0
          ? { en: 'this interaction takes no parameters', fr: 'cette interaction ne prend pas de paramètre' }
          : { en: `known here are ${valid}`, fr: `sont connus ici ${valid}` },
    });
  }
}
