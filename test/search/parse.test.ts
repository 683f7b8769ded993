/** Query strings to plans. */
import t from 'tap';
import { Definitions } from '../../src/r4/definitions/index.js';
import { FhirError } from '../../src/r4/errors.js';
import { lockKeys } from '../../src/search/lock-keys.js';
import { parseSearch } from '../../src/search/parse.js';
import { createSearchRegistry } from '../../src/search/registry.js';

const definitions = Definitions.load();
const registry = createSearchRegistry(definitions, new Set(definitions.resourceTypes), { timeZone: 'UTC' });

function parse(type: string, query: string, lenient = false) {
  return parseSearch(type, [...new URLSearchParams(query)], {
    registry,
    lenient,
    baseUrl: 'http://localhost/fhir',
    timeZone: 'UTC',
    defaultCount: 20,
    maxCount: 100,
  });
}
const filters = (type: string, query: string) => parse(type, query).query.filters;
function refusal(type: string, query: string): FhirError {
  try {
    parse(type, query);
  } catch (error) {
    if (error instanceof FhirError) return error;
    throw error;
  }
  throw new Error(`${query} was taken`);
}

t.test('tokens', async (t) => {
  const match = (value: string) =>
    (filters('Patient', `identifier=${encodeURIComponent(value)}`)[0] as { anyOf: unknown }).anyOf;
  t.same(match('a'), [{ code: 'a' }]);
  t.same(match('s|a'), [{ system: 's', code: 'a' }]);
  t.same(match('|a'), [{ system: '', code: 'a' }]);
  t.same(match('s|'), [{ system: 's' }]);
  t.same(match('a,b'), [{ code: 'a' }, { code: 'b' }]);
  t.same(match('a\\,b'), [{ code: 'a,b' }]);
  t.same(match('s\\|t|a\\\\'), [{ system: 's|t', code: 'a\\' }]);
  t.match(filters('Patient', 'gender:not=male'), [{ kind: 'token', not: true }]);
  for (const value of ['', '|', 'a|b|c', 'a,,b'])
    t.equal(refusal('Patient', `identifier=${encodeURIComponent(value)}`).key, 'bad-search-value', value);
});

t.test('strings, uris, dates, references', async (t) => {
  t.match(filters('Patient', 'family=Le Goff'), [{ anyOf: [{ mode: 'prefix', value: 'legoff' }] }]);
  t.match(filters('Patient', 'family:exact=Le Goff'), [{ anyOf: [{ mode: 'exact', value: 'Le Goff' }] }]);
  t.match(filters('Patient', 'family:contains=Goff'), [{ anyOf: [{ mode: 'contains', value: 'goff' }] }]);
  t.equal(refusal('Patient', 'family=---').key, 'bad-search-value');
  for (const modifier of ['', ':contains']) {
    t.equal(filters('Patient', `family${modifier}=${'a'.repeat(300)}`).length, 1);
    t.equal(refusal('Patient', `family${modifier}=${'a'.repeat(301)}`).key, 'bad-search-value', modifier);
  }
  t.equal(refusal('ValueSet', `url:above=${'http://a/'.repeat(500)}`).key, 'bad-search-value');
  t.match(filters('ValueSet', 'url:below=http://a'), [{ anyOf: [{ mode: 'below', value: 'http://a' }] }]);
  for (const modifier of ['below', 'above'])
    t.equal(refusal('ValueSet', `url:${modifier}=urn:oid:1.2`).key, 'bad-search-value', modifier);
  t.equal(filters('ValueSet', 'url=urn:oid:1.2').length, 1);
  for (const prefix of ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb']) {
    t.match(filters('Patient', `birthdate=${prefix}1938-02-11`), [
      { anyOf: [{ prefix, low: Date.UTC(1938, 1, 11), high: Date.UTC(1938, 1, 12) }] },
    ]);
  }
  t.match(filters('Patient', '_lastUpdated=gt2026'), [{ kind: 'lastUpdated', anyOf: [{ prefix: 'gt' }] }]);
  t.match(
    filters('Patient', '_lastUpdated=gt2026-01-01T10:00:00+01:00'),
    [{ anyOf: [{ high: Date.UTC(2026, 0, 1, 9, 0, 1) }] }],
    'a bare plus',
  );
  for (const value of ['soon', 'xx2026', '2026-02-30', 'gt'])
    t.equal(refusal('Patient', `birthdate=${value}`).key, 'bad-search-value', value);
  const targets = (query: string) => (filters('Encounter', query)[0] as { anyOf: string[] }).anyOf;
  t.same(targets('patient=1'), ['Patient/1']);
  t.same(targets('subject=1').sort(), ['Group/1', 'Patient/1']);
  t.same(targets('subject:Patient=1'), ['Patient/1']);
  t.same(targets('subject=http://localhost/fhir/Patient/1'), ['Patient/1']);
  t.same(targets('subject=http://other/fhir/Patient/1'), ['http://other/fhir/Patient/1']);
  t.equal(refusal('Encounter', 'subject=Device/1').key, 'bad-search-value');
  t.equal(refusal('Encounter', 'subject:Device=1').key, 'unknown-modifier');
  t.match(filters('Patient', 'birthdate:missing=true'), [{ kind: 'missing', valueKind: 'date', missing: true }]);
  t.equal(refusal('Patient', 'birthdate:missing=maybe').key, 'bad-search-value');
});

