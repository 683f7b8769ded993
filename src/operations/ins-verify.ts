/**
 * `Patient/[id]/$ins-verify`, our own: asks INSi by the strict traits of the stored Patient, and writes date, method and
 * status of the answer on its identity. A matricule that is not the one of INSi is never replaced in silence.
 */
import { type InsIdentity, InsiUnavailable, questionOf } from '../identity/insi.js';
import { reliabilityOf } from '../identity/status.js';
import { insIdentifiers, type Json, traitsOf } from '../identity/traits.js';
import { verified } from '../identity/verified.js';
import { incoming } from '../interactions/incoming.js';
import type { Context, Interaction, InteractionRequest, Result } from '../interactions/interaction.js';
import { refuseParameters } from '../interactions/parameters.js';
import { current } from '../interactions/read.js';
import { FhirError } from '../r4/errors.js';
import { parseObject } from '../r4/json.js';
import { treeText } from '../r4/lossless.js';
import { fold } from '../search/fold.js';
import { treeOf } from './merge.js';

export const insVerify: Interaction = {
  code: 'operation',
  level: 'instance',
  method: 'POST',
  path: '/:type/:id/$ins-verify',
  takesBody: 'optional',
  operation: { name: 'ins-verify', definitions: { Patient: 'urn:passerelle:operation:patient-ins-verify' } },
  run,
};

/**
 * Throws `not-found`, `gone`, `insi-off`, `insi-unavailable`, `insi-traits` where too little is told, `insi-not-asked` for what is
 * doubtful or invented, `contended` where the Patient was changed meanwhile.
 */
async function run(request: InteractionRequest, context: Context): Promise<Result> {
  refuseParameters(request);
  const { insi, store, timeZone } = context.services;
  if (insi === undefined) throw new FhirError('insi-off');
  const now = await current({ ...request, type: 'Patient' }, context.services);
  const patient = treeOf(now);
  const reliability = reliabilityOf(patient);
  if (reliability?.isDoubtful === true || reliability?.isFictitious === true) throw new FhirError('insi-not-asked');
  const question = questionOf(traitsOf(patient));
  if (question === undefined) throw new FhirError('insi-traits');
  const answer = await insi.search(question).catch((error: unknown) => {
    throw error instanceof InsiUnavailable ? new FhirError('insi-unavailable') : error;
  });
  const identity = answer.code === '00' ? answer.identity : undefined;
  const differences = differing(patient, identity);
  const status = differences.length > 0 ? 'different' : identity === undefined ? 'unknown' : 'verified';
  const parameter: object[] = [
    { name: 'code', valueCode: answer.code },
    { name: 'status', valueCode: status },
    ...differences.map((trait) => ({ name: 'difference', valueString: trait })),
  ];
  // What differs is for people to look at: nothing is written.
  if (differences.length > 0) return answered(parameter, now.text);
  const day = new Intl.DateTimeFormat('en-CA', { timeZone }).format(new Date());
  const body = parseObject(treeText(verified(patient, identity, day)));
  const { content } = await incoming({ ...request, type: 'Patient', body }, context);
  const put = { type: 'Patient', id: now.id, content, method: 'PUT', expect: { version: now.version } } as const;
  const result = await store.put(put);
  if (result.outcome !== 'updated') throw new FhirError('contended');
  return answered(parameter, result.version.text);
}

function answered(parameter: readonly object[], patient: string): Result {
  const parts = [...parameter.map((one) => JSON.stringify(one)), `{"name":"patient","resource":${patient}}`];
  return { status: 200, text: `{"resourceType":"Parameters","parameter":[${parts.join(',')}]}` };
}

/**
 * Traits of the Patient that are not those of INSi, the matricule among them; case and accents do not count. A matricule of
 * somebody whom INSi does not know is one.
 */
function differing(patient: Json, identity: InsIdentity | undefined): string[] {
  const numbers = insIdentifiers(patient).filter(({ use }) => use !== 'old');
  if (identity === undefined) return numbers.length > 0 ? ['matricule'] : [];
  const { givenNames, birthPlace } = traitsOf(patient);
  const found: string[] = [];
  if (givenNames !== undefined && fold(givenNames) !== fold(identity.givenNames)) found.push('givenNames');
  if (birthPlace !== undefined && birthPlace !== identity.birthPlace) found.push('birthPlace');
  if (numbers.some(({ system, value }) => system !== identity.system || value !== identity.value))
    found.push('matricule');
  return found;
}
