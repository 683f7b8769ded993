/** Responses are checked beside the Questionnaire that is stored here, whatever the store. */
import type { Test } from 'tap';
import { startServer } from '../support/server.js';
import { onEveryStore } from '../support/stores.js';

const URL = 'https://ehpad.example.org/Questionnaire/appétit,chute|x';

async function run(t: Test, store: string) {
  const { call, close } = await startServer({ STORE: store });
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
}

await onEveryStore(run);
