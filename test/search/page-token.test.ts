/** Cursors that only their own server, key and address open. */
import t from 'tap';
import { newKey, open, savedName, seal } from '../../src/search/page-token.js';

const key = newKey();
const token = {
  search: [['family', 'Kérouédan']] as [string, string][],
  place: 'p',
  moment: '3',
  before: ['', 'q'],
  older: 'o',
};

t.test('what was sealed opens, for its own key and address', async (t) => {
  const sealed = seal(key, 'Patient', token);
  t.match(sealed, /^[\w-]+$/);
  t.same(open(key, 'Patient', sealed), token);
  t.equal(open(newKey(), 'Patient', sealed), undefined);
  t.equal(open(key, 'Encounter', sealed), undefined);
  t.not(seal(key, 'Patient', token), sealed, 'two of one search differ');
  t.notMatch(Buffer.from(sealed, 'base64url').toString('latin1'), /family|rou/);
  const first = { search: 'search/name', before: [] };
  t.same(open(key, '', seal(key, '', first)), first);
});

t.test('a changed one does not', async (t) => {
  const sealed = seal(key, 'Patient', token);
  for (let i = 0; i < sealed.length; i++) {
    const other = sealed[i] === 'A' ? 'B' : 'A';
    if (open(key, 'Patient', sealed.slice(0, i) + other + sealed.slice(i + 1)) !== undefined) t.fail(`character ${i}`);
  }
  for (const bad of ['', 'x', sealed.slice(1), sealed.slice(0, -1), `${sealed}A`, `${sealed}=`, 'é'.repeat(99)]) {
    t.equal(open(key, 'Patient', bad), undefined, bad.slice(0, 20));
  }
});

t.test('long ones are packed, and the name of a kept one tells nothing', async (t) => {
  const search = Array.from(
    { length: 50 },
    (_, i) => ['identifier', `urn:oid:1.2.250.1.213.1.4.10|${i}`] as [string, string],
  );
  const sealed = seal(key, 'Patient', { search, before: [] });
  t.ok(sealed.length < JSON.stringify(search).length / 2, `${sealed.length} characters`);
  t.same(open(key, 'Patient', sealed)?.search, search);
  t.match(savedName(key, JSON.stringify(search)), /^search\/[\w-]{43}$/);
  t.not(savedName(key, JSON.stringify(search)), savedName(newKey(), JSON.stringify(search)));
});
