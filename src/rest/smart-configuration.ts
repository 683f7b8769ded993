/** The route of `/.well-known/smart-configuration`. https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html#using-well-known */
import type { FastifyInstance } from 'fastify';
import { type AuthorizationServer, smartConfiguration } from '../access/smart-configuration.js';
import { FhirError } from '../r4/errors.js';
import { SMART_CONFIGURATION } from './authentication.js';
import { BASE_PATH } from './routes.js';

/** `server()` is known once the server listens; undefined where nobody logs in. */
export function registerSmartConfiguration(app: FastifyInstance, server: () => AuthorizationServer | undefined): void {
  app.get(SMART_CONFIGURATION, (_request, reply) => {
    const found = server();
    if (found === undefined) throw new FhirError('no-such-route', { base: BASE_PATH });
    // Always JSON: the guide has no other form.
    return reply
      .header('content-type', 'application/json; charset=utf-8')
      .send(JSON.stringify(smartConfiguration(found)));
  });
}
