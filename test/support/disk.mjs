/** A small disk of its own for a test. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** In memory, of a size as mount takes it (`6m`); or `skip`, why there is none. */
export function smallDisk(size) {
  const folder = mkdtempSync(join(tmpdir(), 'passerelle-disk-'));
  const mount = (...options) => execFileSync('mount', [...options, folder], { stdio: 'ignore' });
  try {
    mount('-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs');
  } catch {
    rmSync(folder, { recursive: true });
    return { skip: 'a small file system cannot be mounted here' };
  }
  return {
    folder,
    /** Makes it read-only; fails while a file is open to be written. */
    freeze: () => mount('-o', 'remount,ro'),
    unmount() {
      execFileSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true });
    },
  };
}
