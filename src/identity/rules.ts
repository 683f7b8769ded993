/**
 * What must be true of a Patient that carries an INS or says how sure its identity is: the rules of the INS referential
 * and of the RNIV that no StructureDefinition states. Each finding names its rule.
 */
import type { Issue } from '../r4/errors.js';
import { fold } from '../search/fold.js';
import { AUTHORITIES, hasRightKey, keyOf, parseMatricule } from './matricule.js';
import { isQualified, QUALIFIED, type Reliability, reliabilityOf } from './status.js';
import { type InsIdentifier, insIdentifiers, type Json, TRAIT_ELEMENTS, type Traits, traitsOf } from './traits.js';

export interface IdentityPolicy {
  /** What a wrong key is. */
  key: 'warn' | 'enforce';
  /** Which identities belong here. */
  environment: 'any' | 'production' | 'test';
}

type Found = Omit<Issue, 'severity'> & { severity?: Issue['severity'] };

/** `traitsChecked`: a profile asks for the traits already. Errors unless the policy says otherwise; none for a Patient without identity. */
export function identityIssues(patient: Json, policy: IdentityPolicy, traitsChecked: () => boolean): Issue[] {
  const numbers = insIdentifiers(patient);
  const reliability = reliabilityOf(patient);
  if (numbers.length === 0 && reliability === undefined) return [];
  const found: Found[] = [
    ...numbers.flatMap((one) => matriculeIssues(one, policy)),
    ...statusIssues(reliability),
    ...(numbers.length === 0 ? [] : travelIssues(patient, numbers, reliability, traitsChecked)),
  ];
  return found.map((issue) => ({ severity: 'error', ...issue }));
}

function matriculeIssues({ index, system, value }: InsIdentifier, policy: IdentityPolicy): Found[] {
  const expression = `Patient.identifier[${index}]`;
  const found: Found[] = [];
  const matricule = parseMatricule(value);
  if (matricule === undefined) found.push({ key: 'ins-form', params: {}, expression: `${expression}.value` });
  else if (!hasRightKey(matricule)) {
    found.push({
      severity: policy.key === 'enforce' ? 'error' : 'warning',
      key: 'ins-key',
      params: { expected: keyOf(matricule.body) ?? '' },
      expression: `${expression}.value`,
    });
  }
  const isReal = AUTHORITIES.get(system)?.environment === 'production';
  if (policy.environment === (isReal ? 'test' : 'production')) {
    const key = isReal ? 'ins-real-in-test' : 'ins-test-in-production';
    found.push({ key, params: { system }, expression: `${expression}.system` });
  }
  return found;
}

const EXTENSION = 'Patient.extension';

/** EXI SI 07: one status; EXI SI 09: what is doubtful or invented stays provisional, and is no question for INSi. */
function statusIssues(reliability: Reliability | undefined): Found[] {
  if (reliability === undefined) return [];
  const { statuses, isDoubtful, isFictitious, asksInsi } = reliability;
  const found: Found[] = [];
  const say = (key: Issue['key'], params: Issue['params'] = {}) => found.push({ key, params, expression: EXTENSION });
  if (statuses.length > 1) say('identity-statuses', { statuses: statuses.join(', ') });
  if (isDoubtful && isFictitious) say('identity-doubtful-fictitious');
  const attribute = isDoubtful ? 'DOUT' : isFictitious ? 'FICT' : undefined;
  if (attribute === undefined) return found;
  const other = statuses.find((status) => status !== 'PROV');
  if (other !== undefined) say('identity-attribute-status', { attribute, status: other });
  if (asksInsi) say('identity-attribute-insi', { attribute });
  return found;
}

/** EXI SI 08: only a qualified identity carries the matricule, and its strict traits with it. */
function travelIssues(
  patient: Json,
  [first]: readonly InsIdentifier[],
  reliability: Reliability | undefined,
  traitsChecked: () => boolean,
): Found[] {
  const expression = `Patient.identifier[${first?.index ?? 0}]`;
  const found: Found[] = [];
  if (!isQualified(reliability)) {
    const params = { qualified: QUALIFIED[reliability?.rules ?? '2.2'] };
    found.push({ key: 'ins-not-qualified', params, expression });
  }
  const traits = traitsOf(patient);
  const missing = (Object.keys(TRAIT_ELEMENTS) as (keyof Traits)[]).filter((trait) => traits[trait] === undefined);
  if (missing.length > 0 && !traitsChecked()) {
    const traits = missing.map((trait) => TRAIT_ELEMENTS[trait]).join('; ');
    found.push({ key: 'ins-traits', params: { traits }, expression: 'Patient' });
  } else if (traits.birthDate === undefined && typeof patient.birthDate === 'string') {
    // A profile is content with a year.
    found.push({ key: 'ins-traits', params: { traits: 'birthDate YYYY-MM-DD' }, expression: 'Patient.birthDate' });
  }
  const { firstGiven, givenNames } = traits;
  if (firstGiven !== undefined && givenNames !== undefined && !fold(givenNames).startsWith(fold(firstGiven))) {
    found.push({ key: 'ins-first-given', params: {}, expression: 'Patient.name' });
  }
  return found;
}
