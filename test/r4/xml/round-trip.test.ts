/** JSON to XML and back is the same, on every published resource at hand. https://hl7.org/fhir/R4/xml.html */
import t from 'tap';
import { shapesOf } from '../../../src/r4/definitions/shapes.js';
import { isSameTree, parseTree } from '../../../src/r4/lossless.js';
import { jsonOfXml } from '../../../src/r4/xml/read.js';
import { xmlOfJson } from '../../../src/r4/xml/write.js';
import { isRefused, read, resourceFiles, table, without } from '../../validation/corpus.js';
import { definitions } from '../../validation/support.js';

const shapes = shapesOf(definitions);
const isSame = (text: string, pretty: boolean) =>
  isSameTree(parseTree(jsonOfXml(xmlOfJson(text, shapes, pretty), shapes)), parseTree(text));
/** HL7's own converter writes the comments of XML so; R4 has no such member. */
const hasComments = (text: string) => text.includes('"fhir_comments"');

t.test('published guides', { skip: without('ig') }, async (t) => {
  const files = resourceFiles('ig');
  t.ok(files.length > 300);
  for (const [i, file] of files.entries()) t.ok(isSame(read(file), i % 2 === 0), file);
});

t.test('official resources', { skip: without('validation') }, async (t) => {
  const pass = table<{ file: string; knownInvalid?: boolean }>('validation/pass.json');
  t.ok(pass.length > 500);
  for (const [i, { file, knownInvalid }] of pass.entries()) {
    const text = read(`validation/${file}`);
    if (knownInvalid !== true && !isRefused(text)) t.ok(isSame(text, i % 2 === 0), file);
  }
  let compared = 0;
  for (const { file } of table<{ file: string }>('validation/cases.json')) {
    const text = read(`validation/${file}`).replace(/^\ufeff/, '');
    // What is invalid may have no form in XML: unknown members, numbers in quotes.
    if (hasComments(text) || isRefused(text)) continue;
    compared++;
    t.ok(isSame(text, false), file);
  }
  t.ok(compared > 100, `${compared} cases`);
});
