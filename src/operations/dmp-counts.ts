/** `$dmp-counts`, our own: how many documents are in which state on their way to the DMP, by establishment. */

import { DMP_QUEUE } from '../dmp/queue/job.js';
import { pausedLane } from '../dmp/queue/lanes.js';
import type { Context, Interaction, InteractionRequest, Result } from '../interactions/interaction.js';
import { refuseParameters } from '../interactions/parameters.js';
import { feedOf } from './dmp-document.js';
import { parametersResult } from './parameters.js';

export const dmpCounts: Interaction = {
  code: 'operation',
  level: 'system',
  method: 'GET',
  path: '/$dmp-counts',
  takesBody: false,
  operation: { name: 'dmp-counts', definition: 'urn:passerelle:operation:dmp-counts' },
  run,
};

/** Throws `dmp-off`. */
async function run(request: InteractionRequest, context: Context): Promise<Result> {
  refuseParameters(request, [], context);
  const { establishments } = feedOf(context);
  const { store } = context.services;
  const counts = await store.jobs.counts(DMP_QUEUE);
  const parameter = [];
  for (const { id, name } of establishments) {
    const paused = await pausedLane(store.state, id);
    const own = counts.filter(({ lane }) => lane === id).sort((a, b) => (a.state < b.state ? -1 : 1));
    parameter.push({
      name: 'establishment',
      part: [
        { name: 'id', valueString: id },
        { name: 'name', valueString: name },
        // The DMP refused its certificates or its rights: an operator lets it go on.
        ...(paused === undefined ? [] : [{ name: 'stopped', valueInstant: new Date(paused.since).toISOString() }]),
        ...own.map(({ state, count }) => ({ name: state, valueInteger: count })),
      ],
    });
  }
  return parametersResult(parameter);
}
