/**
 * `DocumentReference/[id]/$dmp-delete`, our own: takes a document out of the DMP (TD3.3c), or keeps it from getting there. The
 * document here stays what it is.
 */
import { changing, impossible } from './dmp-document.js';

export const dmpDelete = changing('delete', async ({ feed, server, job, document }) => {
  const isGone = job.state === 'deleted';
  if (isGone)
    throw impossible('$dmp-delete', job, ['received', 'validated', 'held', 'queued', 'delivered', 'rejected']);
  const done = await feed.queue.delete(server, document.id, (frozen) => feed.intake.withdrawal(frozen));
  if (done === undefined) throw impossible('$dmp-delete', job, 'withdraw');
  return done.id;
});
