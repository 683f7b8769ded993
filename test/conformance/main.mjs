/**
 * `npm run conformance -- [--data DIR] [--guides DIR] [--differences] [--json FILE]`: our validator beside the verdicts
 * of HL7's own, in one table with what the best JavaScript peers reach. DIR is laid out as cases.json with its files,
 * pass.json and mutants/; a part that is not there is told. Ends with 1 when a bar is not reached.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fhirPaths, mutants, officialCases, primitives, published, snapshots } from './corpus.mjs';

const SHARED = fileURLToPath(new URL('../../../shared/data/', import.meta.url));
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: join(SHARED, 'validation') },
    guides: { type: 'string', default: join(SHARED, 'ig') },
    differences: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const { data, guides } = values;

const rows = [];
const differences = [];

/**
 * One line of the table: how many of `cases` are refused, which they should be (`invalid`) or should not. `bar` is the
 * share asked: at least for what is invalid, at most for what is valid; without one the line is reported only.
 */
function line(name, cases, { invalid, bar, peer = '' }) {
  const refused = cases.filter(({ ours }) => ours.length > 0);
  const share = cases.length === 0 ? 0 : refused.length / cases.length;
  const isReached = bar === undefined || (invalid ? share >= bar : share <= bar);
  const percent = (part) => `${Math.round(part * 1000) / 10} %`;
  const asked = bar === undefined ? 'reported' : `${invalid ? 'at least' : 'at most'} ${percent(bar)}`;
  const reached = `${refused.length} of ${cases.length} (${percent(share)})`;
  rows.push({ name, asked, reached, isReached, peer });
  const word = isReached ? '' : 'NOT REACHED';
  console.log([name.padEnd(46), asked.padEnd(16), reached.padEnd(24), peer.padEnd(24), word].join('  ').trimEnd());
  for (const each of cases.filter(({ ours }) => ours.length > 0 !== invalid)) {
    differences.push({ line: name, id: each.id, ours: each.ours, theirs: each.theirs ?? [] });
  }
}

console.log([''.padEnd(46), 'asked'.padEnd(16), 'reached'.padEnd(24), 'best JavaScript peer'].join('  '));
if (existsSync(join(data, 'cases.json'))) {
  const all = [...officialCases(data)];
  const pair = (name, cases, found, rejected, peers = []) => {
    const invalid = cases.filter(({ expectedValid }) => !expectedValid);
    line(`${name}: invalid ones found`, invalid, { invalid: true, bar: found, peer: peers[0] });
    const valid = cases.filter(({ expectedValid }) => expectedValid);
    line(`${name}: valid ones rejected`, valid, { invalid: false, bar: rejected, peer: peers[1] });
  };
  const native = all.filter(({ tier, fromXml }) => tier === 'offline' && fromXml !== true);
  pair(
    'official, core',
    native.filter(({ core }) => core === true),
    0.9,
    0,
    ['34 %', '0 to 6 of 109'],
  );
  pair('official, offline JSON', native, 0.8, 0.01, ['22 %', '2 to 6 of 189']);
  const converted = all.filter(({ tier, fromXml, xmlSuspect }) => tier === 'offline' && fromXml && !xmlSuspect);
  pair('official, converted from XML', converted);
  const others = all.filter(({ tier }) => tier !== 'offline');
  pair('official, that need a server or packages', others);
} else console.log('no cases.json: the official cases are not run');
if (existsSync(join(data, 'pass.json'))) {
  const all = [...published(data)];
  const those = (known) => all.filter(({ knownInvalid }) => (knownInvalid !== undefined) === known);
  line('published as valid: rejected', those(false), { invalid: false, bar: 0, peer: '0.4 to 1 %' });
  line('published, known to be invalid: found', those(true), { invalid: true });
} else console.log('no pass.json: the published resources are not run');
if (existsSync(join(data, 'primitives.json'))) {
  line('primitives judged otherwise', primitives(data), { invalid: false, bar: 0, peer: '5 to 30 %' });
}
if (existsSync(join(data, 'snapshots'))) {
  line('snapshots unlike those of another tool', [...snapshots(data)], { invalid: false, bar: 0.1 });
}
const paths = join(guides, '..', 'fhirpath');
if (existsSync(paths)) {
  line('official FHIRPath cases we compile, judged otherwise', [...fhirPaths(paths)], { invalid: false, bar: 0 });
}
if (existsSync(join(data, 'mutants'))) {
  const all = [...mutants(data, guides)];
  const those = (gold, valid) => all.filter((each) => (each.gold === true) === gold && each.valid === valid);
  line('mutants, gold: invalid ones found', those(true, false), { invalid: true, bar: 0.97 });
  line('mutants, gold: valid ones rejected', those(true, true), { invalid: false, bar: 0.005 });
  line('mutants, doubtful: invalid ones found', those(false, false), { invalid: true });
  line('mutants, doubtful: valid ones rejected', those(false, true), { invalid: false });
} else console.log('no mutants/: they are not run');

if (values.differences) {
  for (const { line: name, id, ours, theirs } of differences) {
    console.log(`\n${name}: ${id}`);
    for (const each of ours.slice(0, 3)) console.log(`  ours    ${each}`);
    for (const each of theirs.slice(0, 3)) console.log(`  theirs  ${each}`);
  }
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ rows, differences }, null, 2)}\n`);
if (rows.some(({ isReached }) => !isReached)) process.exitCode = 1;
