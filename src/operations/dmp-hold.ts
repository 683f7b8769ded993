/** `DocumentReference/[id]/$dmp-hold`, our own: a professional holds back a document that is not on its way to the DMP yet. */
import { changing, impossible } from './dmp-document.js';

export const dmpHold = changing('hold', async ({ feed, server, id, job }) => {
  // A deletion that somebody asked for is not held.
  if (job.work === 'delete') throw impossible('$dmp-hold', job, 'hold');
  const { outcome } = await feed.queue.hold(server, id, 'professional');
  if (outcome !== 'done') throw impossible('$dmp-hold', job, 'hold');
  return id;
});
