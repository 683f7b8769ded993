/**
 * `Patient/$match`: who may this be? Candidates come from the search index, are compared trait by trait, and each is told
 * with its score, its grade and why. https://hl7.org/fhir/R4/patient-operation-match.html, ITI-119 of IHE PDQm
 */
import type { OperationOutcomeIssue } from '@medplum/fhirtypes';
import { looks } from '../identity/candidates.js';
import { compare, type Grade, withRivals } from '../identity/matching.js';
import { type Person, personOf } from '../identity/person.js';
import type { Context, Interaction, InteractionRequest, Result } from '../interactions/interaction.js';
import { type Likely, likelyPatients } from '../interactions/likely-patients.js';
import { type Bilingual, FhirError } from '../r4/errors.js';
import { GRADES, LIKENESSES, REMARKS, TRAITS } from '../r4/match-messages.js';
import { outcomeOfSuccess } from '../r4/outcome.js';
import { Input } from './parameters.js';

const MATCH_GRADE = 'http://hl7.org/fhir/StructureDefinition/match-grade';
/** Patients in an answer where `count` does not say how many. */
const DEFAULT_COUNT = 20;

export const match: Interaction = {
  code: 'operation',
  level: 'type',
  method: 'POST',
  path: '/:type/$match',
  takesBody: true,
  operation: { name: 'match', definitions: { Patient: 'http://hl7.org/fhir/OperationDefinition/Patient-match' } },
  run,
};

/** Throws `parameter-missing`, `wrong-resource-type`, `bad-parameter`, `match-too-little`. */
async function run(request: InteractionRequest, context: Context): Promise<Result> {
  const input = Input.of(request, context, ['resource', 'onlyCertainMatches', 'count'], 'resource');
  const patient = input.resource('resource', 'Patient');
  if (patient === undefined) throw new FhirError('parameter-missing', { names: 'resource' });
  const onlyCertain = input.flag('onlyCertainMatches') ?? false;
  const count = input.whole('count') ?? DEFAULT_COUNT;
  const person = personOf(patient);
  if (!isEnough(person)) throw new FhirError('match-too-little');
  const { matches, isCut } = await matchesOf(person, context);
  const shown = onlyCertain ? onePerson(matches) : matches;
  return answer(shown.slice(0, count), isCut && !onlyCertain, context);
}

/** A number, or a name with something beside it. */
function isEnough({ ins, formerIns, numbers, families, givens, birthDate }: Person): boolean {
  if (ins.size + formerIns.size + numbers.size > 0) return true;
  return families.length + givens.length > 0 && (birthDate !== undefined || (families.length > 0 && givens.length > 0));
}

/** The likeliest first; equal ones by their ids, so that the answer is always the same. */
async function matchesOf(person: Person, context: Context): Promise<{ matches: Likely[]; isCut: boolean }> {
  const found = new Map<string, Likely>();
  let isCut = false;
  for (const blocks of looks(person)) {
    const looked = await likelyPatients(person, blocks, context);
    for (const [id, one] of looked.likely) if (!found.has(id)) found.set(id, one);
    isCut ||= looked.isCut;
    if ([...found.values()].some(({ comparison }) => comparison.grade === 'certain')) break;
  }
  const matches = withRivals([...found.values()])
    .filter(({ comparison }) => comparison.grade !== 'certainly-not')
    .sort(
      (a, b) =>
        b.comparison.score - a.comparison.score ||
        b.comparison.weight - a.comparison.weight ||
        (a.version.id < b.version.id ? -1 : 1),
    );
  return { matches, isCut };
}

/** ITI-119, cases 3 to 5: certain ones, unless it is not sure that they are one person. */
function onePerson(matches: readonly Likely[]): Likely[] {
  const certain = matches.filter(({ comparison }) => comparison.grade === 'certain');
  const [first, ...others] = certain;
  return first !== undefined && others.every(({ person }) => compare(first.person, person).grade === 'certain')
    ? certain
    : [];
}

function answer(matches: readonly Likely[], isCut: boolean, context: Context): Result {
  const { baseUrl, language } = context;
  const entries = matches.map(({ version, comparison: { score, grade } }) => {
    const search = { extension: [{ url: MATCH_GRADE, valueCode: grade satisfies Grade }], mode: 'match', score };
    return `{"fullUrl":"${baseUrl}/Patient/${version.id}","resource":${version.text},"search":${JSON.stringify(search)}}`;
  });
  const issue = matches.flatMap((one, index) => explained(one, index, context));
  if (isCut) issue.push(...outcomeOfSuccess(CUT[language]).issue);
  if (issue.length > 0) {
    entries.push(
      `{"resource":${JSON.stringify({ resourceType: 'OperationOutcome', issue })},"search":{"mode":"outcome"}}`,
    );
  }
  const total = `"total":${matches.length}`;
  const list = entries.length === 0 ? '' : `,"entry":[${entries.join(',')}]`;
  return { status: 200, text: `{"resourceType":"Bundle","type":"searchset",${total}${list}}` };
}

const CUT: Bilingual = {
  en: 'More records than can be compared have such traits: say more of the person.',
  fr: 'Trop de fiches ont de tels traits pour être toutes comparées : précisez la personne.',
};

/** Which traits agree and how, without their values. */
function explained({ comparison }: Likely, index: number, { language }: Context): OperationOutcomeIssue[] {
  const { grade, score, evidence, remark } = comparison;
  const word = (table: Readonly<Record<string, Bilingual>>, name: string) => table[name]?.[language] ?? name;
  const traits = evidence.map(({ trait, likeness }) => `${word(TRAITS, trait)} ${word(LIKENESSES, likeness)}`);
  const reason = remark === undefined ? '' : ` (${word(REMARKS, remark)})`;
  const { issue } = outcomeOfSuccess(`${word(GRADES, grade)}, ${score}${reason}: ${traits.join('; ')}`);
  return issue.map((one) => ({ ...one, expression: [`Bundle.entry[${index}]`] }));
}
