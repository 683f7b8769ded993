/**
 * `passerelle validate FILE...`: a readable report for each resource in files of JSON, NDJSON and XML, or one line of JSON
 * each; exit code 1 when one has errors, 2 when something asked for is not there.
 */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Settings, WrongSetting } from '../../config.js';
import { packageCache } from '../../packages.js';
import { ERROR_SYSTEM } from '../../r4/errors.js';
import { validatorSettings } from '../../validation-policy.js';
import { Checker, type CheckOptions, type Result } from './check.js';

/** Fewer files are done before a second worker is ready. */
const FILES_A_WORKER = 20;

export interface ValidateFlags {
  profile?: string[];
  package?: string[];
  language?: string;
  json?: boolean;
}

/** Resolves to the exit code. Throws WrongSetting for a flag that cannot be followed. */
export async function validate(paths: readonly string[], flags: ValidateFlags, settings: Settings): Promise<number> {
  const { language = 'en' } = flags;
  if (language !== 'en' && language !== 'fr') throw new WrongSetting('--language is en or fr.');
  if (paths.length === 0) throw new WrongSetting('Usage: passerelle validate FILE... (--help tells more)');
  const files = paths.flatMap(filesOf);
  const options: CheckOptions = {
    profiles: flags.profile ?? [],
    packages: [...settings.PACKAGES, ...(flags.package ?? [])],
    cache: packageCache(settings.PACKAGE_CACHE),
    language,
    settings: validatorSettings(settings),
  };
  let valid = 0;
  let all = 0;
  const tell = (result: Result): void => {
    all++;
    if (result.valid) valid++;
    console.log(flags.json === true ? JSON.stringify(result) : report(result));
  };
  const checker = checkerOf(options);
  for (const remark of checker.remarks) console.error(remark);
  const workers = Math.min(availableParallelism(), Math.floor(files.length / FILES_A_WORKER));
  if (workers < 2) for (const file of files) for (const result of checker.file(file)) tell(result);
  else await inParallel(files, workers, options, tell);
  if (flags.json !== true) console.log(`${valid} of ${all} valid`);
  return valid === all && all > 0 ? 0 : 1;
}

function checkerOf(options: CheckOptions): Checker {
  try {
    return new Checker(options);
  } catch (error) {
    throw new WrongSetting((error as Error).message);
  }
}

/** A folder stands for the JSON and NDJSON files in it, and those of FHIR's XML. Throws WrongSetting for one without any. */
function filesOf(path: string): string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => join(path, name))
    .filter((file) => /\.(nd)?json$/i.test(file) || (/\.xml$/i.test(file) && isFhir(file)));
  if (files.length === 0) throw new WrongSetting(`The folder ${path} holds no file of JSON, NDJSON or FHIR's XML.`);
  return files;
}

/** Does the root of an XML file stand in FHIR's namespace? */
function isFhir(file: string): boolean {
  const head = Buffer.alloc(2000);
  const handle = openSync(file, 'r');
  try {
    return head.toString('utf8', 0, readSync(handle, head, 0, head.length, 0)).includes('"http://hl7.org/fhir"');
  } finally {
    closeSync(handle);
  }
}

/** Results come in the order of the files, whoever is first. */
async function inParallel(
  files: readonly string[],
  count: number,
  options: CheckOptions,
  tell: (result: Result) => void,
): Promise<void> {
  const results: Result[][] = [];
  const done = new Set<number>();
  let next = 0;
  let told = 0;
  const settle = (index: number): void => {
    done.add(index);
    for (; done.has(told); told++) for (const result of results[told] ?? []) tell(result);
  };
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: options });
      let index = -1;
      const take = (): void => {
        index = next++;
        if (index < files.length) worker.postMessage(files[index]);
        else void worker.terminate().then(() => resolve());
      };
      worker.on('error', reject);
      worker.on('message', (result: Result | undefined) => {
        if (result !== undefined) {
          results[index] = [...(results[index] ?? []), result];
          return;
        }
        settle(index);
        take();
      });
      take();
    });
  await Promise.all(Array.from({ length: count }, work));
}

function report({ file, line, resourceType, valid, outcome }: Result): string {
  const place = line === undefined ? file : `${file}:${line}`;
  const lines = [`${place}: ${valid ? 'valid' : 'not valid'}${resourceType === undefined ? '' : ` (${resourceType})`}`];
  for (const { severity, expression, details, diagnostics, extension } of outcome.issue) {
    // That nothing was found is said already.
    if (details === undefined) continue;
    const [at, column] = ['line', 'col'].map(
      (name) => extension?.find(({ url }) => url.endsWith(`-${name}`))?.valueInteger,
    );
    const position = at === undefined ? '' : ` ${at}:${column}`;
    const where = expression?.[0] === undefined ? '' : ` ${expression[0]}`;
    const text = diagnostics ?? details?.text ?? '';
    const code = details?.coding?.find(({ system }) => system === ERROR_SYSTEM)?.code ?? '';
    lines.push(`  ${severity}${position}${where}: ${text} [${code}]`);
  }
  return lines.join('\n');
}
