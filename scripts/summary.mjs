/**
 * Reads a run's TAP as it comes: counts the assertions, subtests included, and says how each file went.
 * https://testanything.org/tap-version-14-specification.html
 */
import { once } from 'node:events';
import { Parser } from 'tap-parser';

/**
 * `tap` is a stream, `print` takes a line. Returns `{ passed, failed, skipped, ok }`, `ok` being the TAP's own verdict:
 * false also where it was cut short.
 */
export async function summarise(tap, print) {
  const counts = { passed: 0, failed: 0, skipped: 0 };

  const fail = (path, diagnostics) => {
    counts.failed++;
    print(`FAILED  ${path.join(' > ')}`);
    for (const [name, value] of Object.entries(diagnostics ?? {})) {
      if (!/^(diff|found|wanted|error|message|stack|signal|exitCode|expired|cause|doNotWant|pattern)$/.test(name))
        continue;
      const text = typeof value === 'string' ? value.trimEnd() : JSON.stringify(value);
      print(`        ${name}: ${text.includes('\n') ? `\n${text}` : text}`.replaceAll('\n', '\n          '));
    }
  };

  const watch = (parser, path) => {
    // The test point after a subtest closes it: what is in it was counted, it is not. Names cannot tell which that is.
    let closing;
    parser.on('child', (child) => {
      const before = { ...counts };
      watch(child, [...path, child.name]);
      child.on('complete', () => {
        closing = before;
      });
    });
    parser.on('assert', ({ ok, name, skip, todo, diag }) => {
      const before = closing;
      closing = undefined;
      const reason = skip || todo;
      if (reason) {
        counts.skipped++;
        print(`skipped ${[...path, name, ...(typeof reason === 'string' ? [reason] : [])].join(' > ')}`);
      } else if (before === undefined) {
        if (ok) counts.passed++;
        else fail([...path, name], diag);
      } else if (!ok && counts.failed === before.failed) {
        // It ended badly with every assertion good: a time-out, a wrong plan, a crash, an exit code.
        fail([...path, name], diag);
      }
      if (path.length === 0 && ok && !reason) print(`ok      ${name}  ${counts.passed - (before?.passed ?? 0)}`);
    });
  };

  const parser = new Parser();
  watch(parser, []);
  // What is not TAP is the table of coverage.
  parser.on('extra', (line) => print(line.trimEnd()));
  parser.on('bailout', (reason) => fail(['bail out', reason]));
  const complete = once(parser, 'complete');
  tap.pipe(parser);
  const [{ ok }] = await complete;
  if (!ok && counts.failed === 0) fail(['the run did not end as it should']);
  return { ...counts, ok };
}
