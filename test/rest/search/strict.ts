/** What is not understood is said, with what was meant. https://hl7.org/fhir/R4/search.html#errors */
import type { Test } from 'tap';
import type { TestServer } from '../../support/server.js';
import { refused } from '../refused.js';
import { idsOf, linkOf, outcomeOf } from './records.js';

const LENIENT = { prefer: 'handling=lenient' };

export async function strict(t: Test, s: TestServer): Promise<void> {
  const wrong: [query: string, code: string, message: RegExp][] = [
    ['/Patient?familly=x', 'unknown-parameter', /"familly".*Did you mean "family"/],
    ['/Patient?familly=x', 'unknown-parameter', /Valid: .*birthdate.*_sort/],
    ['/Patient?family:exakt=x', 'unknown-modifier', /exact/],
    ['/Patient?gender:contains=x', 'unknown-modifier', /not/],
    ['/Patient?birthdate=xx2020', 'bad-search-value', /eq, ne, gt/],
    ['/Patient?birthdate=2020-13', 'bad-search-value', /2020-13/],
    ['/Observation?value-quantity=abc', 'bad-search-value', /abc/],
    ['/Observation?code-value-quantity=29463-7', 'bad-search-value', /joined by \$/],
    ['/Location?near=a|b', 'bad-search-value', /latitude/],
    ['/Encounter?subject.colour=red', 'unknown-parameter', /colour/],
    ['/Encounter?status.name=x', 'bad-chain', /status/],
    ['/Patient?_has:Observation:code=x', 'bad-chain', /_has:Type:reference:parameter/],
    ['/Patient?_has:Nothing:patient:code=x', 'bad-chain', /Nothing/],
    ['/Patient?_filter=family eq', 'bad-filter', /./],
    ['/Patient?_include=Patient:colour', 'bad-search-value', /organization/],
    ['/Patient?_id=', 'bad-search-value', /empty/],
    ['/Patient?family=', 'bad-search-value', /letter or digit/],
    ['/Patient?gender=|', 'bad-search-value', /empty/],
    ['/Patient?_count=many', 'bad-search-value', /number/],
    ['/Patient?_total=perhaps', 'bad-search-value', /none, estimate, accurate/],
    ['/Patient?gender:in=http://x.example/none', 'bad-search-value', /not known/],
  ];
  await t.test('strict', async (t) => {
    for (const [query, code, message] of wrong) {
      const answer = await s.call('GET', query.replaceAll(' ', '%20'));
      refused(t, answer, 400, code);
      t.match(answer.json.issue[0].details.text, message, query);
    }
    const french = await s.call('GET', '/Patient?familly=x', undefined, { 'accept-language': 'fr' });
    t.match(french.json.issue[0].details.text, /« family »/);
  });
  await t.test('lenient', async (t) => {
    const answer = await s.call('GET', '/Patient?familly=x&gender=male&birthdate=nonsense', undefined, LENIENT);
    t.equal(answer.status, 200);
    t.same(idsOf(answer), ['paul']);
    const codes = outcomeOf(answer)?.issue.map(({ details }) => details?.coding[0]?.code);
    t.same(codes, ['unknown-parameter', 'bad-search-value']);
    t.equal(linkOf(answer, 'self'), `${s.base}/Patient?gender=male`, 'self has what was used');
  });
}
