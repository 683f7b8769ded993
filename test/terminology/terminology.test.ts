/** Value sets worked out from their definitions, and what stands below and above a code. */
import t from 'tap';
import { Definitions } from '../../src/r4/definitions/index.js';
import { Terminology, TooManyCodes, ValueSets } from '../../src/terminology/index.js';

const BASE = 'https://dui-test.example/fhir';
const SYSTEM = `${BASE}/CodeSystem/floors`;
const stored = new Map<string, object>();
const keep = (resource: { resourceType: string; url: string; version?: string } & Record<string, unknown>) => {
  stored.set(`${resource.resourceType} ${resource.url}`, resource);
  stored.set(`${resource.resourceType} ${resource.url} ${resource.version}`, resource);
};
const terminology = new Terminology(Definitions.load(), {
  find: async (type, url, version) => stored.get(`${type} ${url}${version === undefined ? '' : ` ${version}`}`),
});

keep({
  resourceType: 'CodeSystem',
  url: SYSTEM,
  version: '1',
  content: 'complete',
  hierarchyMeaning: 'is-a',
  property: [{ code: 'parent', uri: 'http://hl7.org/fhir/concept-properties#parent' }],
  concept: [
    { code: 'low', concept: [{ code: 'ground', concept: [{ code: 'hall' }] }] },
    { code: 'cellar', property: [{ code: 'parent', valueCode: 'low' }] },
    { code: 'high' },
  ],
});
keep({ resourceType: 'CodeSystem', url: `${SYSTEM}-part`, content: 'fragment', concept: [{ code: 'a' }] });
const parts = (code: string) => ({
  resourceType: 'CodeSystem',
  url: `${SYSTEM}-${code}`,
  concept: [{ code: 'a', concept: [{ code: 'b' }] }],
});
keep({ ...parts('grouped'), content: 'complete', hierarchyMeaning: 'part-of' });

let count = 0;
/** The codes of a value set with this content, sorted; `undefined` when they are not known. */
async function members(content: Record<string, unknown>): Promise<string[] | undefined> {
  const url = `${BASE}/ValueSet/${count++}`;
  keep({ resourceType: 'ValueSet', url, ...content });
  return (await terminology.members(url))?.map(({ code }) => code).sort();
}
const includes = (...include: object[]) => ({ compose: { include } });
const filter = (op: string, value: string, property = 'concept') => ({
  system: SYSTEM,
  filter: [{ property, op, value }],
});

t.test('definitions', async (t) => {
  t.same(await members(includes({ system: SYSTEM })), ['cellar', 'ground', 'hall', 'high', 'low']);
  t.same(await members(includes({ system: SYSTEM, concept: [{ code: 'high' }, { code: 'low' }] })), ['high', 'low']);
  t.same(await members(includes(filter('is-a', 'low'))), ['cellar', 'ground', 'hall', 'low']);
  t.same(await members(includes(filter('descendent-of', 'low'))), ['cellar', 'ground', 'hall']);
  t.same(await members(includes(filter('=', 'high'))), ['high']);
  t.same(await members(includes(filter('is-a', 'ground'), filter('=', 'high'))), ['ground', 'hall', 'high'], 'a union');
  const narrowed = { system: SYSTEM, filter: [filter('is-a', 'low').filter[0], filter('is-a', 'ground').filter[0]] };
  t.same(await members(includes(narrowed)), ['ground', 'hall'], 'all filters of one part must hold');
  const excluded = { compose: { include: [{ system: SYSTEM }], exclude: [filter('is-a', 'low')] } };
  t.same(await members(excluded), ['high']);
  await members(includes(filter('is-a', 'low')));
  const [low, ground] = [`${BASE}/ValueSet/${count - 1}`, `${BASE}/ValueSet/${count}`];
  await members(includes(filter('is-a', 'ground')));
  t.same(await members(includes({ valueSet: [low, ground] })), ['ground', 'hall'], 'value sets of one part meet');
  t.same(await members(includes({ system: SYSTEM, valueSet: [ground] })), ['ground', 'hall']);
});

