/** Read: the current version of one resource, or 304. https://hl7.org/fhir/R4/http.html#read */
import { FhirError } from '../r4/errors.js';
import type { StoredVersion } from '../store/store.js';
import { noneMatchHolds } from './etag.js';
import { checkId } from './incoming.js';
import type { Interaction, InteractionRequest } from './interaction.js';
import { refuseParameters } from './parameters.js';

export const read: Interaction = {
  code: 'read',
  level: 'instance',
  method: 'GET',
  path: '/:type/:id',
  takesBody: false,
  capability: { conditionalRead: 'full-support' },
  async run(request, { services }) {
    refuseParameters(request);
    checkId(request.id);
    const version = await services.store.read(request.type, request.id);
    if (version === undefined) throw new FhirError('not-found', { type: request.type, id: request.id });
    if (version.deleted) throw new FhirError('gone', { type: request.type, id: request.id });
    return unchanged(request, version) ? { status: 304, version } : { status: 200, version };
  },
};

/** If-None-Match wins over If-Modified-Since, as in HTTP. https://hl7.org/fhir/R4/http.html#cread */
function unchanged(request: InteractionRequest, version: StoredVersion): boolean {
  if (request.ifNoneMatch !== undefined) return noneMatchHolds(request.ifNoneMatch, version);
  if (request.ifModifiedSince === undefined) return false;
  const since = Date.parse(request.ifModifiedSince);
  // HTTP dates have no milliseconds, and one that cannot be read is ignored (RFC 9110 13.1.3).
  return !Number.isNaN(since) && Math.floor(version.lastUpdated / 1000) * 1000 <= since;
}
