/** Vread: one version of a resource, current or past. https://hl7.org/fhir/R4/http.html#vread */
import { FhirError } from '../r4/errors.js';
import { checkId } from './incoming.js';
import type { Interaction } from './interaction.js';
import { refuseParameters } from './parameters.js';

export const vread: Interaction = {
  code: 'vread',
  level: 'instance',
  method: 'GET',
  path: '/:type/:id/_history/:vid',
  takesBody: false,
  async run(request, { services }) {
    refuseParameters(request);
    const { type, id, vid } = request;
    checkId(id);
    const version = /^[1-9]\d{0,14}$/.test(vid) ? await services.store.readVersion(type, id, Number(vid)) : undefined;
    if (version === undefined) throw new FhirError('version-not-found', { type, id, version: vid.slice(0, 64) });
    if (version.deleted) throw new FhirError('gone', { type, id });
    return { status: 200, version };
  },
};
