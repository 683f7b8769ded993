/** Parameters made to harm: a clear answer within a bounded time, and the server goes on. */
import type { Test } from 'tap';
import type { TestServer } from '../../support/server.js';
import { idsOf, queryOf } from './records.js';

/** Milliseconds that one answer may take, on a busy machine. */
const SOON = 2000;

const VALUES = [
  ...['{"$ne":1}', '{"$gt":""}', '$where: sleep(9999)', '[$ne]', "' OR '1'='1", "x'; DROP TABLE resource; --", '"; --'],
  ...['%', '_', '*', '\\', '\\\\', '\u0000', '\u0000x', '../../etc/passwd', '{{7*7}}', '__proto__'],
  ...['(a+)+$', `${'a'.repeat(2000)}!`, `(${'a|a'.repeat(300)})*b`, '\ud800', '￿', 'é'.repeat(1500)],
];
const NAMES = [
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '$where', '$or', 'identifier[$ne]', 'family;--'],
  ...[
    'family:__proto__',
    'family:constructor',
    'subject:__proto__.name',
    '_has:__proto__:a:b',
    '_has:Patient:__proto__:b',
  ],
  ...['_sort', '_include', '_revinclude', '_elements', '_type', '_filter', 'name.name.name', '.', ':', '', '_has:'],
];

export async function attacks(t: Test, s: TestServer): Promise<void> {
  const soon = async (t: Test, path: string, body?: string) => {
    const began = performance.now();
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = body === undefined ? await s.call('GET', path) : await s.call('POST', path, body, form);
    const took = performance.now() - began;
    const what = `${path.slice(0, 80)} ${body?.slice(0, 80) ?? ''}`;
    t.ok(took < SOON, `${what}: ${Math.round(took)} ms`);
    t.ok(answer.status === 200 || (answer.status >= 400 && answer.status < 500), `${what}: ${answer.status}`);
    if (answer.status !== 200) t.equal(answer.json.resourceType, 'OperationOutcome', what);
    return answer;
  };
  await t.test('values', async (t) => {
    const names = [
      'family',
      'family:contains',
      'family:exact',
      'identifier',
      '_id',
      'organization',
      '_text',
      '_content',
    ];
    for (const value of VALUES) {
      for (const name of names) {
        const answer = await soon(t, '/Patient/_search', encoded(name, value));
        // Words of it may be words of a record.
        if (answer.status === 200 && name !== '_content') t.same(idsOf(answer), [], `${name}=${value} finds nothing`);
      }
      for (const name of [
        'birthdate',
        '_sort',
        '_count',
        '_cursor',
        '_include',
        '_elements',
        '_filter',
        '_has:Encounter:patient:date',
        '_list',
      ]) {
        const { status } = await soon(t, '/Patient/_search', encoded(name, value));
        t.equal(status, name === '_include' && value === '*' ? 200 : 400, `${name}=${value}`);
      }
    }
  });
  await t.test('names', async (t) => {
    for (const name of NAMES) t.equal((await soon(t, '/Patient/_search', encoded(name, 'x'))).status, 400, name);
  });
  await t.test('too many, too deep, too long', async (t) => {
    const deep = (step: string, times: number) => step.repeat(times);
    const tooMuch = [
      Array.from({ length: 1000 }, () => 'gender=male').join('&'),
      `gender=${Array.from({ length: 5000 }, (_, i) => i).join(',')}`,
      `${deep('link.', 100)}family=x`,
      `${deep('link:Patient.', 100)}family=x`,
      `${deep('_has:Patient:link:', 100)}family=x`,
      `_filter=${deep('(', 500)}family eq x${deep(')', 500)}`,
      `_filter=${Array.from({ length: 2000 }, () => 'family eq x').join(' or ')}`,
      `_filter=${deep('not ', 3000)}(family eq x)`,
      `_filter=${deep('link.', 100)}family eq x`,
      `family:contains=${'a'.repeat(500_000)}`,
      `_sort=${deep('family,', 1000)}family`,
      Array.from({ length: 100 }, (_, i) => `_list=${deep(`${i},`, 100)}x`).join('&'),
      `near=${Array.from({ length: 2000 }, (_, i) => `4.${i}|5|10|km`).join(',')}`,
    ];
    for (const body of tooMuch)
      t.equal((await soon(t, '/Patient/_search', body.replaceAll(' ', '+'))).status, 400, body.slice(0, 60));
    // Each step tries every type that a reference may point to.
    await soon(t, '/List/_search', `${deep('item.subject.', 6)}_id=x`);
    await soon(t, '/List/_search', `_filter=${deep('item.subject.', 6)}_id+eq+x`);
    await soon(t, '/Patient/_search', Array.from({ length: 150 }, () => 'family:contains=a').join('&'));
    await soon(
      t,
      '/Patient/_search',
      Array.from({ length: 60 }, (_, i) => `_has:Observation:patient:code=${i}`).join('&'),
    );
    await soon(
      t,
      '/Observation/_search',
      Array.from({ length: 40 }, (_, i) => `subject:Patient.family=${i}`).join('&'),
    );
  });
  await t.test('much, but answered', async (t) => {
    const many = (count: number, one: (i: number) => string, by: string) =>
      Array.from({ length: count }, (_, i) => one(i)).join(by);
    const chain = 'partof.'.repeat(11);
    for (const [path, body, status] of [
      ['/Observation/_search', `focus=${many(50, (i) => `o${i}`, ',')}`, 200],
      ['/Observation/_search', `focus=${many(250, (i) => `o${i}`, ',')}`, 400],
      ['/Organization/_search', `${chain}partof.name=x`, 200],
      ['/Organization/_search', `_filter=${many(30, (i) => `${chain}name co x${i}`, ' or ')}`, 200],
      [
        '/Organization/_search',
        `${'_has:Organization:partof:'.repeat(10)}name=${many(1990, (i) => `x${i}`, ',')}`,
        undefined,
      ],
      ['/Patient/_search', many(199, () => '_revinclude=*', '&'), 200],
      [
        '/Observation/_search',
        many(199, (i) => `status:in=http://hl7.org/fhir/ValueSet/all-types|${i}`, '&'),
        undefined,
      ],
      ['/Observation/_search', `value-quantity=${many(90, (i) => `${i}|http://unitsofmeasure.org|10*${i}`, ',')}`, 200],
      ['/QuestionnaireResponse/_search', `questionnaire=${':'.repeat(500_000)}`, undefined],
      ['/_search', many(198, (i) => `_tag=x${i}`, '&'), 400],
      ['/_search', many(10, (i) => `_tag=x${i}`, '&'), 200],
    ] as const) {
      const answer = await soon(t, path, body.replaceAll(' ', '+'));
      if (status !== undefined) t.equal(answer.status, status, `${path} ${body.slice(0, 60)}`);
    }
  });
  await t.test('escapes that are none', async (t) => {
    for (const query of ['family=%', 'family=%zz', 'family=%ff', 'family=%c3%28', '%=x', 'family=%00']) {
      await soon(t, `/Patient?${query}`);
    }
  });
  t.same(idsOf(await s.call('GET', '/Patient?gender=female')), ['jeanne'], 'it still answers');
}

/** A form field; a lone surrogate has no UTF-8 and goes as its three bytes would. */
function encoded(name: string, value: string): string {
  try {
    return queryOf([[name, value]]);
  } catch {
    return `${encodeURIComponent(name)}=%ED%A0%80`;
  }
}
