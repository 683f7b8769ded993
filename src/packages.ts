/**
 * The guides that an installation adds: FHIR packages with what they build on, for validation and searches.
 * https://hl7.org/fhir/packages.html
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Logger } from 'pino';
import { type Settings, WrongSetting } from './config.js';
import { type Definitions, type Package, parameterOf, readPackage } from './r4/definitions/index.js';
import type { SearchRegistry } from './search/registry.js';

/** What `profiles/` has of its own, as far as it is published. */
const BUNDLED: ReadonlySet<string> = new Set([
  'hl7.fhir.fr.core#2.2.0',
  'ans.fhir.fr.pdsm#3.1.1',
  'ans.fhir.fr.tddui#2.2.0',
  'ihe.iti.mhd#4.2.3',
]);
/** R4 itself is always there. */
const OF_R4 = /^hl7\.fhir\.r4\.(core|expansions|examples)$/;
/** `name#version`, as the cache of FHIR packages names its folders. */
const CACHED = /^([a-z0-9][a-z0-9.-]*)#([A-Za-z0-9][A-Za-z0-9.-]*)$/;

export interface LoadedPackage extends Package {
  /** What it builds on and is not at hand, as `name#version`. */
  missing: readonly string[];
}

/** Where packages are looked for by name: the cache, and beside the package that asks. */
function placesOf(name: string, version: string, cache: string, beside: string): string[] {
  const folders = [join(cache, `${name}#${version}`), join(beside, `${name}#${version}`)];
  return [...folders, join(beside, `${name}-${version}.tgz`), join(beside, `${name}#${version}.tgz`)];
}

/** The user's cache of FHIR packages, which other tools share. */
export function packageCache(setting: string): string {
  return setting === '' ? join(homedir(), '.fhir', 'packages') : setting;
}

/**
 * Reads packages and what they build on, each before what builds on it, so that the last word is the guide's own.
 * `paths` are folders, `.tgz` files or `name#version` of the cache. Throws an Error that names the path.
 */
export function readPackages(paths: readonly string[], cache: string): LoadedPackage[] {
  const loaded: LoadedPackage[] = [];
  const known = new Set<string>();
  const read = (path: string): void => {
    const found = readPackage(path);
    const key = `${found.name}#${found.version}`;
    if (known.has(key)) return;
    known.add(key);
    const missing: string[] = [];
    for (const [name, version] of Object.entries(found.dependencies)) {
      if (OF_R4.test(name) || known.has(`${name}#${version}`)) continue;
      // What others wrote leads nowhere but into these folders.
      const isName = CACHED.test(`${name}#${version}`);
      const place = isName ? placesOf(name, version, cache, dirname(path)).find((each) => existsSync(each)) : undefined;
      if (place !== undefined) read(place);
      else if (!BUNDLED.has(`${name}#${version}`)) missing.push(`${name}#${version}`.slice(0, 100));
    }
    loaded.push({ ...found, missing });
  };
  for (const path of paths) {
    try {
      read(existsSync(path) || !CACHED.test(path) ? path : join(cache, path));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new Error(`"${path}", but ${code === undefined ? message : `it cannot be read (${code})`}`);
    }
  }
  return loaded;
}

/** Adds to the definitions what PACKAGES names. Throws WrongSetting for one that cannot be read. */
export function loadPackages({ PACKAGES, PACKAGE_CACHE }: Settings, definitions: Definitions): LoadedPackage[] {
  try {
    const packages = readPackages(PACKAGES, packageCache(PACKAGE_CACHE));
    for (const one of packages) definitions.addPackage(one);
    return packages;
  } catch (error) {
    throw new WrongSetting(`PACKAGES names ${(error as Error).message}.`);
  }
}

/** What is wrong inside a package: profiles that cannot be used, by their canonical with the reason. */
export function profileFaults({ resources }: Package, definitions: Definitions): { url: string; reason: string }[] {
  return resources.flatMap((resource) => {
    const { resourceType, url, version, snapshot } = resource as typeof resource & { snapshot?: unknown };
    if (resourceType !== 'StructureDefinition' || snapshot !== undefined) return [];
    const canonical = version === undefined ? url : `${url}|${version}`;
    if (definitions.structure(canonical) !== undefined) return [];
    const fault = definitions.fault(canonical);
    if (fault === undefined) return [{ url, reason: 'its base is not known' }];
    const isTooLarge = fault.rule === 'size';
    return [{ url, reason: isTooLarge ? 'it is too large' : `its base has no element ${fault.found}` }];
  });
}

/** Faults that a line tells; the others are counted. */
const MAX_TOLD = 5;

/** What was loaded, what is missing and what is wrong inside, in one line. */
export function packageLine(one: LoadedPackage, definitions: Definitions): string {
  const { name, version, resources, missing } = one;
  const wrong = profileFaults(one, definitions);
  const count = (type: string, word: string): string => {
    const found = resources.filter(({ resourceType }) => resourceType === type).length;
    return `${found} ${word}${found === 1 ? '' : 's'}`;
  };
  const loaded = [
    count('StructureDefinition', 'profile'),
    count('ValueSet', 'value set'),
    count('CodeSystem', 'code system'),
    count('SearchParameter', 'search parameter'),
  ];
  const told = wrong.slice(0, MAX_TOLD).map(({ url, reason }) => `${url} (${reason})`);
  const more = wrong.length > MAX_TOLD ? ` and ${wrong.length - MAX_TOLD} more` : '';
  return [
    `${name} ${version}: ${loaded.join(', ')}`,
    ...(missing.length === 0 ? [] : [`missing: ${missing.join(', ')}`]),
    ...(wrong.length === 0 ? [] : [`unusable: ${told.join(', ')}${more}`]),
  ].join('; ');
}

/** One line for each package: what was loaded, what is missing and what is wrong inside. */
export function logPackages(
  packages: readonly LoadedPackage[],
  registry: SearchRegistry,
  definitions: Definitions,
  log: Logger,
): void {
  for (const one of packages) {
    const { name, version, resources, missing } = one;
    const count = (type: string) => resources.filter(({ resourceType }) => resourceType === type).length;
    const notServed = resources.flatMap((resource) => {
      if (resource.resourceType !== 'SearchParameter') return [];
      const parameter = parameterOf(resource);
      const reason = parameter === undefined ? 'it is retired or incomplete' : registry.problemOf(parameter)?.en;
      return reason === undefined ? [] : [{ url: resource.url, reason }];
    });
    const wrong = profileFaults(one, definitions);
    const found = {
      package: name,
      version,
      profiles: count('StructureDefinition'),
      searchParameters: count('SearchParameter'),
      valueSets: count('ValueSet'),
      codeSystems: count('CodeSystem'),
      ...(missing.length > 0 && { missing }),
      ...(wrong.length > 0 && { wrong }),
      ...(notServed.length > 0 && { notServed }),
    };
    if (missing.length + wrong.length + notServed.length > 0) log.warn(found, 'package loaded, not all of it usable');
    else log.info(found, 'package loaded');
  }
}
