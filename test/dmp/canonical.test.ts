import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { canonicalXml } from '../../src/dmp/xml/canonical.js';
import { UnreadableXml } from '../../src/dmp/xml/read.js';
import { hasXmllint, shared } from '../support/shared.js';

t.test('canonical XML with comments, by the examples of the specification', async (t) => {
  t.equal(
    canonicalXml(
      '<?xml version="1.0"?>\n\n<?xml-stylesheet   href="doc.xsl"\n   type="text/xsl"   ?>\n\n<doc>Hello<!-- 1 --></doc>\n\n<?pi ?>\n<!-- 2 -->\n',
    ),
    '<?xml-stylesheet href="doc.xsl"\n   type="text/xsl"   ?>\n<doc>Hello<!-- 1 --></doc>\n<?pi?>\n<!-- 2 -->',
  );
  t.equal(
    canonicalXml(
      '<e5 a:attr="out" b:attr="sorted" attr2="all" attr="I\'m" xmlns:b="http://b" xmlns:a="http://a" xmlns="http://d"/>',
    ),
    '<e5 xmlns="http://d" xmlns:a="http://a" xmlns:b="http://b" attr="I\'m" attr2="all" b:attr="sorted" a:attr="out"></e5>'.replace(
      'b:attr="sorted" a:attr="out"',
      'a:attr="out" b:attr="sorted"',
    ),
  );
  t.equal(
    canonicalXml('<a xmlns="u"><b xmlns=""><c xmlns="u"/></b><d xmlns="u"/></a>'),
    '<a xmlns="u"><b xmlns=""><c xmlns="u"></c></b><d></d></a>',
  );
  t.equal(
    canonicalXml('<n a="x &#9;&#10;&#13; &lt;&gt;&quot; &amp;">1 &lt; 2 &gt; 0 &#13;<![CDATA[a<b&c]]></n>'),
    '<n a="x &#x9;&#xA;&#xD; &lt;>&quot; &amp;">1 &lt; 2 &gt; 0 &#xD;a&lt;b&amp;c</n>',
  );
  t.throws(() => canonicalXml('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), UnreadableXml);
  t.throws(() => canonicalXml('<a>'), UnreadableXml);
});

const examples = shared('data/dmp/cda-fr');
const skip = examples === undefined ? 'no ../shared/data/dmp' : !hasXmllint && 'no xmllint (Debian: libxml2-utils)';
t.test('the French CDA examples as xmllint canonicalises them', { skip }, async (t) => {
  for (const name of readdirSync(examples ?? '').filter((each) => each.endsWith('.xml'))) {
    const file = join(examples ?? '', name);
    const { stdout } = spawnSync('xmllint', ['--c14n', file], { maxBuffer: 1 << 26 });
    t.ok(Buffer.from(canonicalXml(readFileSync(file, 'utf8'))).equals(stdout), name);
  }
});
