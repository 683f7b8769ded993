/** IHE PIXm, Patient Identifier Cross-reference Query [ITI-83]. https://profiles.ihe.net/ITI/PIXm/ITI-83.html */
import type { Test } from 'tap';
import { startServer } from '../support/server.js';
import { onEveryStore } from '../support/stores.js';

const [RED, BLUE, GREEN] = ['urn:oid:1.2.250.1.999.1', 'urn:oid:1.2.250.1.999.2', 'urn:oid:1.2.250.1.999.3'] as const;
const person = (id: string, identifier: object[], link?: object[]) => ({
  resourceType: 'Patient',
  id,
  identifier,
  name: [{ family: 'Hamon', given: ['Marc'] }],
  ...(link && { link }),
});
type Part = {
  name: string;
  valueIdentifier?: { system: string; value: string };
  valueReference?: { reference: string };
};

async function run(t: Test, store: string) {
  const { base, call, close } = await startServer({ STORE: store });
  t.teardown(close);
  const linked = (type: string, id: string) => [{ other: { reference: `Patient/${id}` }, type }];
  const people = [
    person('marc', [
      { use: 'official', system: RED, value: 'R1' },
      { system: BLUE, value: 'B1' },
      { system: BLUE, value: 'B1-bis' },
      { value: 'of nobody' },
    ]),
    { ...person('old', [{ system: GREEN, value: 'G0' }], linked('replaced-by', 'marc')), active: false },
    person(
      'elsewhere',
      [
        { system: GREEN, value: 'G9' },
        { system: RED, value: 'R9' },
      ],
      linked('seealso', 'marc'),
    ),
    person('other', [{ system: RED, value: 'R2' }]),
  ];
  for (const one of people) t.equal((await call('PUT', `/Patient/${one.id}`, one)).status, 201);
  const pix = async (parameters: Record<string, string | string[]>, headers = {}) => {
    const query = Object.entries(parameters).flatMap(([name, values]) =>
      [values].flat().map((value) => `${name}=${encodeURIComponent(value)}`),
    );
    return await call('GET', `/Patient/$ihe-pix?${query.join('&')}`, undefined, headers);
  };
  const told = ({ json }: { json: { parameter?: Part[] } }) =>
    (json.parameter ?? [])
      .map(({ name, valueIdentifier, valueReference }) =>
        name === 'targetId' ? valueReference?.reference : `${valueIdentifier?.system.at(-1)} ${valueIdentifier?.value}`,
      )
      .sort();

  await t.test('success', async (t) => {
    const all = await pix({ sourceIdentifier: `${RED}|R1` });
    t.equal(all.status, 200);
    t.equal(all.json.resourceType, 'Parameters');
    t.same(told(all), ['2 B1', '2 B1-bis', 'Patient/marc'], 'what was asked with is no answer');
    t.same(told(await pix({ sourceIdentifier: `${BLUE}|B1`, targetSystem: RED })), ['1 R1']);
    t.same(told(await pix({ sourceIdentifier: `${BLUE}|B1`, targetSystem: [RED, GREEN] })), ['1 R1']);
    t.same(told(await pix({ sourceIdentifier: `${RED}|R1`, targetSystem: base })), ['Patient/marc'], 'our own ids');
    t.same(told(await pix({ sourceIdentifier: `${base}|Patient/marc`, targetSystem: RED })), ['1 R1']);
    const none = await pix({ sourceIdentifier: `${RED}|R2`, targetSystem: BLUE });
    t.match(none, { status: 200, json: { resourceType: 'Parameters' } });
    t.same(told(none), [], 'known, and without such a number');
    const body = {
      resourceType: 'Parameters',
      parameter: [
        { name: 'sourceIdentifier', valueIdentifier: { system: BLUE, value: 'B1' } },
        { name: 'targetSystem', valueUri: RED },
      ],
    };
    t.same(told(await call('POST', '/Patient/$ihe-pix', body)), ['1 R1'], 'by POST too');
    t.match((await pix({ sourceIdentifier: `${RED}|R1`, _format: 'xml' })).text, /<Parameters /);
  });

  await t.test('records of one person', async (t) => {
    t.same(
      told(await pix({ sourceIdentifier: `${GREEN}|G0` })),
      ['1 R1', '2 B1', '2 B1-bis', 'Patient/marc'],
      'replaced by another',
    );
    const linked = await pix({ sourceIdentifier: `${GREEN}|G9` });
    t.same(
      told(linked),
      ['1 R1', '1 R9', '2 B1', '2 B1-bis', 'Patient/elsewhere', 'Patient/marc'],
      'linked to another',
    );
  });

  const outcome = (status: number, code: string, diagnostics: string) => ({
    status,
    json: { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code, diagnostics }] },
  });
  await t.test('404: the number is not found', async (t) => {
    const expected = outcome(404, 'not-found', 'sourceIdentifier Patient Identifier not found');
    t.match(await pix({ sourceIdentifier: `${RED}|nobody` }), expected);
    t.match(await pix({ sourceIdentifier: `${base}|Patient/nobody` }), expected);
    await call('DELETE', '/Patient/other');
    t.match(await pix({ sourceIdentifier: `${RED}|R2` }), expected, 'nor who was deleted');
  });
  await t.test('400: the authority is not recognised', async (t) => {
    const expected = outcome(400, 'code-invalid', 'sourceIdentifier Assigning Authority not found');
    t.match(await pix({ sourceIdentifier: 'urn:oid:1.2.3|R1' }), expected);
  });
  await t.test('403: the authority that is asked for is not recognised', async (t) => {
    const expected = outcome(403, 'code-invalid', 'targetSystem not found');
    t.match(await pix({ sourceIdentifier: `${RED}|R1`, targetSystem: 'urn:oid:1.2.3' }), expected);
    t.match(await pix({ sourceIdentifier: `${RED}|R1`, targetSystem: [BLUE, 'urn:oid:1.2.3'] }), expected);
  });
  await t.test('what is no question', async (t) => {
    for (const parameters of [
      {},
      { sourceIdentifier: 'R1' },
      { sourceIdentifier: '|R1' },
      { sourceIdentifier: `${RED}|` },
    ]) {
      t.match(await pix(parameters as never), { status: 400, json: { resourceType: 'OperationOutcome' } });
    }
    t.equal((await pix({ sourceIdentifier: [`${RED}|R1`, `${RED}|R9`] })).status, 400, 'one at a time');
    t.equal((await pix({ sourceIdentifier: `${RED}|R1`, target: BLUE })).status, 400);
    t.equal((await call('GET', `/Practitioner/$ihe-pix?sourceIdentifier=${RED}%7CR1`)).status, 404);
    t.match((await pix({ sourceIdentifier: `${RED}|nobody` }, { 'accept-language': 'fr' })).text, /inconnu ici/);
  });
}

await onEveryStore(run);
