/** What lies beside a working copy or is installed on some machines only; tests that need it are skipped by name. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The path of something in `../shared`, or `undefined` where it is not. */
export function shared(path: string): string | undefined {
  const file = fileURLToPath(new URL(`../../../shared/${path}`, import.meta.url));
  return existsSync(file) ? file : undefined;
}

export const hasXmllint = spawnSync('xmllint', ['--version']).status === 0;

/** Why tests against a schema of `../shared` are skipped, or `false`. */
export const skipSchema =
  shared('data/dmp') === undefined ? 'no ../shared/data/dmp' : !hasXmllint && 'no xmllint (Debian: libxml2-utils)';

/** What xmllint says of the text against the schema of `../shared/data/dmp`; empty when it is valid. */
export function schemaErrors(xml: string | Buffer, schema: string): string {
  const file = shared(`data/dmp/${schema}`) ?? '';
  const { status, stderr } = spawnSync('xmllint', ['--noout', '--nonet', '--huge', '--schema', file, '-'], {
    input: xml,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return status === 0 ? '' : stderr.slice(0, 4000);
}
