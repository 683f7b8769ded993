/** `/healthz`: the process answers. `/readyz`: the store takes writes, there is room for requests, and no stop is under way. */
import type { FastifyInstance } from 'fastify';
import { FhirError } from '../r4/errors.js';
import type { Store } from '../store/store.js';
import type { Backpressure } from './backpressure.js';

export function registerHealth(
  app: FastifyInstance,
  store: Store,
  stopping: { readonly now: boolean },
  pressure: Backpressure,
): void {
  app.get('/healthz', (_request, reply) => reply.send({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    if (stopping.now) throw new FhirError('stopping');
    if (pressure.isFull()) throw new FhirError('overloaded');
    await store.ready();
    return reply.send({ status: 'ready', store: store.name });
  });
}
