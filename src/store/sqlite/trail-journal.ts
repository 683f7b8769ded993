/**
 * The lines of open batches, a file each, written and synchronised beside the database, so that no request waits for the
 * disk. docs/adr/0042-the-trace-is-a-trail-of-batches.md
 */
import { mkdirSync } from 'node:fs';
import { type FileHandle, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreFull, StoreUnavailable } from '../store.js';
import { inChains, type OpenBatch, type Trail } from '../trail.js';

type Journal = Pick<Trail, 'journal' | 'orphans' | 'discard'>;

const NAME = /^([0-9a-z-]{1,60})\.(\d{1,9})$/;

function translated(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new StoreFull(code);
  return code === undefined ? error : new StoreUnavailable(code);
}

/** `folder` is made when it is first needed. */
export class FileJournal implements Journal {
  /** The one that is written to. */
  private current: { name: string; file: FileHandle } | undefined;

  constructor(private readonly folder: string) {}

  async journal({ chain, number, text }: OpenBatch): Promise<void> {
    const name = `${chain}.${number}`;
    try {
      if (this.current?.name !== name) {
        await this.closeCurrent();
        mkdirSync(this.folder, { recursive: true, mode: 0o700 });
        this.current = { name, file: await open(join(this.folder, name), 'a', 0o600) };
      }
      await this.current.file.appendFile(text);
      await this.current.file.datasync();
    } catch (error) {
      throw translated(error);
    }
  }

  async orphans(before: number): Promise<OpenBatch[]> {
    const found: OpenBatch[] = [];
    for (const name of await readdir(this.folder).catch(() => [])) {
      const [, chain, number] = NAME.exec(name) ?? [];
      if (chain === undefined || name === this.current?.name) continue;
      const path = join(this.folder, name);
      if ((await stat(path)).mtimeMs >= before) continue;
      const text = await readFile(path, 'utf8');
      // A power cut may have left half of the last line, which nobody was told to be there.
      found.push({ chain, number: Number(number), text: text.slice(0, text.lastIndexOf('\n') + 1) });
    }
    return found.sort(inChains);
  }

  async discard(chain: string, number: number): Promise<void> {
    const name = `${chain}.${number}`;
    if (this.current?.name === name) await this.closeCurrent();
    await rm(join(this.folder, name), { force: true });
  }

  private async closeCurrent(): Promise<void> {
    const { current } = this;
    this.current = undefined;
    await current?.file.close();
  }
}

/** Of a store in memory: what ends with the process needs no journal. */
export const NO_JOURNAL: Journal = {
  journal: async () => undefined,
  orphans: async () => [],
  discard: async () => undefined,
};
