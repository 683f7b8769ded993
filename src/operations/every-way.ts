/** An operation that is asked by GET and by POST, on a type or on an instance too. https://hl7.org/fhir/R4/operations.html#executing */
import type { Interaction } from '../interactions/interaction.js';

export function everyWay(
  operation: NonNullable<Interaction['operation']>,
  levels: readonly ('type' | 'instance')[],
  run: Interaction['run'],
): Interaction[] {
  return levels.flatMap((level) => {
    const path = `/:type${level === 'instance' ? '/:id' : ''}/$${operation.name}`;
    const get: Interaction = { code: 'operation', level, method: 'GET', path, takesBody: false, operation, run };
    return [get, { ...get, method: 'POST', takesBody: 'optional' }];
  });
}
