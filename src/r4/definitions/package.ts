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

export interface Package {
  /** As in its package.json; the name of the file or folder where it has none. */
  name: string;
  version: string;
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
  const resources: Package['resources'][number][] = [];
  for (const [file, text] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const content = parsed(file, text());
    if (file === 'package.json') {
      if (typeof content.name === 'string') name = content.name;
      if (typeof content.version === 'string') version = content.version;
    } else if (typeof content.resourceType === 'string' && typeof content.url === 'string') {
      resources.push(content as Package['resources'][number]);
    }
  }
  if (resources.length === 0) throw new Error('it holds no resources with a canonical URL');
  return { name, version, resources };
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
  for (const item of parseTar(archive)) {
    const [folder, name, ...deeper] = item.name.replace(/^\.\//, '').split('/');
    if (folder !== 'package' || name === undefined || deeper.length > 0 || !isWanted(name)) continue;
    files.set(name, () => item.text);
  }
  return files;
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
