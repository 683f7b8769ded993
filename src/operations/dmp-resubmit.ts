/**
 * `DocumentReference/[id]/$dmp-resubmit`, our own: what was rejected, failed or waits is made anew of the resources of now and
 * goes again; what the DMP may have is asked for first. What a professional holds stays held.
 */
import type { DocumentReference } from '@medplum/fhirtypes';
import { changing, impossible } from './dmp-document.js';

export const dmpResubmit = changing('resubmit', async ({ feed, server, id, job, document }) => {
  // It is released, by a professional.
  if (job.hold === 'professional') throw impossible('$dmp-resubmit', job, ['rejected', 'failed', 'held']);
  const { outcome } = await feed.queue.resubmit(server, id);
  if (outcome !== 'done') throw impossible('$dmp-resubmit', job, 'resubmit');
  const isFirst = job.work === 'provide' && job.sendings === 0 && job.state === 'rejected';
  if (isFirst && feed.intake.isHeldBack(JSON.parse(document.text) as DocumentReference, job.establishment))
    await feed.queue.hold(server, id, 'professional');
  return id;
});
