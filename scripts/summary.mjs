/** Counts the assertions of a TAP file, subtests included: `{ passed, failed, skipped }`. */
import { readFileSync } from 'node:fs';
import { Parser } from 'tap-parser';

export function summarise(file) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const reasons = [];
  const watch = (parser, path) => {
    // A subtest is counted by what is in it; its own closing line is not one more.
    const subtests = new Set();
    parser.on('child', (child) => {
      subtests.add(child.name);
      watch(child, [...path, child.name]);
    });
    parser.on('assert', (assert) => {
      const isSubtest = subtests.has(assert.name);
      if (assert.skip || assert.todo) {
        counts.skipped++;
        reasons.push(
          [...path, assert.name, assert.skip || assert.todo].filter((part) => typeof part === 'string').join(' > '),
        );
      } else if (!assert.ok) {
        if (!isSubtest) counts.failed++;
      } else if (!isSubtest) counts.passed++;
    });
  };
  const parser = new Parser();
  watch(parser, []);
  let ok = false;
  parser.on('complete', (results) => {
    ok = results.ok;
    if (!ok && counts.failed === 0) counts.failed = Math.max(1, results.fail);
  });
  parser.end(readFileSync(file, 'utf8'));
  return { ...counts, ok, reasons };
}
