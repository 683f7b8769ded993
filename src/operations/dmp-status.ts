/**
 * `DocumentReference/[id]/$dmp-status`, our own: what became of a document on its way to the DMP; the state of now, and the
 * Task of each sending that the caller sees, the newest first.
 */
import type { Interaction } from '../interactions/interaction.js';
import { refuseParameters } from '../interactions/parameters.js';
import { current } from '../interactions/read.js';
import { FhirError } from '../r4/errors.js';
import { definitionOf, feedOf } from './dmp-document.js';
import { everyWay } from './every-way.js';

export const DMP_STATUS: readonly Interaction[] = everyWay(
  definitionOf('status'),
  ['instance'],
  async (request, context) => {
    refuseParameters(request, [], context);
    const { queue } = feedOf(context);
    const { store } = context.services;
    await current({ ...request, type: 'DocumentReference' }, context.services);
    const all = await queue.ofDocument(store.jobs, request.id);
    const [newest] = all;
    if (newest === undefined) throw new FhirError('dmp-no-job');
    const parts = [`{"name":"state","valueCode":"${newest.job.state}"}`];
    if (newest.job.hold !== undefined) parts.push(`{"name":"hold","valueCode":"${newest.job.hold}"}`);
    for (const { id } of all) {
      const task = await store.read('Task', id);
      if (task !== undefined && !task.deleted) parts.push(`{"name":"task","resource":${task.text}}`);
    }
    return { status: 200, text: `{"resourceType":"Parameters","parameter":[${parts.join(',')}]}` };
  },
);