t.test('what is not known is not empty', async (t) => {
  t.equal(await terminology.members(`${BASE}/ValueSet/never`), undefined);
  t.equal(await members(includes({ system: `${BASE}/none` })), undefined);
  t.equal(await members(includes({ system: SYSTEM }, { system: `${BASE}/none` })), undefined, 'nor a part of it');
  t.equal(await members(includes({ system: `${SYSTEM}-part` })), undefined, 'a fragment');
  t.equal(await members(includes(filter('regex', 'l.*'))), undefined);
  t.equal(await members(includes(filter('is-a', 'nowhere'))), undefined);
  t.equal(await members(includes(filter('=', 'x', 'colour'))), undefined);
  t.equal(
    await members({ compose: { include: [{ system: SYSTEM }], exclude: [{ system: `${BASE}/none` }] } }),
    undefined,
  );
  t.equal(await members(includes({ valueSet: [`${BASE}/ValueSet/${count}`] })), undefined, 'one that leads to itself');
  t.equal(await members({}), undefined);
});

t.test('expansions that are brought along', async (t) => {
  const contains = [{ system: SYSTEM, code: 'high' }, { contains: [{ system: SYSTEM, code: 'hall' }] }];
  t.same(await members({ expansion: { contains } }), ['hall', 'high']);
  t.equal(await members({ expansion: { contains, total: 3 } }), undefined, 'a page of it');
  t.equal(await members({ expansion: { contains, offset: 2 } }), undefined);
  t.equal(await members({ expansion: { contains, parameter: [{ name: 'filter', valueString: 'h' }] } }), undefined);
  t.equal(await members({ expansion: { contains: [{ code: 'without-system' }] } }), undefined);
  t.same(await members({ expansion: { contains }, ...includes({ system: SYSTEM, concept: [{ code: 'low' }] }) }), [
    'low',
  ]);
});

t.test('versions', async (t) => {
  keep({ resourceType: 'ValueSet', url: `${BASE}/ValueSet/v`, version: '2', ...includes({ system: SYSTEM }) });
  t.equal((await terminology.members(`${BASE}/ValueSet/v|2`))?.length, 5);
  t.equal(await terminology.members(`${BASE}/ValueSet/v|3`), undefined);
  const gender = 'http://hl7.org/fhir/ValueSet/administrative-gender';
  t.equal((await terminology.members(gender))?.length, 4);
  t.equal((await terminology.members(`${gender}|4.0.1`))?.length, 4);
  t.equal(await terminology.members(`${gender}|9`), undefined);
});

t.test('above and below', async (t) => {
  t.same((await terminology.below(SYSTEM, 'low'))?.sort(), ['cellar', 'ground', 'hall', 'low']);
  t.same((await terminology.above(SYSTEM, 'hall'))?.sort(), ['ground', 'hall', 'low']);
  t.same(await terminology.below(SYSTEM, 'high'), ['high']);
  t.equal(await terminology.below(SYSTEM, 'nowhere'), undefined);
  t.equal(await terminology.below(`${SYSTEM}-grouped`, 'a'), undefined, 'parts are no kinds');
  const clinical = 'http://terminology.hl7.org/CodeSystem/condition-clinical';
  t.same((await terminology.below(clinical, 'active'))?.sort(), ['active', 'recurrence', 'relapse']);
});

t.test('size and circles end', async (t) => {
  const concept = Array.from({ length: 10_001 }, (_, i) => ({ code: `c${i}` }));
  await t.rejects(members(includes({ system: SYSTEM, concept })), TooManyCodes);
  const circle = [
    { code: 'a', property: [{ code: 'parent', valueCode: 'b' }] },
    { code: 'b', property: [{ code: 'parent', valueCode: 'a' }] },
  ];
  keep({ resourceType: 'CodeSystem', url: `${SYSTEM}-circle`, content: 'complete', concept: circle });
  t.same((await terminology.below(`${SYSTEM}-circle`, 'a'))?.sort(), ['a', 'b']);
  let deep: Record<string, unknown> = { code: 'leaf' };
  for (let i = 0; i < 20_000; i++) deep = { code: `d${i}`, concept: [deep] };
  keep({ resourceType: 'CodeSystem', url: `${SYSTEM}-deep`, content: 'complete', concept: [deep] });
  t.same(await terminology.below(`${SYSTEM}-deep`, 'leaf'), ['leaf']);
});

t.test('time zones by their names', async (t) => {
  const codes = ValueSets.of(Definitions.load()).codes('http://hl7.org/fhir/ValueSet/timezones');
  for (const name of ['Europe/Paris', 'UTC', 'America/Argentina/Buenos_Aires', 'Asia/Calcutta']) {
    t.equal(codes?.hasCode(name), true, name);
  }
  for (const name of ['Paris', '+01:00', 'Europe/Parys', '']) t.equal(codes?.hasCode(name), false, name);
});
