/** Base64: what is one, and its bytes. */
import t from 'tap';
import { decodedBase64, strictBase64 } from '../../src/r4/base64.js';

t.test('what is base64', async (t) => {
  for (const [text, bytes] of [
    ['', ''],
    ['QQ==', 'A'],
    ['QUI=', 'AB'],
    ['QUJD', 'ABC'],
    ['QUJDQUJD', 'ABCABC'],
    ['+/+/', '\u00fb\u00ff\u00bf'],
  ] as const) {
    t.equal(strictBase64(text)?.toString('latin1'), bytes, text);
  }
  const long = Buffer.alloc(100_001, 0xa7);
  t.ok(strictBase64(long.toString('base64'))?.equals(long));
});

t.test('what is not', async (t) => {
  const long = Buffer.alloc(300, 0xa7).toString('base64');
  for (const text of [
    'A',
    'AAA',
    'A===',
    '====',
    'AA=A',
    '=AAA',
    'AA==AAAA',
    '####',
    '-_-_',
    'AA AA',
    'éAAA',
    'AAA\u0000',
    `${long}*AAA`,
    `${long}AAé=`,
  ]) {
    t.equal(strictBase64(text), undefined, text);
  }
});

t.test('white space may stand in what XML brings', async (t) => {
  t.equal(decodedBase64(' QU\nJD \t')?.toString(), 'ABC');
  t.equal(decodedBase64('Q U J'), undefined);
});
