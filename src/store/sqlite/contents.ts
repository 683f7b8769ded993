/**
 * Contents as files beside the database: `contents/ab/abcd...`, named by their SHA-256. A file is written under another
 * name, synced and renamed, then its folder is synced: under its own name it is whole, whatever happens.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsync, mkdirSync, openSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type ByteRange,
  type Bytes,
  type ContentFacts,
  ContentHash,
  type Contents,
  ContentTooLarge,
  factsOf,
} from '../contents.js';
import { StoreFull, StoreUnavailable } from '../store.js';

/** Bytes that are read at a time; a smaller file is read in one go. */
const CHUNK = 256 * 1024;
/** Where files are written before they have their names. */
const COMING = 'coming';
const ADDRESS = /^[0-9a-f]{64}$/;

export class FileContents implements Contents {
  private readonly shards = new Map<string, Promise<void>>();
  private readonly open = new Map<string, number>();

  constructor(private readonly folder: string) {
    if (!existsSync(join(folder, COMING))) mkdirSync(join(folder, COMING), { recursive: true, mode: 0o700 });
  }

  private place = (address: string): string => join(this.folder, address.slice(0, 2), address);

  async put(bytes: Bytes, max?: number, facts?: ContentFacts): Promise<ContentFacts> {
    try {
      const known = bytes instanceof Uint8Array ? (facts ?? factsOf(bytes, max)) : undefined;
      if (known !== undefined && (await this.touched(known.address))) return known;
      const coming = join(this.folder, COMING, randomBytes(16).toString('hex'));
      try {
        const found = await this.written(coming, bytes, known, max);
        if (known !== undefined || !(await this.touched(found.address))) await this.named(coming, found.address);
        else await unlink(coming);
        return found;
      } catch (error) {
        await rm(coming, { force: true });
        throw error;
      }
    } catch (error) {
      throw translate(error);
    }
  }

  /** A new file with the bytes, synced. */
  private async written(coming: string, bytes: Bytes, known: ContentFacts | undefined, max?: number) {
    const file = await open(coming, 'wx', 0o600);
    try {
      if (known !== undefined) {
        await writeAll(file, bytes as Uint8Array);
        await file.datasync();
        return known;
      }
      const hash = new ContentHash(max);
      for await (const chunk of bytes as AsyncIterable<Uint8Array>) {
        hash.update(chunk);
        await writeAll(file, chunk);
      }
      await file.datasync();
      return hash.facts();
    } finally {
      await file.close();
    }
  }

  private async named(coming: string, address: string): Promise<void> {
    const shard = address.slice(0, 2);
    await this.shard(shard);
    await rename(coming, this.place(address));
    await this.sync(shard);
  }

  /** The folder of a shard, there and synced into its own. */
  private shard(name: string): Promise<void> {
    const there = this.shards.get(name);
    if (there !== undefined) return there;
    const made = mkdir(join(this.folder, name), { recursive: true, mode: 0o700 }).then(() => this.sync(''));
    this.shards.set(name, made);
    made.catch(() => this.shards.delete(name));
    return made;
  }

  /** Is it there? Then no sweep takes it for what was left behind long ago. */
  private async touched(address: string): Promise<boolean> {
    // Most are new, and an error costs more than a look.
    if (!existsSync(this.place(address))) return false;
    try {
      const now = new Date();
      await utimes(this.place(address), now, now);
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
    // Who renamed it may not have synced its folder yet.
    await this.sync(address.slice(0, 2));
    return true;
  }

  /** The folder of a shard, or of all. They stay open: there are 257 at most. */
  private async sync(shard: string): Promise<void> {
    let folder = this.open.get(shard);
    if (folder === undefined) {
      folder = openSync(join(this.folder, shard), 'r');
      this.open.set(shard, folder);
    }
    await synced(folder);
  }

  /** Nothing is put any more. */
  close(): void {
    for (const folder of this.open.values()) closeSync(folder);
    this.open.clear();
  }

  async size(address: string): Promise<number | undefined> {
    try {
      return (await stat(this.place(address))).size;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw translate(error);
    }
  }

  async *read(address: string, range?: ByteRange): AsyncGenerator<Uint8Array> {
    try {
      const file = await open(this.place(address));
      try {
        let at = range?.start ?? 0;
        const end = range === undefined ? (await file.stat()).size : range.end + 1;
        while (at < end) {
          const chunk = Buffer.allocUnsafe(Math.min(CHUNK, end - at));
          const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
          if (bytesRead === 0) throw new Error('a content is shorter than it was');
          at += bytesRead;
          yield bytesRead === chunk.length ? chunk : chunk.subarray(0, bytesRead);
        }
      } finally {
        await file.close();
      }
    } catch (error) {
      throw translate(error);
    }
  }

  async sweep(before: number, kept: () => Promise<ReadonlySet<string>>): Promise<number> {
    const old: string[] = [];
    for (const shard of await readdir(this.folder)) {
      for (const name of await readdir(join(this.folder, shard))) {
        const path = join(this.folder, shard, name);
        const found = await stat(path).catch(() => undefined);
        if (found === undefined || found.mtimeMs >= before) continue;
        if (ADDRESS.test(name)) old.push(name);
        else await rm(path, { force: true });
      }
    }
    if (old.length === 0) return 0;
    const named = await kept();
    let gone = 0;
    for (const address of old) if (!named.has(address) && (await this.removed(address, before))) gone++;
    return gone;
  }

  /** It is taken away first, then looked at: whoever puts the same either was seen, or finds it gone and writes it. */
  private async removed(address: string, before: number): Promise<boolean> {
    const aside = join(this.folder, COMING, `${address}.${randomBytes(4).toString('hex')}`);
    try {
      await rename(this.place(address), aside);
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
    if ((await stat(aside)).mtimeMs < before) {
      await unlink(aside);
      return true;
    }
    await this.named(aside, address);
    return false;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;
}

const synced = promisify(fsync);

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** What the disk says, in the port's words. */
function translate(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof ContentTooLarge || typeof code !== 'string') return error;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') return new StoreFull(code);
  return /^(EIO|EROFS|EMFILE|ENFILE|EACCES|EPERM|EBUSY|ENOENT)$/.test(code) ? new StoreUnavailable(code) : error;
}
