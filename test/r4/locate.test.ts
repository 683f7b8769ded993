/** Lines and columns of elements in a JSON text. */
import t from 'tap';
import { locate } from '../../src/r4/locate.js';

const TEXT = `{
  "resourceType": "Patient",
  "name": [ { "family": "Mo\\"rel" },
    { "given": ["Ana", null, "Lo\\u00efs"], "_given": [null, { "id": "x" }] } ],
  "deceasedDateTime": "2026",
  "_birthDate": { "extension": [] },
  "contained": [{ "resourceType": "Basic", "code": {"text": "a { [ , b"} }],
  "active": true
}`;

t.test('locate', async (t) => {
  const at = (expression: string) => {
    const { line, column } = locate(TEXT, [expression]).get(expression) ?? {};
    return `${line}:${column}`;
  };
  t.equal(at('Patient'), '1:1');
  t.equal(at('Patient.name[0].family'), '3:25');
  t.equal(at('Patient.name[1].given[2]'), '4:30');
  t.equal(at('Patient.name[1]'), '4:5');
  t.equal(at('Patient.deceased'), '5:23', 'a choice');
  t.equal(at('Patient.birthDate.extension'), '6:32', 'beside a primitive');
  t.equal(at('Patient.contained[0].code.text'), '7:61');
  t.equal(at('Patient.active'), '8:13');
  t.equal(at('Patient.name[1].period.start'), '4:5', 'what is missing is told by what is around it');
  t.equal(at('Patient.link[3].other'), '1:1');
});

t.test('many at once, and deep or long texts', async (t) => {
  const names = Array.from({ length: 100 }, (_, i) => `Patient.name[${i}].family`);
  const text = JSON.stringify({ name: Array.from({ length: 20000 }, () => ({ family: 'x' })) }, undefined, 1);
  const found = locate(text, names);
  t.equal(found.size, 100);
  t.same(found.get('Patient.name[2].family'), { line: 10, column: 14 });
});
