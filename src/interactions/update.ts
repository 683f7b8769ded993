/** Update by id, or creation under the client's id. https://hl7.org/fhir/R4/http.html#update */
import { FhirError } from '../r4/errors.js';
import type { Expectation, PutResult } from '../store/store.js';
import { noneMatchHolds, versionsOf } from './etag.js';
import { checkId, incoming } from './incoming.js';
import type { Context, Interaction, InteractionRequest, Result } from './interaction.js';
import { refuseParameters } from './parameters.js';

export const update: Interaction = {
  code: 'update',
  level: 'instance',
  method: 'PUT',
  path: '/:type/:id',
  takesBody: true,
  async run(request, context): Promise<Result> {
    refuseParameters(request);
    const { type, id } = request;
    checkId(id);
    const resource = await incoming(request, context);
    if (resource.id === undefined) throw new FhirError('id-missing');
    if (resource.id !== id) throw new FhirError('id-mismatch');
    const put = { type, id, content: resource.content, method: 'PUT' } as const;
    const { store } = context.services;
    const { ifNoneMatch } = request;
    if (ifNoneMatch !== undefined) {
      const result = await store.transact([`${type}/${id}`], async (transaction) => {
        const current = await transaction.read(type, id);
        const there = current !== undefined && !current.deleted;
        if (there && noneMatchHolds(ifNoneMatch, current)) throw new FhirError('already-exists');
        if (!there && !context.services.updateCreate) throw new FhirError('update-create-off', { type, id });
        return await transaction.put({ ...put, expect: expectation(request, context) });
      });
      return { ...updated(result, request), issues: resource.issues };
    }
    const result = await store.put({ ...put, expect: expectation(request, context) });
    return { ...updated(result, request), issues: resource.issues };
  },
};

function expectation(request: InteractionRequest, context: Context): Expectation {
  const version = versionsOf(request.ifMatch);
  if (typeof version === 'object') return { version };
  return version === 'any' || !context.services.updateCreate ? 'exists' : 'any';
}

/** What a finished update answers; shared with the conditional form. */
export function updated(result: PutResult, request: InteractionRequest): Result {
  switch (result.outcome) {
    case 'created':
      return { status: 201, version: result.version, located: true };
    case 'updated':
      return { status: 200, version: result.version, located: true };
    case 'conflict': {
      if (request.ifMatch !== undefined) throw new FhirError('version-conflict');
      throw new FhirError('update-create-off', { type: request.type, id: request.id });
    }
    default:
      throw new Error(`an update ended as ${result.outcome}`);
  }
}
