/** What the operations of the feeding of the DMP have in common: a document that the caller sees, and its jobs. */
import type { Feed } from '../dmp/feed.js';
import type { DmpJob } from '../dmp/queue/job.js';
import type { Event } from '../dmp/queue/transitions.js';
import { POSSIBLE } from '../dmp/queue/transitions.js';
import type { Context, Interaction, InteractionRequest, Result } from '../interactions/interaction.js';
import { current } from '../interactions/read.js';
import { transactionStore } from '../interactions/transaction-store.js';
import { FhirError } from '../r4/errors.js';
import type { StoredVersion, Transaction } from '../store/store.js';
import { Input } from './parameters.js';

export const definitionOf = (name: string) => ({
  name: `dmp-${name}`,
  definitions: { DocumentReference: `urn:passerelle:operation:document-reference-dmp-${name}` },
});

/** Throws `dmp-off`. */
export function feedOf({ services: { feed } }: Context): Feed {
  if (feed === undefined) throw new FhirError('dmp-off');
  return feed;
}

/** The newest job of a document. */
export interface Asked {
  readonly feed: Feed;
  readonly document: StoredVersion;
  readonly id: string;
  readonly job: DmpJob;
  /** As the server writes: jobs and Tasks are not the caller's. */
  readonly server: Transaction;
}

/**
 * Does something about the newest job of a document that the caller sees, in one transaction: its own, or that of the Bundle
 * which asks for it. What he may do beyond is the policies' to say. Throws `dmp-off`, `not-found`, `gone`, `dmp-no-job`.
 */
export async function withJob<T>(
  { id }: InteractionRequest,
  context: Context,
  work: (asked: Asked) => Promise<T>,
): Promise<T> {
  const feed = feedOf(context);
  const { store } = context.services;
  const done = await store.transact([], async (transaction) => {
    const services = { ...context.services, store: transactionStore(store, transaction) };
    const document = await current({ type: 'DocumentReference', id } as InteractionRequest, services);
    const server = transaction.server ?? transaction;
    const [newest] = await feed.queue.ofDocument(server.jobs, id, 1);
    if (newest === undefined) throw new FhirError('dmp-no-job');
    return await work({ feed, document, server, ...newest });
  });
  feed.wake();
  return done;
}

/** The Task that shows a job, as Parameters. */
export async function taskResult({ server, id }: Pick<Asked, 'server' | 'id'>): Promise<Result> {
  const task = await server.read('Task', id);
  return {
    status: 200,
    text: `{"resourceType":"Parameters","parameter":[{"name":"task","resource":${task?.text ?? 'null'}}]}`,
  };
}

/** Throws `dmp-state`, with the states in which it would be possible. */
export function impossible(operation: string, { state }: DmpJob, event: Event['type'] | readonly string[]): FhirError {
  const possible = typeof event === 'string' ? POSSIBLE[event] : event;
  return new FhirError('dmp-state', { operation, state, possible: possible.join(', ') });
}

/** An operation that changes what becomes of a document: POST on the document. */
export function changing(name: string, work: (asked: Asked, input: Input) => Promise<string>): Interaction {
  const operation = definitionOf(name);
  return {
    code: 'operation',
    level: 'instance',
    method: 'POST',
    path: `/:type/:id/$${operation.name}`,
    takesBody: 'optional',
    operation,
    async run(request, context) {
      const input = Input.of(request, context, []);
      return await withJob(request, context, async (asked) => {
        const id = await work(asked, input);
        return await taskResult({ server: asked.server, id });
      });
    },
  };
}
