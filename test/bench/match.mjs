/**
 * `$match` on an invented population: how many of the people who are typed again are found, how many others are taken for
 * them, and how many calls a second are answered.
 */
import { fillWith, openStore } from './fill.mjs';
import { load } from './load.mjs';
import { duplicates, patientOf, population, strangers } from './match-people.mjs';
import { startServer } from './processes.mjs';

const SEED = 20261201;
export const OTHER_SYSTEM = 'urn:oid:1.2.250.1.999.8';
const GRADES = ['certain', 'probable', 'possible'];
/** Calls on their way at a time while answers are counted. */
const WIDE = 8;

/** The people, who is asked for, and the Parameters that ask. */
export function cases(size, altered, seed = SEED) {
  const people = population(size, seed);
  const asked = [
    ...duplicates(people, altered, seed + 1).map((one) => ({ one, isStored: true })),
    ...strangers(people, Math.ceil(altered / 5), seed + 2).map((one) => ({
      one: { ...one, hasIns: false },
      isStored: false,
    })),
  ];
  return { people, asked };
}

export const bodyOf = (one) => ({
  resourceType: 'Parameters',
  parameter: [{ name: 'resource', resource: patientOf(one, OTHER_SYSTEM) }],
});

export function* stored(people) {
  for (const one of people) yield { ...patientOf(one), id: `p${one.number}` };
}

/** `ask(body)` resolves to a Bundle. Counts by grade: right and wrong answers, and people who are found at that grade or above. */
export async function judge(asked, ask, onMiss = () => undefined) {
  const counts = Object.fromEntries(GRADES.map((grade) => [grade, { right: 0, wrong: 0, found: 0 }]));
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < asked.length; i = next++) {
      const { one, isStored } = asked[i];
      const bundle = await ask(bodyOf(one));
      let best;
      for (const { resource, search } of bundle.entry ?? []) {
        if (search.mode !== 'match') continue;
        const grade = search.extension[0].valueCode;
        const isRight = isStored && resource.id === `p${one.number}`;
        counts[grade][isRight ? 'right' : 'wrong']++;
        if (isRight) best = grade;
        if (!isRight && grade === 'certain') onMiss('wrong', one, bundle, resource);
      }
      if (isStored && best !== 'certain') onMiss('missed', one, bundle);
      if (best !== undefined) for (const grade of GRADES.slice(GRADES.indexOf(best))) counts[grade].found++;
    }
  };
  await Promise.all(Array.from({ length: WIDE }, worker));
  const people = asked.filter(({ isStored }) => isStored).length;
  return Object.fromEntries(
    GRADES.map((grade) => {
      const { right, wrong, found } = counts[grade];
      return [
        grade,
        { recall: found / people, precision: right + wrong === 0 ? 1 : right / (right + wrong), right, wrong },
      ];
    }),
  );
}

export async function measureMatch({ name, address, size, altered, seconds, row, onMiss }) {
  const { people, asked } = cases(size, altered);
  const { services, close } = await openStore(address);
  await fillWith(services, stored(people));
  await close();
  const server = await startServer(address, { LOG_LEVEL: 'silent' });
  try {
    const headers = { 'content-type': 'application/fhir+json' };
    const ask = async (body) => {
      const answer = await fetch(`${server.base}/Patient/$match`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
      return await answer.json();
    };
    const grades = await judge(asked, ask, onMiss);
    for (const grade of GRADES) {
      const { recall, precision, right, wrong } = grades[grade];
      const [least, most] = grade === 'certain' ? ['0.98', '0.999'] : [];
      row(name, size, `$match ${grade}: recall`, recall.toFixed(4), '', least);
      row(name, size, `$match ${grade}: precision`, precision.toFixed(4), '', most, `${right} right, ${wrong} wrong`);
    }
    const request = (i) => ({
      method: 'POST',
      path: '/Patient/$match',
      headers,
      body: JSON.stringify(bodyOf(asked[i % asked.length].one)),
    });
    const { perSecond, p50, p99 } = await load(server.base, { seconds, connections: 8, request });
    row(name, size, '$match', perSecond, '/s', '200', `p50 ${p50} ms, p99 ${p99} ms`);
  } finally {
    await server.stop();
  }
}
