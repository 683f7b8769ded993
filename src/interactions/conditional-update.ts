/** Update of the one resource that the criteria find, or its creation. https://hl7.org/fhir/R4/http.html#cond-update */
import { FhirError } from '../r4/errors.js';
import { parseCriteria } from './criteria.js';
import { noneMatchHolds, versionsOf } from './etag.js';
import { newId } from './id.js';
import { incoming } from './incoming.js';
import type { Interaction, Result } from './interaction.js';
import { updated } from './update.js';

export const conditionalUpdate: Interaction = {
  code: 'conditional-update',
  level: 'type',
  method: 'PUT',
  path: '/:type',
  takesBody: true,
  capability: { conditionalUpdate: true },
  async run(request, context): Promise<Result> {
    const { type } = request;
    const criteria = await parseCriteria(type, request.parameters, context);
    const version = versionsOf(request.ifMatch);
    const resource = await incoming(request, context);
    const result = await context.services.store.transact(criteria.locks, async (transaction) => {
      const { items } = await transaction.search(criteria.query);
      const [match, other] = items;
      if (other !== undefined) throw new FhirError('multiple-matches');
      const put = { type, content: resource.content, method: 'PUT' } as const;
      if (match !== undefined) {
        if (request.ifNoneMatch !== undefined && noneMatchHolds(request.ifNoneMatch, match)) {
          throw new FhirError('already-exists');
        }
        if (resource.id !== undefined && resource.id !== match.id) throw new FhirError('match-mismatch');
        return await transaction.put({
          ...put,
          id: match.id,
          expect: typeof version === 'object' ? { version } : 'exists',
        });
      }
      // If-Match names a version of something that is not there.
      if (version !== undefined) throw new FhirError('version-conflict');
      if (resource.id === undefined) {
        return await transaction.put({ ...put, method: 'POST', id: request.newId ?? newId(), expect: 'absent' });
      }
      // The id that the body asks for may belong to a resource that the criteria do not find: that one is not touched.
      const id = resource.id;
      if (!context.services.updateCreate) throw new FhirError('update-create-off', { type, id });
      const holder = await transaction.read(type, id);
      if (holder !== undefined && !holder.deleted) throw new FhirError('id-taken', { type, id });
      return await transaction.put({ ...put, id, expect: 'any' });
    });
    return { ...updated(result, request), issues: resource.issues };
  },
};
