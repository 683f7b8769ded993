/** Create, plain or only if nothing matches If-None-Exist. https://hl7.org/fhir/R4/http.html#create */
import { FhirError } from '../r4/errors.js';
import type { Put, PutResult } from '../store/store.js';
import { parseCriteria } from './criteria.js';
import { alikeTokens, duplicateIssues } from './duplicates.js';
import { newId } from './id.js';
import { incoming } from './incoming.js';
import type { Interaction, Result } from './interaction.js';
import { refuseParameters } from './parameters.js';

export const create: Interaction = {
  code: 'create',
  level: 'type',
  method: 'POST',
  path: '/:type',
  takesBody: true,
  capability: { conditionalCreate: true },
  async run(request, context): Promise<Result> {
    refuseParameters(request);
    const { type, ifNoneExist } = request;
    const { store } = context.services;
    const criteria = ifNoneExist === undefined ? undefined : await parseCriteria(type, ifNoneExist, context);
    const resource = await incoming(request, context);
    const alike = alikeTokens(type, request.body?.value, context);
    // A new id each time it is asked for: a transaction may run twice.
    const put = (): Put => ({
      type,
      id: request.newId ?? newId(),
      content: resource.content,
      method: 'POST',
      expect: 'absent',
      ...(alike !== undefined && { alike }),
    });
    const answer = async (result: PutResult): Promise<Result> => {
      const { alike: found = [] } = result.outcome === 'created' ? result : {};
      const duplicates = found.length === 0 ? [] : await duplicateIssues(request.body?.value ?? {}, found, context);
      return { ...created(result), issues: [...resource.issues, ...duplicates] };
    };
    if (criteria === undefined) {
      return await answer(await store.put(put()));
    }
    const ended = await store.transact(criteria.locks, async (transaction) => {
      const { items } = await transaction.search({ ...criteria.query, count: 2 });
      const [match, other] = items;
      if (other !== undefined) throw new FhirError('multiple-matches');
      // https://hl7.org/fhir/R4/http.html#ccreate: one match is left as it is, and named.
      return match ?? (await transaction.put(put()));
    });
    return 'outcome' in ended ? await answer(ended) : { status: 200, version: ended, located: true };
  },
};

/** 201 with where it lives. A new random id that is taken would be a fault of ours. */
function created(result: PutResult): Result {
  if (result.outcome !== 'created') throw new Error(`a create ended as ${result.outcome}`);
  return { status: 201, version: result.version, located: true };
}
