/** Cases of validation as files: read, and judged by our validator. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Definitions } from '../../dist/r4/definitions/index.js';
import { parseObject } from '../../dist/r4/json.js';
import { createValidator } from '../../dist/validation/index.js';

const definitions = Definitions.load();

/** A validator that knows more definitions: those of the cases' own, or of guides. */
export const validatorWith = (resources, settings = {}) => createValidator(definitions.with(resources), settings);
export const plain = createValidator(definitions);
/**
 * The official cases are judged so that an extension without a definition is an error, and with the switches that a case
 * names: HL7's validator was run with the same.
 */
function settingsOf({ options = {} }) {
  return {
    unknownExtensions: 'error',
    ...(options.examples === false && { exampleUrls: 'refuse' }),
    ...(options['security-checks'] === true && { htmlInText: 'refuse' }),
  };
}

export const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** The definitions in a folder of a guide, its examples left out. */
export function guide(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(^|\/)(StructureDefinition|ValueSet|CodeSystem)-[^/]*\.json$/.test(name))
    .filter((name) => !name.includes('example/'))
    .map((name) => readJson(join(folder, name)));
}

/** The errors of a text as it came, `at: message` each; one that is no JSON is refused before it is validated. */
export function errorsOf(text, profiles, validator) {
  try {
    const { value, rawNumbers } = parseObject(text);
    const options = { rawNumbers, ...(profiles?.length > 0 && { profiles }) };
    const errors = validator
      .validate(value, options)
      .filter(({ severity }) => severity === 'error' || severity === 'fatal')
      .map(({ key, expression }) => `${expression ?? ''}: ${key}`);
    if (validator.isValid(value, options) !== (errors.length === 0)) throw new Error('the two passes disagree');
    return errors;
  } catch (error) {
    if (error.name !== 'FhirError') throw error;
    return [`: ${error.message}`];
  }
}

/** What a case brings along: files, and packages as folders of files. */
function supportOf(data, { supporting = [], packages = [] }) {
  const files = supporting.map((name) => join(data, name)).filter((file) => existsSync(file) && file.endsWith('.json'));
  const folders = packages.map((name) => join(data, name)).filter((folder) => existsSync(folder));
  const inFolders = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json') && !/(^|\/)(package\.json|\.[^/]*)$/.test(name))
      .map((name) => join(folder, name)),
  );
  return [...files, ...inFolders].flatMap((file) => {
    try {
      const resource = readJson(file);
      return resource.resourceType === undefined ? [] : [resource];
    } catch (error) {
      // Some bring along a page or a map that only looks like a resource.
      if (!(error instanceof SyntaxError)) throw error;
      console.error(`not read, it is no JSON: ${file.slice(data.length + 1)}`);
      return [];
    }
  });
}

const withoutSupport = new Map();

/** Compiled once for all cases that bring no definitions along. */
function validatorOf(support, settings) {
  if (support.length > 0) return validatorWith(support, settings);
  const key = JSON.stringify(settings);
  if (!withoutSupport.has(key)) withoutSupport.set(key, createValidator(definitions, settings));
  return withoutSupport.get(key);
}

/** Each official case with our errors: several share a canonical, so that each has a validator of its own. */
export function* officialCases(data) {
  for (const each of readJson(join(data, 'cases.json'))) {
    const file = join(data, each.file);
    if (!existsSync(file)) continue;
    const support = supportOf(data, each);
    const validator = validatorOf(support, settingsOf(each));
    const errors = errorsOf(readFileSync(file, 'utf8'), each.profiles, validator);
    yield {
      ...each,
      ours: errors,
      theirs: each.errors.map(({ text: message, expression }) => `${expression ?? ''}: ${message}`),
    };
  }
}

/** Resources published as valid, with our errors. */
export function* published(data) {
  for (const each of readJson(join(data, 'pass.json'))) {
    const file = join(data, each.file);
    if (existsSync(file)) yield { ...each, ours: errorsOf(readFileSync(file, 'utf8'), undefined, plain) };
  }
}

/** Mutants with the official validator's verdict and our errors, the French guides loaded. */
export function* mutants(data, guides) {
  const folder = join(data, 'mutants');
  const validator = validatorWith(existsSync(guides) ? guide(guides) : []);
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.ndjson'))) {
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
      if (line === '') continue;
      const mutant = JSON.parse(line);
      const ours = errorsOf(mutant.raw ?? JSON.stringify(mutant.resource), mutant.profiles, validator);
      yield { ...mutant, ours, theirs: mutant.errors.map(({ message, expression }) => `${expression}: ${message}`) };
    }
  }
}
