/** XML Patch against the official cases. https://www.rfc-editor.org/rfc/rfc5261 */
import t from 'tap';
import { FhirError } from '../../../src/r4/errors.js';
import { applyXmlPatch } from '../../../src/r4/patch/xml-patch.js';
import { parseXml, type XmlElement, type XmlNode, xmlText } from '../../../src/r4/xml/dom.js';
import { read, without } from '../../validation/corpus.js';

/** Without white space between elements, attributes in order: what is the same to a reader of XML. */
function canonical(nodes: readonly XmlNode[]): string {
  const tidy = (list: readonly XmlNode[]): XmlNode[] =>
    list
      .filter((node) => node.kind !== 'text' || node.text.trim() !== '')
      .map((node) =>
        node.kind === 'element'
          ? { ...node, attributes: new Map([...node.attributes].sort()), children: tidy(node.children) }
          : { ...node, text: node.text.trim() },
      );
  return xmlText(tidy(nodes));
}
const childNamed = (element: XmlElement, name: string) =>
  element.children.find((node): node is XmlElement => node.kind === 'element' && node.local === name);

t.test('the official cases', { skip: without('patch') }, async (t) => {
  const [root] = parseXml(read('patch/xml-patch-tests.xml')).filter(
    (node): node is XmlElement => node.kind === 'element',
  );
  const cases = (root?.children ?? []).filter((node): node is XmlElement => node.kind === 'element');
  t.ok(cases.length > 25, `${cases.length}`);
  for (const each of cases) {
    const name = each.attributes.get('name') ?? '';
    const [target, patch, patched] = ['target', 'patch', 'patched'].map((one) => childNamed(each, one));
    const document = target?.children ?? [];
    try {
      applyXmlPatch(document, patch === undefined ? [] : [patch]);
      t.equal(canonical(document), patched === undefined ? 'an error' : canonical(patched.children), name);
    } catch (error) {
      if (!(error instanceof FhirError)) throw error;
      t.equal(patched, undefined, `${name}: ${JSON.stringify(error.params)}`);
    }
  }
});
