/** `/healthz`: the process answers. `/readyz`: the store takes writes, and no stop is under way. */
import type { FastifyInstance } from 'fastify';
import { FhirError } from '../r4/errors.js';
import { type Store, StoreUnavailable } from '../store/store.js';

export function registerHealth(app: FastifyInstance, store: Store, stopping: { readonly now: boolean }): void {
  app.get('/healthz', (_request, reply) => reply.send({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    if (stopping.now) throw new FhirError('stopping');
    try {
      await store.ready();
    } catch (error) {
      if (error instanceof StoreUnavailable) throw new FhirError('unavailable');
      throw error;
    }
    return reply.send({ status: 'ready', store: store.name });
  });
}
