/**
 * `$reindex`: reads stored resources again for search parameters that came after them. POST begins it and answers 202,
 * GET tells how far it is. It is our own: R4 leaves it to servers. https://hl7.org/fhir/R4/searchparameter.html
 */
import type { Parameters } from '@medplum/fhirtypes';
import type { Progress } from '../indexing/reindex-job.js';
import type { Context, Interaction, Result } from '../interactions/interaction.js';
import { refuseParameters } from '../interactions/parameters.js';
import { FhirError } from '../r4/errors.js';
import { nearMiss } from '../r4/near-miss.js';

const OPERATION = { name: 'reindex', definition: 'urn:passerelle:operation:reindex' };

export const reindexStatus: Interaction = {
  code: 'operation',
  level: 'system',
  method: 'GET',
  path: '/$reindex',
  takesBody: false,
  operation: OPERATION,
  async run(request, context) {
    refuseParameters(request);
    return answer(200, await context.services.searchIndex.progress(), context);
  },
};

/** `type`, repeated or joined by commas, names types that are read again even if nothing of theirs is pending. */
export const reindex: Interaction = {
  ...reindexStatus,
  method: 'POST',
  async run(request, context) {
    refuseParameters(request, ['type'], context);
    const { searchIndex, types } = context.services;
    const named = request.parameters.filter(([name]) => name === 'type').flatMap(([, value]) => value.split(','));
    for (const type of named) {
      if (types.has(type)) continue;
      throw new FhirError('unknown-type', { type: type.slice(0, 64), near: nearMiss(type, types) });
    }
    return answer(202, await searchIndex.start(context.baseUrl, named), context);
  },
};

function answer(status: number, progress: Progress | undefined, { services, baseUrl }: Context): Result {
  const parameter: Parameters['parameter'] = [{ name: 'status', valueCode: progress?.status ?? 'never' }];
  if (progress !== undefined) {
    parameter.push(
      { name: 'done', valueInteger: progress.done },
      { name: 'total', valueInteger: progress.total },
      { name: 'started', valueInstant: new Date(progress.started).toISOString() },
      { name: 'at', valueInstant: new Date(progress.at).toISOString() },
      ...progress.types.map((type) => ({ name: 'type', valueCode: type })),
    );
  }
  parameter.push(...services.searchIndex.pending().map((name) => ({ name: 'pending', valueString: name })));
  const text = JSON.stringify({ resourceType: 'Parameters', parameter } satisfies Parameters);
  return { status, text, ...(status === 202 ? { contentLocation: `${baseUrl}/$reindex` } : {}) };
}
