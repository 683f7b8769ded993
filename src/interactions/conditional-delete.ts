/** Delete of the one resource that the criteria find. https://hl7.org/fhir/R4/http.html#3.1.0.7.1 */
import { FhirError } from '../r4/errors.js';
import { parseCriteria } from './criteria.js';
import { versionsOf } from './etag.js';
import type { Interaction, Result } from './interaction.js';

export const conditionalDelete: Interaction = {
  code: 'conditional-delete',
  level: 'type',
  method: 'DELETE',
  path: '/:type',
  takesBody: false,
  capability: { conditionalDelete: 'single' },
  async run(request, context): Promise<Result> {
    const { type } = request;
    const criteria = await parseCriteria(type, request.parameters, context);
    const version = versionsOf(request.ifMatch);
    const result = await context.services.store.transact(criteria.locks, async (transaction) => {
      const { items } = await transaction.search(criteria.query);
      const [match, other] = items;
      if (other !== undefined) throw new FhirError('multiple-matches');
      if (match === undefined) {
        if (version !== undefined) throw new FhirError('version-conflict');
        return undefined;
      }
      const expect = typeof version === 'object' ? { version } : 'exists';
      return await transaction.put({ type, id: match.id, content: null, method: 'DELETE', expect });
    });
    if (result?.outcome === 'conflict') throw new FhirError('version-conflict');
    return result?.version === undefined ? { status: 204 } : { status: 204, version: result.version };
  },
};
