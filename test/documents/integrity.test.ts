/** What bytes are by how they begin, an attachment against its bytes, and what of a document may change. */
import { createHash } from 'node:crypto';
import t from 'tap';
import { contradiction, formatOf } from '../../src/documents/content-type.js';
import { asFiled, forbiddenChanges, isFiled } from '../../src/documents/filed.js';
import { attachmentIssues } from '../../src/documents/integrity.js';
import { PDSM_COMPREHENSIVE } from '../../src/documents/profiles.js';
import { factsOf } from '../../src/store/contents.js';

const latin = (text: string) => Buffer.from(text, 'latin1');
const SAMPLES: Readonly<Record<string, Buffer>> = {
  pdf: latin('%PDF-1.4\n'),
  jpeg: latin('\xff\xd8\xff\xe0\x00\x10JFIF'),
  png: latin('\x89PNG\r\n\x1a\n\0\0\0\rIHDR'),
  tiff: latin('II*\0\b\0\0\0'),
  rtf: latin('{\\rtf1\\ansi'),
  dicom: latin(`${'\0'.repeat(128)}DICM\x02\0`),
  zip: latin('PK\x03\x04'),
  json: Buffer.from('\n{"resourceType":"Bundle"}'),
  xml: Buffer.from('\ufeff<?xml version="1.0"?><ClinicalDocument/>'),
  text: Buffer.from('Compte rendu du séjour'),
  binary: latin('\x7fELF\0\0'),
};

t.test('formats by how they begin', async (t) => {
  for (const [format, head] of Object.entries(SAMPLES)) t.equal(formatOf(head), format);
  t.equal(formatOf(latin('MM\0*\0\0\0\b')), 'tiff');
  t.equal(formatOf(Buffer.from('\ufeff<a/>', 'utf16le')), 'xml');
  t.equal(formatOf(Buffer.from('  <!-- x --><a/>')), 'xml');
  t.equal(formatOf(Buffer.from('<5 mg le soir')), 'text');
});

t.test('what is declared against what is found', async (t) => {
  const kept: readonly (readonly [string, string])[] = [
    ['application/pdf', 'pdf'],
    ['Application/PDF; version=1.7', 'pdf'],
    ['image/jpeg', 'jpeg'],
    ['image/png', 'png'],
    ['image/tiff', 'tiff'],
    ['text/rtf', 'rtf'],
    ['application/rtf', 'rtf'],
    ['text/xml', 'xml'],
    ['application/xml', 'xml'],
    ['application/xslt+xml', 'xml'],
    ['application/hl7-cda+xml', 'xml'],
    ['text/plain', 'text'],
    ['text/plain;charset=utf-8', 'xml'],
    ['application/dicom', 'dicom'],
    ['application/octet-stream', 'binary'],
    ['application/x-own', 'pdf'],
  ];
  for (const [type, format] of kept) t.equal(contradiction(type, SAMPLES[format] as Buffer), undefined, type);
  const broken: readonly (readonly [string, string])[] = [
    ['application/pdf', 'text'],
    ['application/pdf', 'xml'],
    ['image/png', 'jpeg'],
    ['image/jpeg', 'png'],
    ['image/tiff', 'pdf'],
    ['text/rtf', 'text'],
    ['text/xml', 'pdf'],
    ['text/plain', 'binary'],
    ['text/plain', 'pdf'],
    ['application/hl7-cda+xml', 'json'],
  ];
  for (const [type, format] of broken) t.equal(contradiction(type, SAMPLES[format] as Buffer), format, type);
});

t.test('an attachment against its bytes', async (t) => {
  const bytes = SAMPLES.pdf as Buffer;
  const found = { facts: factsOf(bytes), head: bytes };
  const hash = createHash('sha1').update(bytes).digest('base64');
  const keys = (attachment: object, more = {}) =>
    attachmentIssues({ ...attachment }, { ...found, ...more }, 'x').map(({ key }) => key);
  t.same(keys({ contentType: 'application/pdf', size: bytes.length, hash }), []);
  t.same(keys({}), [], 'what it does not say is not wrong');
  t.same(keys({ contentType: 'image/png', size: 1, hash: 'AAAA' }), [
    'document-size',
    'document-hash',
    'document-type',
  ]);
  t.same(keys({ size: `${bytes.length}` }), ['document-size'], 'a text is no size');
  t.same(keys({ contentType: 'application/pdf' }, { contentType: 'text/plain' }), ['document-binary-type']);
  t.same(keys({}, { facts: factsOf(Buffer.alloc(0)), head: Buffer.alloc(0) }), ['document-empty']);
});

t.test('the mark of what is filed', async (t) => {
  const tag = '{"system":"urn:passerelle:documents","code":"filed"}';
  const marked = asFiled('{"resourceType":"Binary","contentType":"a"}');
  t.equal(marked, `{"resourceType":"Binary","meta":{"tag":[${tag}]},"contentType":"a"}`);
  t.equal(asFiled(marked), marked, 'once');
  t.equal(
    asFiled('{"meta":{"profile":["p"],"tag":[{"code":"x"}]},"resourceType":"Binary","size":1.50}'),
    `{"resourceType":"Binary","meta":{"profile":["p"],"tag":[{"code":"x"},${tag}]},"size":1.50}`,
  );
  t.ok(isFiled(JSON.parse(marked)));
  t.notOk(isFiled({ resourceType: 'Binary' }));
  t.ok(isFiled({ resourceType: 'DocumentReference', meta: { profile: [`${PDSM_COMPREHENSIVE}|3.1.1`] } }));
  t.notOk(isFiled({ resourceType: 'DocumentReference', meta: { profile: 'odd' } }));
});

t.test('what of a document may change', async (t) => {
  const archived = (valueBoolean: boolean) => ({
    url: 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived',
    valueBoolean,
  });
  const meta = { tag: [{ system: 'urn:passerelle:documents', code: 'filed' }] };
  const before = {
    resourceType: 'DocumentReference',
    meta,
    status: 'current',
    date: '2026',
    extension: [{ url: 'x' }],
  };
  const changes = (after: object) => forbiddenChanges(before, { ...before, ...after });
  t.same(changes({ status: 'superseded', securityLabel: [{}], id: 'y' }), []);
  t.same(changes({ meta: { ...meta, versionId: '2', lastUpdated: 'x' } }), []);
  t.same(changes({ text: { status: 'empty' }, language: 'fr' }), ['text', 'language']);
  t.same(changes({ meta: { ...meta, profile: ['x'] } }), ['meta']);
  t.same(changes({ extension: [{ url: 'x' }, archived(true)] }), []);
  t.same(changes({ _status: { id: 's' } }), []);
  t.same(changes({ extension: [archived(true)] }), ['extension']);
  t.same(changes({ modifierExtension: [archived(true)] }), ['modifierExtension']);
  t.same(changes({ date: '2027', description: 'x' }), ['date', 'description']);
  t.same(changes({ meta: {} }), ['meta'], 'nor may it cease to be one');
  const binary = { resourceType: 'Binary', meta, data: 'QQ==' };
  t.same(forbiddenChanges(binary, { ...binary, data: 'QUE=' }), ['data']);
  t.same(forbiddenChanges(binary, { ...binary, status: 'x' }), ['status'], 'of bytes nothing may');
});
