/** Elements that are kept, as text. */
import t from 'tap';
import { subset, tagged } from '../../src/r4/subset.js';

t.test('members of an object, down to those of its parts', async (t) => {
  const text =
    '{"a":1.50,"_a":{"id":"x"},"b":[{"c":"}\\"]","d":[1,{"e":null}]},{"d":2}],"f":"\\\\","__proto__":1,"constructor":2}';
  t.equal(subset(text, { a: true }), '{"a":1.50,"_a":{"id":"x"}}');
  t.equal(subset(text, { b: { d: true } }), '{"b":[{"d":[1,{"e":null}]},{"d":2}]}');
  t.equal(subset(text, { b: { c: true }, f: true }), '{"b":[{"c":"}\\"]"},{}],"f":"\\\\"}');
  t.equal(subset(text, {}), '{}');
});

t.test('the tag says that it is not whole', async (t) => {
  const code = (text: string) => JSON.parse(tagged(text)).meta.tag.map((tag: { code: string }) => tag.code);
  t.same(code('{"resourceType":"X","id":"1","meta":{"versionId":"1"},"tag":[1]}'), ['SUBSETTED']);
  t.same(code('{"meta":{"versionId":"1","tag":[{"code":"a"}]}}'), ['a', 'SUBSETTED']);
});
