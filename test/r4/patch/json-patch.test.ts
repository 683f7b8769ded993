/** JSON Patch: its own rules, and the official cases where they are at hand. https://www.rfc-editor.org/rfc/rfc6902 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { FhirError } from '../../../src/r4/errors.js';
import { parseTree, treeText } from '../../../src/r4/lossless.js';
import { applyJsonPatch } from '../../../src/r4/patch/json-patch.js';

const patched = (document: unknown, ...patch: object[]) => applyJsonPatch(document, patch);
const refusal = (document: unknown, patch: unknown) => {
  try {
    applyJsonPatch(document, patch);
  } catch (error) {
    if (error instanceof FhirError) return error.key;
    throw error;
  }
  return undefined;
};

t.test('operations', async (t) => {
  const document = { a: [1, 2], b: { c: 'x' } };
  t.same(patched(document, { op: 'add', path: '/a/-', value: 3 }), { a: [1, 2, 3], b: { c: 'x' } });
  t.same(patched(document, { op: 'add', path: '/a/0', value: 0 }), { a: [0, 1, 2], b: { c: 'x' } });
  t.same(patched(document, { op: 'move', from: '/b/c', path: '/d' }), { a: [1, 2], b: {}, d: 'x' });
  t.same(patched(document, { op: 'copy', from: '/a', path: '/e' }), { ...document, e: [1, 2] });
  t.same(patched(document, { op: 'replace', path: '', value: {} }), {});
  t.same(patched({ 'a/b~': 1 }, { op: 'remove', path: '/a~1b~0' }), {});
  t.same(document, { a: [1, 2], b: { c: 'x' } }, 'what is given stays');
});

t.test('numbers as they are written', async (t) => {
  const tree = parseTree('{"a":1.50,"b":[2.0]}');
  t.equal(treeText(applyJsonPatch(tree, [{ op: 'test', path: '/a', value: 1.5 }])), '{"a":1.50,"b":[2.0]}');
  const patch = parseTree('[{"op":"add","path":"/c","value":3.10},{"op":"copy","from":"/b/0","path":"/d"}]');
  t.equal(treeText(applyJsonPatch(tree, patch)), '{"a":1.50,"b":[2.0],"c":3.10,"d":2.0}');
});

t.test('what is refused', async (t) => {
  const document = { a: [1], b: 'x' };
  for (const path of ['/c', '/a/1', '/a/-', '/a/01', '/a/x', '/b/c', '/__proto__']) {
    t.equal(refusal(document, [{ op: 'remove', path }]), 'patch-inapplicable', path);
  }
  t.equal(refusal(document, [{ op: 'add', path: '/a/3', value: 1 }]), 'patch-inapplicable');
  t.equal(refusal(document, [{ op: 'add', path: '/__proto__', value: {} }]), 'patch-inapplicable');
  t.equal(refusal(document, [{ op: 'add', path: '/__proto__/x', value: {} }]), 'patch-inapplicable');
  t.equal(refusal(document, [{ op: 'test', path: '/b', value: 'y' }]), 'patch-inapplicable');
  t.equal(refusal({ a: {} }, [{ op: 'move', from: '/a', path: '/a/b' }]), 'patch-inapplicable');
  for (const patch of [{}, 'x', [1], [{}], [{ op: 'put', path: '' }], [{ op: 'add', path: 'a', value: 1 }]]) {
    t.equal(refusal(document, patch), 'patch-malformed', JSON.stringify(patch));
  }
  t.equal(refusal(document, [{ op: 'add', path: '/c' }]), 'patch-malformed', 'no value');
  t.equal(refusal(document, [{ op: 'remove', path: '/a~2' }]), 'patch-malformed');
});

const CASES = fileURLToPath(new URL('../../../../shared/data/patch/json-patch-tests.json', import.meta.url));
t.test('the official cases', { skip: !existsSync(CASES) && 'shared/data/patch is not there' }, async (t) => {
  const cases = JSON.parse(readFileSync(CASES, 'utf8')) as {
    comment: string;
    doc: unknown;
    patch: unknown;
    expected?: unknown;
    error?: string;
  }[];
  t.ok(cases.length >= 16);
  for (const { comment, doc, patch, expected, error } of cases) {
    if (error !== undefined) t.ok(refusal(doc, patch), comment);
    else t.same(applyJsonPatch(doc, patch), expected, comment);
  }
});
