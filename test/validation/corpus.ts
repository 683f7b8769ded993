/** The published corpus beside the project: where it is, and how a text of it is judged. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isError } from '../../src/r4/errors.js';
import { parseObject } from '../../src/r4/json.js';
import { createValidator, type Validator } from '../../src/validation/index.js';
import { DATA, definitions, errors, validator } from './support.js';

/** A reason to skip what needs a folder of the reference data, or `false` where it is there. */
export function without(folder: string): string | false {
  return existsSync(DATA + folder) ? false : `shared/data/${folder} is not there`;
}

export const read = (file: string): string => readFileSync(DATA + file, 'utf8');
export const table = <Row>(file: string): Row[] => JSON.parse(read(file)) as Row[];

/** The errors of a text as it came, its numbers as they are written. */
export function verdict(text: string, profiles?: readonly string[], by?: Validator): string[] {
  const { value, rawNumbers } = parseObject(text);
  return errors(value, { rawNumbers, ...(profiles?.length ? { profiles } : {}) }, by ?? validator);
}

/** Is a text refused? One that is no JSON object by the house's reading is so before validation. */
export function isRefused(text: string, profiles?: readonly string[], by?: Validator): boolean {
  try {
    return verdict(text, profiles, by).length > 0;
  } catch (error) {
    if (error instanceof Error && error.name === 'FhirError') return true;
    throw error;
  }
}

/** Files with resources below a folder, examples too. */
export function resourceFiles(folder: string): string[] {
  return readdirSync(DATA + folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => /\/?[A-Z][A-Za-z]+-[^/]*\.json$/.test(name))
    .map((name) => `${folder}/${name}`)
    .sort();
}

/** A validator to whose definitions a published package gives its own, before ours of the same canonicals. */
export function publishedValidator(...folders: string[]): Validator {
  const published = folders
    .flatMap((folder) => resourceFiles(folder))
    .filter((file) => /\/(StructureDefinition|ValueSet|CodeSystem)-[^/]*$/.test(file) && !file.includes('/example/'))
    .map((file) => JSON.parse(read(file)) as object);
  return createValidator(definitions.with(published));
}

/** Does a validator find errors in a resource against these profiles? */
export function refuses(by: Validator, resource: object, profiles: readonly string[]): boolean {
  return by.validate(resource, { profiles }).some(isError);
}
