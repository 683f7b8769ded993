/** Responses are checked beside the Questionnaire that is stored here, whatever the store. */
import type { Test } from 'tap';
import { startServer } from '../support/server.js';
import { onEveryStore } from '../support/stores.js';

const URL = 'https://ehpad.example.org/Questionnaire/appétit,chute|x';

async function run(t: Test, store: string) {
  const { base, call, close } = await startServer({ STORE: store });
  t.teardown(close);
  const asked = (version: string, type: string) => ({
    resourceType: 'Questionnaire',
    url: 'https://ehpad.example.org/Questionnaire/appetit',
    version,
    status: 'active',
    item: [{ linkId: 'q', type, required: true }],
  });
  const response = (questionnaire: string, answer: object) => ({
    resourceType: 'QuestionnaireResponse',
    questionnaire,
    status: 'completed',
    item: [{ linkId: 'q', answer: [answer] }],
  });
  const post = async (body: { resourceType: string }) => (await call('POST', `/${body.resourceType}`, body)).status;
  const { url } = asked('1', 'integer');
  t.equal(await post(response(url, { valueString: 'bon' })), 201, 'an unknown questionnaire refuses nothing');
  t.equal(await post(asked('2', 'string')), 201);
  t.equal(await post(asked('10', 'integer')), 201);
  t.equal(await post(response(url, { valueInteger: 3 })), 201, 'the newest counts');
  const refused = await call('POST', '/QuestionnaireResponse', response(url, { valueString: 'bon' }));
  t.equal(refused.status, 422);
  t.match(refused.json.issue[0], {
    code: 'invalid',
    expression: ['QuestionnaireResponse.item[0].answer[0].value'],
  });
  t.equal(await post(response(`${url}|2`, { valueString: 'bon' })), 201, 'by its version');
  const long = `https://ehpad.example.org/${'x'.repeat(5000)}`;
  t.equal(await post(response(long, { valueString: 'bon' })), 201, 'longer than what is searched by');
  t.equal(await post(response(URL, { valueString: 'bon' })), 201, 'whatever stands in a canonical');

  const other = { ...asked('1', 'integer'), id: 'q7', url: 'https://ehpad.example.org/Questionnaire/sommeil' };
  t.equal((await call('PUT', '/Questionnaire/q7', other)).status, 201);
  for (const named of ['Questionnaire/q7', `${base}/Questionnaire/q7`, `${base}/Questionnaire/q7|1`]) {
    t.equal(await post(response(named, { valueString: 'bon' })), 422, `by ${named}`);
    t.equal(await post(response(named, { valueInteger: 3 })), 201, `by ${named}`);
  }
  const fullUrl = 'urn:uuid:6f0b3f5e-0a5a-4a3e-9f0e-2a86c1f0a111';
  const fresh = { ...asked('1', 'integer'), url: 'https://ehpad.example.org/Questionnaire/repas' };
  const bundle = (named: string, answer: object, type = 'transaction') => {
    const resources = [fresh, response(named, answer)];
    const entry = resources.map((resource, i) => ({
      fullUrl: i === 0 ? fullUrl : 'urn:uuid:6f0b3f5e-0a5a-4a3e-9f0e-2a86c1f0a222',
      resource,
      request: { method: 'POST', url: resource.resourceType },
    }));
    return { resourceType: 'Bundle', type, entry };
  };
  for (const named of [fresh.url, `${fresh.url}|1`, fullUrl, 'Questionnaire/q7', url]) {
    const wrong = bundle(named, { valueString: 'bon' });
    const place = 'Bundle.entry[1].resource.item[0].answer[0].value';
    const answer = await call('POST', '', wrong);
    t.match(answer, { status: 422, json: { issue: [{ expression: [place] }] } }, `in a transaction, by ${named}`);
    const { json } = await call('POST', '/Bundle/$validate', wrong);
    t.match(json.issue[0], { severity: 'error', expression: [place] }, `what $validate says of it, by ${named}`);
  }
  t.equal((await call('POST', '', bundle(fullUrl, { valueInteger: 3 }))).status, 200);
}

await onEveryStore(run);
