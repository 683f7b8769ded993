/** Read: the current version of one resource, or 304. https://hl7.org/fhir/R4/http.html#read */
import { FhirError } from '../r4/errors.js';
import type { StoredVersion } from '../store/store.js';
import { noneMatchHolds } from './etag.js';
import { checkId } from './incoming.js';
import type { Interaction, InteractionRequest, Services } from './interaction.js';
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
    const version = await current(request, services);
    return unchanged(request, version) ? { status: 304, version } : { status: 200, version };
  },
};

/** The version of now. Throws `bad-id`, `not-found`, `gone`. */
export async function current({ type, id }: InteractionRequest, { store }: Services): Promise<StoredVersion> {
  checkId(id);
  const version = await store.read(type, id);
  if (version === undefined) throw new FhirError('not-found', { type, id });
  if (version.deleted) throw new FhirError('gone', { type, id });
  return version;
}

/** If-None-Match wins over If-Modified-Since, as in HTTP. https://hl7.org/fhir/R4/http.html#cread */
function unchanged(request: InteractionRequest, version: StoredVersion): boolean {
  if (request.ifNoneMatch !== undefined) return noneMatchHolds(request.ifNoneMatch, version);
  if (request.ifModifiedSince === undefined) return false;
  const since = Date.parse(request.ifModifiedSince);
  // HTTP dates have no milliseconds, and one that cannot be read is ignored (RFC 9110 13.1.3).
  return !Number.isNaN(since) && Math.floor(version.lastUpdated / 1000) * 1000 <= since;
}
