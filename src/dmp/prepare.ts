/**
 * What is the same at every attempt of a sending, made once: the CDA, its lot signature, and the numbers that make a
 * repetition known as one. IHE XDS.b, https://profiles.ihe.net/ITI/TF/Volume2/ITI-41.html
 */
import { createHash } from 'node:crypto';
import type { DocumentHeader } from './document.js';
import { DEFAULT_HASH, type Hash } from './signature/algorithms.js';
import type { Credential } from './signature/keys.js';
import { signLot } from './signature/lot.js';
import type { Content, Submission } from './xds/metadata.js';

export interface Prepared {
  readonly header: DocumentHeader;
  readonly submission: Submission;
  readonly cda: Buffer;
  readonly content: Content;
  readonly lotSignature: Buffer;
  readonly signature: Content & { readonly uniqueId: string };
}

export interface Sending {
  readonly header: DocumentHeader;
  /** The bytes that `header` was read from, or that were written from it. */
  readonly cda: Buffer;
  readonly submission: Submission;
  /** OID of the lot signature as a document. */
  readonly signatureId: string;
}

/** Hash and size go with the document, so that a repository that received other bytes refuses them. */
function contentOf(bytes: Uint8Array): Content {
  return { hash: createHash('sha1').update(bytes).digest('hex'), size: bytes.length };
}

/** Pure but for the key: same input, same bytes. Throws `UnreadableXml` for a CDA that is none. */
export function prepare(sending: Sending, signer: Credential, hash: Hash = DEFAULT_HASH): Prepared {
  const { header, cda, submission, signatureId } = sending;
  const lotSignature = signLot(
    signer,
    {
      submissionSet: submission.uniqueId,
      documents: [{ uniqueId: header.uniqueId, bytes: cda }],
      time: submission.time,
    },
    hash,
  );
  return {
    header,
    submission,
    cda,
    content: contentOf(cda),
    lotSignature,
    signature: { uniqueId: signatureId, ...contentOf(lotSignature) },
  };
}
