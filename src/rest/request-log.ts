/**
 * One line a request: its id, method, route, status and time. Neither URL nor body is in it, since a search's
 * parameters and a resource's id are patient data.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';

const prefix = randomBytes(6).toString('hex');
let counter = 0;

/** The client's X-Request-Id where it is fit to print, else one of ours. */
export function requestId(request: { headers: IncomingMessage['headers'] }): string {
  const given = request.headers['x-request-id'];
  if (typeof given === 'string' && /^[\w.:-]{1,100}$/.test(given)) return given;
  counter++;
  return `${prefix}-${counter.toString(36)}`;
}

export function logRequests(app: FastifyInstance, log: Logger): void {
  if (!log.isLevelEnabled('info')) return;
  app.addHook('onResponse', (request, reply, done) => {
    const { type } = (request.params ?? {}) as { type?: string };
    log.info({
      request: request.id,
      method: request.method,
      route: request.routeOptions.url ?? '(none)',
      // A type that is not served may be anything that a client typed.
      ...(type !== undefined && reply.statusCode !== 404 ? { type } : {}),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
    });
    done();
  });
}
