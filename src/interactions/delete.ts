/** Delete, which is the same however often it is asked for. https://hl7.org/fhir/R4/http.html#delete */
import { FhirError } from '../r4/errors.js';
import { versionsOf } from './etag.js';
import { checkId } from './incoming.js';
import type { Interaction, Result } from './interaction.js';
import { refuseParameters } from './parameters.js';

export const deleteInteraction: Interaction = {
  code: 'delete',
  level: 'instance',
  method: 'DELETE',
  path: '/:type/:id',
  takesBody: false,
  async run(request, { services }): Promise<Result> {
    refuseParameters(request);
    const { type, id } = request;
    checkId(id);
    const version = versionsOf(request.ifMatch);
    const expect = version === undefined ? 'any' : version === 'any' ? 'exists' : { version };
    const result = await services.store.put({ type, id, content: null, method: 'DELETE', expect });
    if (result.outcome === 'conflict') throw new FhirError('version-conflict');
    return result.version === undefined ? { status: 204 } : { status: 204, version: result.version };
  },
};
