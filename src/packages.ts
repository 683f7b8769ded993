/** The guides that an installation adds: FHIR packages, for searches. https://hl7.org/fhir/packages.html */
import type { Logger } from 'pino';
import { type Settings, WrongSetting } from './config.js';
import { type Definitions, type Package, parameterOf, readPackage } from './r4/definitions/index.js';
import type { SearchRegistry } from './search/registry.js';

/** Adds to the definitions what PACKAGES names. Throws WrongSetting for one that cannot be read. */
export function loadPackages({ PACKAGES }: Settings, definitions: Definitions): Package[] {
  return PACKAGES.map((path) => {
    try {
      const read = readPackage(path);
      definitions.addPackage(read);
      return read;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new WrongSetting(
        `PACKAGES names "${path}", but ${code === undefined ? message : `it cannot be read (${code})`}.`,
      );
    }
  });
}

/** One line for each package: what searches have of it, and which of its parameters they cannot serve. */
export function logPackages(packages: readonly Package[], registry: SearchRegistry, log: Logger): void {
  for (const { name, version, resources } of packages) {
    const count = (type: string) => resources.filter(({ resourceType }) => resourceType === type).length;
    const counts = {
      searchParameters: count('SearchParameter'),
      valueSets: count('ValueSet'),
      codeSystems: count('CodeSystem'),
    };
    log.info({ package: name, version, ...counts }, 'package loaded');
    const notServed = resources.flatMap((one) => {
      if (one.resourceType !== 'SearchParameter') return [];
      const parameter = parameterOf(one);
      const reason = parameter === undefined ? 'it is retired or incomplete' : registry.problemOf(parameter)?.en;
      return reason === undefined ? [] : [{ url: one.url, reason }];
    });
    if (notServed.length > 0) log.warn({ package: name, version, notServed }, 'search parameters not served');
  }
}
