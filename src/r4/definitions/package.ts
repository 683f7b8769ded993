/**
 * A FHIR package, as guides are published: a folder or a `.tgz` with package.json and one JSON file for each resource.
 * https://hl7.org/fhir/packages.html
 */
import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseTar } from 'nanotar';

/** Bytes of a package when it is unpacked; R4's own, the largest of them, has a fifth of that. */
const MAX_BYTES = 500_000_000;
/** Files of a package; R4's own has a tenth of that. */
const MAX_FILES = 50_000;

export interface Package {
  /** As in its package.json; the name of the file or folder where it has none. */
  name: string;
  version: string;
  /** The packages that it builds on, by name: the version that it asks for. */
  dependencies: Readonly<Record<string, string>>;
  /** Its resources that have a canonical URL, whatever their type, in the order of their files' names. */
  resources: readonly { resourceType: string; url: string; version?: string }[];
}

/**
 * Reads `path`. In an archive, and in a folder that has it, what counts is below `package/`, without its subfolders,
 * which hold examples. Throws an Error that says in a few words what is wrong with it.
 */
export function readPackage(path: string): Package {
  const files = statSync(path).isDirectory() ? filesOfFolder(path) : filesOfArchive(readFileSync(path));
  let [name, version] = [basename(path), ''];
  let dependencies: Record<string, string> = {};
  const resources: Package['resources'][number][] = [];
  for (const [file, text] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const content = parsed(file, text());
    if (file === 'package.json') {
      if (typeof content.name === 'string') name = content.name;
      if (typeof content.version === 'string') version = content.version;
      dependencies = textsOf(content.dependencies);
    } else if (typeof content.resourceType === 'string' && typeof content.url === 'string') {
      resources.push(content as Package['resources'][number]);
    }
  }
  if (resources.length === 0) throw new Error('it holds no resources with a canonical URL');
  return { name, version, dependencies, resources };
}

function textsOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}

/** Name to what reads its text. */
type Files = Map<string, () => string>;

function filesOfFolder(path: string): Files {
  const entries = readdirSync(path, { withFileTypes: true });
  const isInner = (one: Dirent) => one.isDirectory() && one.name === 'package';
  if (entries.some(isInner)) return filesOfFolder(join(path, 'package'));
  return new Map(
    entries
      .filter((one) => isWanted(one.name) && one.isFile())
      .map(({ name }) => [name, () => readFileSync(join(path, name), 'utf8')]),
  );
}

function filesOfArchive(bytes: Buffer): Files {
  let archive: Buffer;
  try {
    archive = gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
  } catch {
    throw new Error(`it is neither a folder nor a .tgz of at most ${MAX_BYTES} bytes when unpacked`);
  }
  const files: Files = new Map();
  refuseTricks(archive);
  for (const item of parseTar(archive)) {
    const [folder, name, ...deeper] = item.name.replace(/^\.\//, '').split('/');
    if (folder !== 'package' || name === undefined || deeper.length > 0 || !isWanted(name)) continue;
    files.set(name, () => item.text);
    if (files.size > MAX_FILES) throw new Error(`it holds more than ${MAX_FILES} files`);
  }
  return files;
}

/**
 * Nothing is written to disk, so that a name which leads out of the package could do no harm; but a package that tries is
 * not one to trust. The reader of archives mends such names, so they are looked at before. (POSIX ustar, 512-byte blocks.)
 */
function refuseTricks(archive: Buffer): void {
  const text = (from: number, length: number) => archive.toString('latin1', from, from + length).split('\0')[0] ?? '';
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12), 8) || 0;
    const type = text(at + 156, 1);
    // `x` and `L` carry a longer name for what follows.
    const name = type === 'x' || type === 'L' ? text(at + 512, Math.min(size, 4096)) : text(at, 100);
    if (/(^|[/\s=])\.\.(\/|\s|$)|^\/|\\/.test(name)) throw new Error('a path in it leads out of the package');
    if (type === '1' || type === '2') throw new Error('it holds links');
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

/** `.index.json` lists the others. */
const isWanted = (name: string) => name.endsWith('.json') && !name.startsWith('.');

function parsed(file: string, text: string): Record<string, unknown> {
  try {
    const content: unknown = JSON.parse(text);
    return typeof content === 'object' && content !== null ? (content as Record<string, unknown>) : {};
  } catch {
    throw new Error(`${file} in it is not JSON`);
  }
}
