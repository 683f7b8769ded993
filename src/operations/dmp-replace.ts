/**
 * `DocumentReference/[id]/$dmp-replace`, our own: files the DocumentReference of the body as what replaces this one, here and in
 * the DMP; answered as its create is. https://profiles.ihe.net/ITI/MHD/ITI-105.html
 */
import type { DocumentReference } from '@medplum/fhirtypes';
import type { Context, Interaction, InteractionRequest, Result } from '../interactions/interaction.js';
import { FhirError } from '../r4/errors.js';
import { parseObject } from '../r4/json.js';
import { treeText, withTokens } from '../r4/lossless.js';
import { definitionOf, withJob } from './dmp-document.js';
import { Input } from './parameters.js';

const operation = definitionOf('replace');

export const dmpReplace: Interaction = {
  code: 'operation',
  level: 'instance',
  method: 'POST',
  path: `/:type/:id/$${operation.name}`,
  takesBody: true,
  operation,
  run,
};

/** Throws what a create throws, `dmp-off`, `dmp-no-job`, `parameter-missing`, `bad-parameter`. */
async function run(request: InteractionRequest, context: Context): Promise<Result> {
  const input = Input.of(request, context, ['document'], 'document');
  const given = input.resource('document', 'DocumentReference');
  if (given === undefined) throw new FhirError('parameter-missing', { names: 'document' });
  const replaces = { code: 'replaces', target: { reference: `DocumentReference/${request.id}` } };
  const { relatesTo = [] } = given as unknown as DocumentReference;
  if (relatesTo.some(({ code }) => code === 'replaces')) {
    const reason = {
      en: 'relatesTo says what it replaces already: leave that to the operation',
      fr: 'relatesTo dit déjà ce qu’il remplace : laissez-le à l’opération',
    };
    throw new FhirError('bad-parameter', { name: 'document', reason });
  }
  await withJob(request, context, async () => undefined);
  const { value, rawNumbers } = parseObject(JSON.stringify({ ...given, relatesTo: [...relatesTo, replaces] }));
  const body = parseObject(treeText(withTokens(value, rawNumbers)));
  const create = context.services.interactions.find(
    ({ code, type }) => code === 'create' && type === 'DocumentReference',
  );
  if (create === undefined) throw new Error('documents can be created');
  const asked: InteractionRequest = { ...request, type: 'DocumentReference', id: '', parameters: [], body };
  return await create.run(asked, context);
}
