/** What lies beside a working copy or is installed on some machines only; tests that need it are skipped by name. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

let catalog: string | undefined;
/** The schemas of ebRS import one of XML's own attributes that lies with those of the CDA. */
function catalogFile(): string {
  if (catalog !== undefined) return catalog;
  const here = shared('data/dmp/xds-xsd/ebRS') ?? '';
  const there = shared('data/dmp/cda-fr/xsd/schema/xml.xsd') ?? '';
  const rules = `<system systemId="${join(here, 'xml.xsd')}" uri="${there}"/>`;
  catalog = join(mkdtempSync(join(tmpdir(), 'passerelle-catalog-')), 'catalog.xml');
  writeFileSync(catalog, `<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">${rules}</catalog>`);
  return catalog;
}

/** What xmllint says of the text against the schema of `../shared/data/dmp`; empty when it is valid. */
export function schemaErrors(xml: string | Buffer, schema: string): string {
  const file = shared(`data/dmp/${schema}`) ?? '';
  const { status, stderr } = spawnSync('xmllint', ['--noout', '--nonet', '--huge', '--schema', file, '-'], {
    input: xml,
    env: { ...process.env, XML_CATALOG_FILES: catalogFile() },
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return status === 0 ? '' : stderr.slice(0, 4000);
}
