/** Cases of validation as files: read, and judged by our validator. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Definitions } from '../../dist/r4/definitions/index.js';
import { shapesOf } from '../../dist/r4/definitions/shapes.js';
import { snapshotElements } from '../../dist/r4/definitions/snapshot.js';
import { parseObject } from '../../dist/r4/json.js';
import { plainPlaces } from '../../dist/r4/patch/plain-path.js';
import { jsonOfXml } from '../../dist/r4/xml/read.js';
import { COMPILED } from '../../dist/validation/expressions.js';
import { createValidator } from '../../dist/validation/index.js';
import { INTEGERS, PRIMITIVES } from '../../dist/validation/primitives.js';

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

/** What of an element says how a resource looks: its place, how often, which types. Urls of extensions are `uri` here. */
function shape({ id, min, max, type = [] }) {
  const code = (one) =>
    id.endsWith('xtension.url') || /xtension:[^.]*\.url$/.test(id)
      ? 'uri'
      : one.replace(/^http:\/\/hl7\.org\/fhirpath\/System\.\w+$/, 'string');
  return [id, min, max, type.map((one) => code(one.code)).join()].join(' ');
}

/** Profiles of the cases, each with how many elements of our snapshot are not those of another tool's. */
export function* snapshots(data) {
  const names = readdirSync(join(data, 'supporting'), { encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
  const all = supportOf(data, { supporting: names.map((name) => `supporting/${name}`) });
  const known = definitions.with(all.filter(({ url }) => url !== undefined));
  for (const name of readdirSync(join(data, 'snapshots'), { encoding: 'utf8' })) {
    const theirs = readJson(join(data, 'snapshots', name));
    if (theirs.snapshot === undefined || theirs.differential === undefined) continue;
    const { differential, baseDefinition } = theirs;
    const ours = snapshotElements(baseDefinition, differential.element, (url) => known.structure(url)) ?? [];
    const [wanted, made] = [theirs.snapshot.element, ours].map((elements) => new Set(elements.map(shape)));
    const missing = [...wanted].filter((one) => !made.has(one));
    const more = [...made].filter((one) => !wanted.has(one));
    yield { id: name, ours: missing.map((one) => `lacks ${one}`).concat(more.map((one) => `has ${one}`)) };
  }
}

/** Literals of primitive types, and references, each judged by its type alone. */
export function primitives(data) {
  return readJson(join(data, 'primitives.json'))
    .filter(({ skip }) => skip === undefined)
    .map(({ type, valid, raw, src }) => {
      const found = type === 'reference' ? isReference(raw) : isPrimitive(type, raw);
      return { id: `${type} ${src}`, ours: found === valid ? [] : [`${found ? 'takes' : 'refuses'} ${raw}`] };
    });
}

function isPrimitive(type, raw) {
  try {
    // `1.0` is not written as integers are.
    if (INTEGERS.has(type) && /[.eE]|^-0/.test(raw)) return false;
    return PRIMITIVES.get(type)?.(JSON.parse(raw)) === true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** As an element that may refer to anything, `#p1` with what it refers to. */
function isReference(raw) {
  const contained = raw.includes('#p1') ? { contained: [{ resourceType: 'Patient', id: 'p1' }] } : {};
  const focus = `"focus":[${raw}]`;
  const rest = JSON.stringify({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, ...contained });
  return errorsOf(`${rest.slice(0, -1)},${focus}}`, undefined, plain).length === 0;
}

/**
 * The official FHIRPath cases whose expressions our own functions take: those of constraints, by their exact text, and
 * paths that only name elements. https://hl7.org/fhirpath/tests.html
 */
export function* fhirPaths(folder) {
  const shapes = shapesOf(definitions);
  const text = readFileSync(join(folder, 'tests-fhir-r4.xml'), 'utf8').replace(/<!--[\s\S]*?-->/g, '');
  for (const [, attributes, body] of text.matchAll(/<test\b([^>]*)>([\s\S]*?)<\/test>/g)) {
    const input = /inputfile="([^"]*)"/.exec(attributes)?.[1];
    const expression = unescaped(/<expression[^>]*>([\s\S]*?)<\/expression>/.exec(body)?.[1] ?? '').trim();
    if (input === undefined || /<expression[^>]*invalid=/.test(body) || !existsSync(join(folder, input))) continue;
    const resource = inputOf(join(folder, input), shapes);
    if (resource === undefined) continue;
    const wanted = [...body.matchAll(/<output[^>]*?(?:\/>|>([\s\S]*?)<\/output>)/g)].map(([, one = '']) =>
      unescaped(one),
    );
    const places = plainPlaces(expression, resource, shapes);
    const holds = COMPILED.get(expression);
    if (places === undefined && holds === undefined) continue;
    const found =
      holds !== undefined
        ? [String(holds(resource))]
        : places.map((place) => place.reduce((value, step) => value[step], resource)).map((value) => String(value));
    // Dates are written with @ there.
    const same = JSON.stringify(found) === JSON.stringify(wanted.map((one) => one.replace(/^@/, '')));
    yield { id: /name="([^"]*)"/.exec(attributes)?.[1], ours: same ? [] : found, theirs: wanted };
  }
}

/** `undefined` for XML that is not read: one of the inputs has an element out of order. */
function inputOf(file, shapes) {
  const source = readFileSync(file, 'utf8');
  if (file.endsWith('.json')) return JSON.parse(source);
  try {
    return JSON.parse(jsonOfXml(source, shapes));
  } catch (error) {
    if (error.key === 'bad-xml') return undefined;
    throw error;
  }
}

const unescaped = (text) =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
