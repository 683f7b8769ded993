import t from 'tap';
import { FhirError } from '../../src/r4/errors.js';
import { decodeUtf8, jsonPathExpression, MAX_DEPTH, parseObject, prettyJson } from '../../src/r4/json.js';

function failure(text: string): string {
  try {
    parseObject(text);
  } catch (error) {
    if (error instanceof FhirError) return error.key;
    throw error;
  }
  return 'none';
}

t.test('what is refused', async (t) => {
  const cases: [string, string][] = [
    ['', 'empty-body'],
    ['  \n', 'empty-body'],
    ['{', 'bad-json'],
    ['{"a":1,}', 'bad-json'],
    ['[]', 'not-an-object'],
    ['null', 'not-an-object'],
    ['"x"', 'not-an-object'],
    ['{"a":1,"a":2}', 'duplicate-key'],
    ['{"a":1,"\\u0061":2}', 'duplicate-key'],
    ['{"b":[{"a":1,"a":1}]}', 'duplicate-key'],
    ['{"__proto__":{}}', 'bad-key'],
    ['{"a":{"\\u005f_proto__":1}}', 'bad-key'],
    ['{"a\\u0000b":1}', 'bad-key'],
    ['{"a":"\\ud800"}', 'bad-unicode'],
    ['{"a":"\\ud83d\\ude00"}', 'none'],
    ['{"a\\udc00":1}', 'bad-unicode'],
    [`{"a":${'['.repeat(MAX_DEPTH)}${']'.repeat(MAX_DEPTH)}}`, 'too-deep'],
    [`{"a":${'['.repeat(MAX_DEPTH - 1)}${']'.repeat(MAX_DEPTH - 1)}}`, 'none'],
    [`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'too-deep'],
    [`{"a":${'{"b":'.repeat(100_000)}1${'}'.repeat(100_000)}}`, 'too-deep'],
  ];
  for (const [text, expected] of cases) t.equal(failure(text), expected, text.slice(0, 40));
});

t.test('many keys: a duplicate is found beyond the first dozen', async (t) => {
  const members = Array.from({ length: 40 }, (_, i) => `"k${i}":${i}`).join(',');
  t.equal(failure(`{${members}}`), 'none');
  t.equal(failure(`{${members},"k3":0}`), 'duplicate-key');
});

t.test('where a syntax error stands, without the text around it', async (t) => {
  try {
    parseObject('{\n  "family": "Durand",\n  "given" "x"\n}');
    t.fail('refused');
  } catch (error) {
    t.ok(error instanceof FhirError);
    t.match((error as FhirError).params, { line: 3, column: 11 });
    t.notMatch(JSON.stringify((error as FhirError).params), /Durand/);
  }
});

t.test('text, members and odd numbers', async (t) => {
  const text =
    '{ "resourceType" : "X",\n "meta": { "versionId":"9", "tag" : [ {"code": "a b"} ] }, "n": [1.50, 2, -0, 1e3], "s": "a \\" } \\\\" }';
  const scanned = parseObject(text);
  t.equal(
    scanned.text,
    '{"resourceType":"X","meta":{"versionId":"9","tag":[{"code":"a b"}]},"n":[1.50,2,-0,1e3],"s":"a \\" } \\\\"}',
  );
  t.same(
    scanned.members.map((m) => m.name),
    ['resourceType', 'meta', 'n', 's'],
  );
  t.equal(scanned.members[2]?.text, '[1.50,2,-0,1e3]');
  t.same(scanned.metaMembers, [
    { name: 'versionId', text: '"9"' },
    { name: 'tag', text: '[{"code":"a b"}]' },
  ]);
  t.same(scanned.rawNumbers, [
    { path: ['n', 0], token: '1.50' },
    { path: ['n', 2], token: '-0' },
    { path: ['n', 3], token: '1e3' },
  ]);
  t.equal(jsonPathExpression(['name', 0, 'given']), 'name[0].given');
});

t.test('bytes', async (t) => {
  t.equal(decodeUtf8(Buffer.from('é')), 'é');
  t.equal(decodeUtf8(Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d])), '{}');
  t.throws(() => decodeUtf8(Buffer.from([0xc3, 0x28])), { message: 'bad-utf8' });
  t.throws(() => decodeUtf8(Buffer.from([0xed, 0xa0, 0x80])), { message: 'bad-utf8' }, 'a surrogate in bytes');
});

t.test('pretty text keeps numbers and strings', async (t) => {
  const text = '{"a":1.50,"b":[],"c":{},"d":[{"e":"x,{}:"}]}';
  const pretty = prettyJson(text);
  t.same(JSON.parse(pretty), JSON.parse(text));
  t.match(pretty, '"a": 1.50');
  t.match(pretty, '"e": "x,{}:"');
});
