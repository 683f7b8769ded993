/** Create, plain or only if nothing matches If-None-Exist. https://hl7.org/fhir/R4/http.html#create */
import { FhirError } from '../r4/errors.js';
import type { Put, PutResult, StoredVersion } from '../store/store.js';
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
    // A transaction asks at its end, for all its creates at once.
    const alike = request.newId === undefined ? alikeTokens(type, request.body?.value, context) : undefined;
    // A new id each time it is asked for: a transaction may run twice.
    const put = (): Put => ({
      type,
      id: request.newId ?? newId(),
      content: resource.content,
      method: 'POST',
      expect: 'absent',
    });
    const answer = async (result: PutResult, found: readonly StoredVersion[] = []): Promise<Result> => {
      const duplicates = await duplicateIssues(request.body?.value ?? {}, found, context);
      return { ...created(result), issues: [...resource.issues, ...duplicates] };
    };
    if (criteria === undefined) {
      const result = await store.put({ ...put(), ...(alike !== undefined && { alike }) });
      return await answer(result, result.outcome === 'created' ? result.alike : undefined);
    }
    const ended = await store.transact(criteria.locks, async (transaction) => {
      const { items } = await transaction.search({ ...criteria.query, count: 2 });
      const [match, other] = items;
      if (other !== undefined) throw new FhirError('multiple-matches');
      // https://hl7.org/fhir/R4/http.html#ccreate: one match is left as it is, and named.
      if (match !== undefined) return { match };
      const [found] = alike === undefined ? [] : await transaction.alike([alike]);
      return { result: await transaction.put(put()), found };
    });
    return 'match' in ended
      ? { status: 200, version: ended.match, located: true }
      : await answer(ended.result, ended.found);
  },
};

/** 201 with where it lives. A new random id that is taken would be a fault of ours. */
function created(result: PutResult): Result {
  if (result.outcome !== 'created') throw new Error(`a create ended as ${result.outcome}`);
  return { status: 201, version: result.version, located: true };
}
