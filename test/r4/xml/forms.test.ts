/** XML written from texts of every order, and read with and without prefixes. https://hl7.org/fhir/R4/xml.html */
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { shapesOf } from '../../../src/r4/definitions/shapes.js';
import { NumberToken, parseTree, treeText } from '../../../src/r4/lossless.js';
import { jsonOfXml } from '../../../src/r4/xml/read.js';
import { xmlOfJson } from '../../../src/r4/xml/write.js';
import { read, resourceFiles, without } from '../../validation/corpus.js';
import { definitions } from '../../validation/support.js';

const shapes = shapesOf(definitions);
const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';
const START = `${HEAD}<Patient xmlns="http://hl7.org/fhir">`;
const written = (json: string) => xmlOfJson(json, shapes);
/** The members of every object the other way round. */
function reversed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof NumberToken) return value;
  if (Array.isArray(value)) return value.map(reversed);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reversed(member)]),
  );
}
const isSame = (text: string) => written(treeText(reversed(parseTree(text)))) === written(treeText(parseTree(text)));

t.test('members in any order', async (t) => {
  const folder = new URL('../../../fixtures/', import.meta.url);
  const texts = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .filter((text) => text.includes('"resourceType"'));
  t.ok(texts.length > 0);
  for (const text of texts) t.ok(isSame(text));
});

t.test('members in any order, in the published guides', { skip: without('ig') }, async (t) => {
  for (const file of resourceFiles('ig')) t.ok(isSame(read(file)), file);
});

t.test('texts and what XML makes of them', async (t) => {
  for (const [members, xml] of [
    ['', ''],
    ['"active":true,"gender":"other"', '<active value="true"/><gender value="other"/>'],
    ['"gender":"other","active":true', '<active value="true"/><gender value="other"/>'],
    ['"language":"a\\"\\\\\\/\\n\\t<&>\\u00e9"', '<language value="a&quot;\\/&#10;&#9;&lt;&amp;&gt;é"/>'],
    ['"language":"tail\\\\"', '<language value="tail\\"/>'],
    ['"multipleBirthInteger":2', '<multipleBirthInteger value="2"/>'],
    ['"unknown":{"a":["}",1.50]},"active":false', '<active value="false"/>'],
    ['"unknown":[]', ''],
    ['"a\\":b":1,"active":false', '<active value="false"/>'],
    ['"name":[{}]', '<name/>'],
    [
      '"name":[{"id":"n","family":"F"},{"family":"G","id":"m"}]',
      '<name id="n"><family value="F"/></name><name id="m"><family value="G"/></name>',
    ],
    ['"name":[null,{"given":[]},"text"]', '<name/>'],
    ['"name":[{"given":["A",null],"_given":[null,{"id":"g"}]}]', '<name><given value="A"/><given id="g"/></name>'],
    ['"name":[{"_given":[{"id":"g"}],"given":["A"]}]', '<name><given id="g" value="A"/></name>'],
    ['"_active":{"id":"a"},"gender":"other","active":true', '<active id="a" value="true"/><gender value="other"/>'],
    ['"_birthDate":{"id":"b"}', '<birthDate id="b"/>'],
    ['"birthDate":"1938","_birthDate":{"id":"b"}', '<birthDate id="b" value="1938"/>'],
    [
      '"extension":[{"valueDecimal":1.50,"url":"u"},{"extension":[{"url":"v","valueDecimal":1e3}],"url":"w"},{"url":"x","valueDecimal":-0}]',
      '<extension url="u"><valueDecimal value="1.50"/></extension><extension url="w"><extension url="v"><valueDecimal value="1e3"/></extension></extension><extension url="x"><valueDecimal value="-0"/></extension>',
    ],
    [
      '"extension":[{"url":"u","valueDecimal":1.50,"_valueDecimal":{"id":"d"}}]',
      '<extension url="u"><valueDecimal id="d" value="1.50"/></extension>',
    ],
    [
      '"text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">&nbsp;é</div>"}',
      '<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">&#160;é</div></text>',
    ],
    [
      '"contained":[{"resourceType":"Organization","name":"O","id":"o"},{"id":"p","resourceType":"Patient"}]',
      '<contained><Organization><id value="o"/><name value="O"/></Organization></contained><contained><Patient><id value="p"/></Patient></contained>',
    ],
  ] as const) {
    const json = `{"resourceType":"Patient"${members === '' ? '' : `,${members}`}}`;
    t.equal(written(json), `${START}${xml}</Patient>`, members);
    t.equal(xmlOfJson(json, shapes, true).replace(/\n\s*/g, ''), `${START}${xml}</Patient>`.replace('\n', ''), members);
  }
});

t.test('prefixes', async (t) => {
  const read = (text: string) => JSON.parse(jsonOfXml(text, shapes));
  t.same(
    read(
      '<f:Patient xmlns:f="http://hl7.org/fhir"><f:text><f:status value="generated"/><h:div xmlns:h="http://www.w3.org/1999/xhtml"><h:br/>a</h:div></f:text><f:active value="true"/></f:Patient>',
    ),
    {
      resourceType: 'Patient',
      text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><br/>a</div>' },
      active: true,
    },
  );
  t.same(
    read(
      '<Patient xmlns="http://hl7.org/fhir" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b"><active value="true"/></Patient>',
    ),
    { resourceType: 'Patient', active: true },
  );
  const div = '<div xmlns="http://www.w3.org/1999/xhtml" xml:lang="fr"><p xmlns="urn:other">a</p></div>';
  t.same(read(`<Patient xmlns="http://hl7.org/fhir"><text>${div}</text><active value="true"/></Patient>`), {
    resourceType: 'Patient',
    text: { div },
    active: true,
  });
  for (const wrong of [
    '<Patient xmlns="http://hl7.org/fhir"><active xmlns="urn:other" value="true"/></Patient>',
    '<Patient xmlns="http://hl7.org/fhir"><active xmlns="" value="true"/></Patient>',
    '<f:Patient xmlns="http://hl7.org/fhir"/>',
    '<Patient xmlns="http://hl7.org/fhir"><active f:value="true"/></Patient>',
    '<Patient xmlns="http://hl7.org/fhir"><active xml:value="true"/></Patient>',
    '<Patient xmlns="http://hl7.org/fhir"><active value="true" value="false"/></Patient>',
    '<Patient xmlns="http://hl7.org/fhir"><text><div xmlns="http://www.w3.org/1999/xhtml"><x:p/></div></text></Patient>',
  ]) {
    t.throws(() => read(wrong), /bad-xml/, wrong);
  }
});

t.test('numbers', async (t) => {
  for (const number of ['1.50', '2', '-0', '1e3', '0.1', '12345678901234567890']) {
    const xml = `<Observation xmlns="http://hl7.org/fhir"><valueQuantity><value value="${number}"/></valueQuantity></Observation>`;
    const json = jsonOfXml(xml, shapes);
    t.equal(json, `{"resourceType":"Observation","valueQuantity":{"value":${number}}}`);
    t.equal(written(json), HEAD + xml);
  }
});
