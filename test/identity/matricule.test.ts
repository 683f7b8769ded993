/** The matricule INS: form, key, authorities. */
import t from 'tap';
import { AUTHORITIES, formatMatricule, hasRightKey, keyOf, parseMatricule } from '../../src/identity/matricule.js';

t.test('keys', async (t) => {
  for (const right of ['255081416802538', '295109912611193', '186022A21532523', '180017505600103', '238024403611354']) {
    const matricule = parseMatricule(right);
    t.ok(matricule !== undefined && hasRightKey(matricule), right);
  }
  // Published as examples, with keys that are none.
  for (const [wrong, key] of [
    ['123456789012244', '12'],
    ['147720425367411', '30'],
  ] as const) {
    const matricule = parseMatricule(wrong);
    t.notOk(matricule !== undefined && hasRightKey(matricule), wrong);
    t.equal(keyOf(wrong.slice(0, 13)), key);
  }
  t.equal(keyOf('186022A215325'), '23', 'Southern Corsica counts as 19');
  t.equal(keyOf('186022B215325'), keyOf('1860218215325'), 'Northern Corsica counts as 18');
  t.equal(keyOf('186022C215325'), undefined);
  t.match(keyOf('1000000000000'), /^\d\d$/);
});

t.test('what is no matricule', async (t) => {
  const none = ['', '2380244036113', '2 38 02 44 036 113 54', '23802440361135', '2380244036113544', '2A8024403611354'];
  for (const text of [...none, '186022a21532523', 'x38024403611354', '２38024403611354']) {
    t.equal(parseMatricule(text), undefined, text);
  }
  t.same(parseMatricule('186022A21532523'), { body: '186022A215325', key: '23' });
  t.equal(formatMatricule({ body: '2380244036113', key: '54' }), '2 38 02 44 036 113 54');
});

t.test('authorities', async (t) => {
  const told = [...AUTHORITIES].map(
    ([system, { kind, environment }]) => `${system.split('.').at(-1)} ${kind} ${environment}`,
  );
  t.same(told, ['8 NIR production', '9 NIA production', '10 NIR test', '11 NIR demo']);
});
