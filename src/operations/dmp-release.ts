/**
 * `DocumentReference/[id]/$dmp-release`, our own: what a professional held back goes. What is held for another reason is
 * looked at again: an opposition, an identity or a missing DMP keep it as long as they are there.
 */
import { changing, impossible } from './dmp-document.js';

export const dmpRelease = changing('release', async ({ feed, server, id, job }) => {
  const { outcome } = await feed.queue.release(server, id);
  if (outcome !== 'done') throw impossible('$dmp-release', job, 'release');
  return id;
});
