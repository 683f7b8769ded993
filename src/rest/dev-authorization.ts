/** The authorization server of AUTH=dev on this server's port, below `/auth`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { FhirError } from '../r4/errors.js';
import { BASE_PATH } from './routes.js';

export const DEV_PATH = '/auth';
export const isDevRoute = (route: string): boolean => route.startsWith(`${DEV_PATH}/`);

/** Takes a request whose URL has no DEV_PATH in front. */
export type DevHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** `handler()` is there once the server listens. */
export function registerDevAuthorization(app: FastifyInstance, handler: () => DevHandler | undefined): void {
  app.register(async (dev) => {
    dev.removeAllContentTypeParsers();
    // It reads bodies itself.
    dev.addContentTypeParser('*', (_request, _body, done) => done(null));
    dev.all(`${DEV_PATH}/*`, (request, reply) => {
      const found = handler();
      if (found === undefined) throw new FhirError('no-such-route', { base: BASE_PATH });
      reply.hijack();
      const raw = request.raw as IncomingMessage & { originalUrl?: string };
      // By it the server tells below which path it is mounted.
      raw.originalUrl = raw.url ?? '/';
      raw.url = raw.originalUrl.slice(DEV_PATH.length);
      found(raw, reply.raw);
    });
  });
}
