/**
 * Counts the assertions of a TAP file, subtests included. https://testanything.org/tap-version-14-specification.html
 * Returns `{ passed, failed, skipped, ok, skips, failures }`, the last two as paths such as `file > test > assertion`.
 */
import { readFileSync } from 'node:fs';
import { Parser } from 'tap-parser';

export function summarise(file) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const skips = [];
  const failures = [];

  const failed = (path) => {
    counts.failed++;
    failures.push(path.join(' > '));
  };

  const watch = (parser, path) => {
    // The test point after a subtest closes it: its assertions are counted, not it. Names cannot tell which that is.
    let closing;
    parser.on('child', (child) => {
      const before = counts.failed;
      watch(child, [...path, child.name]);
      child.on('complete', () => {
        closing = { before };
      });
    });
    parser.on('assert', (assert) => {
      const subtest = closing;
      closing = undefined;
      const skip = assert.skip || assert.todo;
      if (skip) {
        counts.skipped++;
        skips.push([...path, assert.name, ...(typeof skip === 'string' ? [skip] : [])].join(' > '));
      } else if (subtest === undefined) {
        if (assert.ok) counts.passed++;
        else failed([...path, assert.name]);
      } else if (!assert.ok && counts.failed === subtest.before) {
        // It ended badly with every assertion good: a time-out, a wrong plan, a crash, an exit code.
        failed([...path, assert.name]);
      }
    });
  };

  const parser = new Parser();
  watch(parser, []);
  let ok = false;
  parser.on('complete', (results) => {
    ok = results.ok;
  });
  parser.end(readFileSync(file, 'utf8'));
  // A bail-out, or an output that was cut short.
  if (!ok && counts.failed === 0) failed(['the run did not end as it should']);
  return { ...counts, ok, skips, failures };
}
