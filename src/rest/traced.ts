/** Requests and the trace: what an interaction was, refused or not, and who was refused before there was one. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller } from '../access/caller.js';
import type { Context, Interaction, Result, Services } from '../interactions/interaction.js';
import { type Asked, endOf, trace, whoOf } from '../interactions/trace.js';

const told = new WeakSet<FastifyRequest>();

interface Traced {
  interaction: Interaction;
  asked: Asked;
  context: Context;
  request: FastifyRequest;
}

/** Runs it and traces what it was; where the trace is strict nothing is answered before that is durable. */
export async function traced(run: () => Promise<Result>, what: Traced): Promise<Result> {
  const { interaction, asked, context, request } = what;
  const to = context.services.trace;
  if (to === undefined) return await run();
  told.add(request);
  try {
    const result = await run();
    trace(interaction, asked, result, context);
    return result;
  } catch (error) {
    trace(interaction, asked, endOf(error), context);
    throw error;
  } finally {
    if (to.isStrict) await to.flush();
  }
}

/** Traces who was refused for who he is, before it was known what he asks for. */
export function traceRefusals(app: FastifyInstance, services: (request: FastifyRequest) => Services): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { statusCode: status } = reply;
    if ((status === 401 || status === 403) && !told.has(request)) {
      const { caller } = request as FastifyRequest & { caller?: Caller };
      const who = whoOf(caller === undefined ? {} : { caller });
      services(request).trace?.add({
        t: Date.now(),
        do: 'access',
        status,
        request: request.id,
        from: request.ip,
        ...who,
      });
    }
    done();
  });
}