t.test('results', async (t) => {
  t.same(parse('Patient', '_sort=-birthdate,family,_id').query.sort, [
    { by: 'value', key: 'Patient.birthdate', valueKind: 'date', descending: true },
    { by: 'value', key: 'Patient.family', valueKind: 'string', descending: false },
    { by: '_id', descending: false },
  ]);
  t.equal(parse('Patient', '').query.count, 20);
  const capped = parse('Patient', '_count=5000');
  t.equal(capped.query.count, 100);
  t.same(capped.used, [['_count', '100']]);
  t.equal(parse('Patient', '_summary=count').query.count, 0);
  t.equal(parse('Patient', '_total=accurate').query.total, true);
  t.equal(refusal('Patient', '_sort=height').key, 'bad-sort');
  t.equal(refusal('Patient', '_count=-1').key, 'bad-search-value');
  t.equal(refusal('Patient', '_total=all').key, 'bad-search-value');
});

t.test('strict and lenient', async (t) => {
  const near = refusal('Patient', 'birthdat=1');
  t.equal(near.key, 'unknown-parameter');
  t.equal(near.params.near, 'birthdate');
  t.match(near.params.valid, /birthdate, /);
  t.equal(refusal('Patient', 'zzzzzz=1').params.near, '');
  t.equal(refusal('Patient', 'family:sounds=x').key, 'unknown-modifier');
  const lenient = parse('Patient', 'birthdat=1&family:sounds=x&gender=male&birthdate=soon', true);
  t.same(lenient.used, [['gender', 'male']]);
  t.same(
    lenient.ignored.map((e) => e.key),
    ['unknown-parameter', 'unknown-modifier', 'bad-search-value'],
  );
  t.equal(refusal('Patient', Array(300).fill('gender=male').join('&')).key, 'search-too-large');
  t.equal(refusal('Patient', `gender=${Array(3000).fill('male').join(',')}`).key, 'search-too-large');
});

t.test('locks of conditional interactions', async (t) => {
  t.same(
    lockKeys('Patient', [
      ['identifier', 'a|1'],
      ['active', 'true'],
    ]),
    ['Patient?identifier=1'],
  );
  t.same(lockKeys('Patient', [['identifier', 'b,a']]), ['Patient?identifier=a', 'Patient?identifier=b']);
  t.same(
    lockKeys('Patient', [
      ['name', 'x'],
      ['birthdate', '1938'],
    ]),
    lockKeys('Patient', [
      ['birthdate', '1938'],
      ['name', 'x'],
    ]),
  );
});
