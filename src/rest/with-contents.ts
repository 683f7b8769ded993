/** An answer whose text names contents: it goes out with their data in it, piece by piece. */
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { type Contents, contentPieces } from '../store/contents.js';

/**
 * `render` makes the answer of a JSON text. Rejects where a content is not there, before anything is sent.
 */
export async function withContents(
  text: string,
  render: (json: string) => string,
  contents: Contents,
): Promise<Readable> {
  // No text that anybody wrote can hold what is chosen by chance here, so that what is rendered is cut at the right places.
  const chance = randomBytes(16).toString('hex');
  const named = contentPieces(text)
    .map((piece, i) => (i % 2 === 0 ? piece : `"${chance}${piece}"`))
    .join('');
  const pieces = render(named).split(new RegExp(`${chance}([0-9a-f]{64})`));
  for (const address of pieces.filter((_, i) => i % 2 === 1)) {
    if ((await contents.size(address)) === undefined) throw new Error('a content that a Binary names is not there');
  }
  return Readable.from(whole(pieces, contents), { objectMode: false });
}

async function* whole(pieces: readonly string[], contents: Contents): AsyncGenerator<string> {
  for (const [i, piece] of pieces.entries()) {
    if (i % 2 === 0) yield piece;
    else yield* base64Of(contents.read(piece));
  }
}

/** Three bytes are four letters: what is left of a piece goes with the next. */
async function* base64Of(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let left: Uint8Array = Buffer.alloc(0);
  for await (const chunk of bytes) {
    const joined =
      left.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([left, chunk]);
    const end = joined.length - (joined.length % 3);
    yield joined.toString('base64', 0, end);
    left = joined.subarray(end);
  }
  if (left.length > 0) yield Buffer.from(left).toString('base64');
}
