/** Contents in GridFS, named by their SHA-256. https://www.mongodb.com/docs/manual/core/gridfs/ */
import { once } from 'node:events';
import { type Db, GridFSBucket, ObjectId } from 'mongodb';
import { type ByteRange, type Bytes, type ContentFacts, ContentHash, type Contents, factsOf } from '../contents.js';
import { translate } from './connect.js';

/** Bytes in one document of GridFS. */
const CHUNK = 255 * 1024;
/** The name of a file that is not whole yet. */
const COMING = 'coming';

export class GridContents implements Contents {
  private readonly bucket: GridFSBucket;

  constructor(private readonly db: Db) {
    this.bucket = new GridFSBucket(db, { bucketName: 'contents', chunkSizeBytes: CHUNK });
  }

  private get files() {
    return this.db.collection<{ _id: ObjectId; filename: string; length: number; uploadDate: Date }>('contents.files');
  }

  private async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw translate(error);
    }
  }

  put(bytes: Bytes, max?: number, facts?: ContentFacts): Promise<ContentFacts> {
    return this.run(async () => {
      const known = bytes instanceof Uint8Array ? (facts ?? factsOf(bytes, max)) : undefined;
      if (known !== undefined && (await this.touched(known.address))) return known;
      const id = new ObjectId();
      const upload = this.bucket.openUploadStreamWithId(id, known?.address ?? COMING);
      try {
        const found = known ?? (await piped(bytes as AsyncIterable<Uint8Array>, upload, max));
        if (known !== undefined) upload.write(bytes);
        upload.end();
        await once(upload, 'finish');
        if (known !== undefined) return known;
        if (await this.touched(found.address)) await this.bucket.delete(id);
        else await this.bucket.rename(id, found.address);
        return found;
      } catch (error) {
        // What was written of it goes; if that fails too, a sweep takes it.
        await upload.abort().catch(() => undefined);
        throw error;
      }
    });
  }

  /** Is it there? Then no sweep takes it for what was left behind long ago. */
  private async touched(address: string): Promise<boolean> {
    const { matchedCount } = await this.files.updateOne({ filename: address }, { $set: { uploadDate: new Date() } });
    return matchedCount > 0;
  }

  /** Two that were put at once are alike: any will do. */
  private find(address: string) {
    return this.files.findOne({ filename: address }, { sort: { uploadDate: -1 } });
  }

  size(address: string): Promise<number | undefined> {
    return this.run(async () => (await this.find(address))?.length);
  }

  async *read(address: string, range?: ByteRange): AsyncGenerator<Uint8Array> {
    const found = await this.run(() => this.find(address));
    if (found === null) throw new Error('a content is not there');
    if (found.length === 0) return;
    const options = range === undefined ? {} : { start: range.start, end: range.end + 1 };
    try {
      yield* this.bucket.openDownloadStream(found._id, options) as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw translate(error);
    }
  }

  sweep(before: number, kept: () => Promise<ReadonlySet<string>>): Promise<number> {
    return this.run(async () => {
      const old = await this.files.find({ uploadDate: { $lt: new Date(before) } }).toArray();
      if (old.length === 0) return 0;
      const named = await kept();
      let gone = 0;
      for (const { _id, filename, uploadDate } of old) {
        if (named.has(filename)) continue;
        // Who put the same again meanwhile has given it another date.
        const { deletedCount } = await this.files.deleteOne({ _id, uploadDate });
        if (deletedCount === 0) continue;
        await this.db.collection('contents.chunks').deleteMany({ files_id: _id });
        gone++;
      }
      return gone;
    });
  }
}

async function piped(
  bytes: AsyncIterable<Uint8Array>,
  upload: NodeJS.WritableStream,
  max: number | undefined,
): Promise<ContentFacts> {
  const hash = new ContentHash(max);
  let failure: unknown;
  upload.once('error', (error) => {
    failure = error;
  });
  for await (const chunk of bytes) {
    hash.update(chunk);
    if (failure !== undefined) throw failure;
    if (!upload.write(chunk)) await once(upload, 'drain');
  }
  return hash.facts();
}
