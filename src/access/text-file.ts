/** Files of the operator as text. */
import { readFileSync } from 'node:fs';

/** A file that cannot be taken: the message says which and why, and quotes nothing of it. */
export class BadFile extends Error {
  override name = 'BadFile';
}

/** Throws BadFile for a file that cannot be read. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new BadFile(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
