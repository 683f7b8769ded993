/** Responses beside a questionnaire of a care home's admission. */
import t from 'tap';
import { createValidator, type Validator } from '../../src/validation/index.js';
import { definitions, errors } from './support.js';

const URL = 'https://ehpad.example.org/Questionnaire/admission';
const R4 = 'http://hl7.org/fhir/StructureDefinition/';
const coding = (code: string) => ({ system: 'https://ehpad.example.org/cs', code });

const item = (linkId: string, type: string, more: object = {}) => ({ linkId, type, ...more });
const extension = (name: string, value: object) => ({ url: R4 + name, ...value });

const questionnaire = (items: object[]) => ({ resourceType: 'Questionnaire', url: URL, status: 'active', item: items });

const validators = new Map<string, Validator>();
/** The errors of a response with these items beside a questionnaire with those. */
function found(asked: object[], answered: object[], status = 'completed'): string[] {
  const key = JSON.stringify(asked);
  const by = validators.get(key) ?? createValidator(definitions.with([questionnaire(asked)]));
  validators.set(key, by);
  const items = answered.length === 0 ? {} : { item: answered };
  return errors({ resourceType: 'QuestionnaireResponse', questionnaire: URL, status, ...items }, {}, by);
}
const answer = (linkId: string, ...values: object[]) => ({ linkId, answer: values });
const text = (linkId: string, ...values: string[]) => answer(linkId, ...values.map((valueString) => ({ valueString })));
const ROOT = 'QuestionnaireResponse';

t.test('structure', async (t) => {
  const asked = [
    item('name', 'string', { required: true }),
    item('fall', 'group', { repeats: true, item: [item('when', 'date'), item('where', 'string')] }),
    item('note', 'display'),
    item('diet', 'string', { repeats: true, item: [item('why', 'text')] }),
  ];
  const whole = [
    text('name', 'Zoé'),
    { linkId: 'fall', item: [answer('when', { valueDate: '2026-01-02' }), text('where', 'chambre')] },
    { linkId: 'fall', item: [answer('when', { valueDate: '2026-02' })] },
    { linkId: 'diet', answer: [{ valueString: 'mixé', item: [text('why', 'dents')] }, { valueString: 'sans sel' }] },
  ];
  t.same(found(asked, whole), []);
  t.same(found(asked, [text('fall', 'oui')]), [`answer-missing ${ROOT}`, `answer-not-taken ${ROOT}.item[0]`]);
  t.same(found(asked, []), [`answer-missing ${ROOT}`], 'nothing is answered');
  t.same(found(asked, [], 'in-progress'), [], 'answers may still come');
  t.same(found(asked, [...whole, text('age', '90')]), [`answer-link-unknown ${ROOT}.item[4]`]);
  t.same(found(asked, [...whole, text('where', 'ici')]), [`answer-place ${ROOT}.item[4]`]);
  t.same(found(asked, [...whole.slice(1), text('name', 'Zoé')]), [`answer-order ${ROOT}.item[3]`]);
  t.same(found(asked, [text('name', 'Zoé', 'Zoë')]), [`answer-twice ${ROOT}.item[0]`]);
  t.same(found(asked, [text('name', 'Zoé'), text('name', 'Zoë')]), [`answer-item-twice ${ROOT}.item[1]`]);
  t.same(found(asked, [text('name', 'Zoé'), text('note', 'lu')]), [`answer-not-taken ${ROOT}.item[1]`]);
  const beside = { linkId: 'diet', item: [text('why', 'dents')] };
  t.same(found(asked, [text('name', 'Zoé'), beside]), [`answer-below-item ${ROOT}.item[1]`]);
});

t.test('types', async (t) => {
  const good: [type: string, answer: object][] = [
    ['boolean', { valueBoolean: true }],
    ['decimal', { valueDecimal: 1.5 }],
    ['integer', { valueInteger: 1 }],
    ['date', { valueDate: '2026-01' }],
    ['dateTime', { valueDateTime: '2026-01-02T03:04:05Z' }],
    ['time', { valueTime: '09:00:00' }],
    ['string', { valueString: 'a' }],
    ['text', { valueString: 'a' }],
    ['url', { valueUri: 'https://ehpad.example.org' }],
    ['choice', { valueCoding: coding('a') }],
    ['open-choice', { valueString: 'a' }],
    ['attachment', { valueAttachment: { url: 'https://ehpad.example.org/a.pdf' } }],
    ['reference', { valueReference: { reference: 'Patient/1' } }],
    ['quantity', { valueQuantity: { value: 1 } }],
  ];
  for (const [type, value] of good) {
    t.same(found([item('q', type)], [answer('q', value)]), [], type);
    const other = type === 'boolean' ? { valueInteger: 1 } : { valueBoolean: true };
    t.same(found([item('q', type)], [answer('q', other)]), [`answer-type ${ROOT}.item[0].answer[0].value`], type);
  }
});

t.test('options', async (t) => {
  const at = `${ROOT}.item[0].answer[0].value`;
  const none = {
    valueCoding: coding('none'),
    extension: [extension('questionnaire-optionExclusive', { valueBoolean: true })],
  };
  const answerOption = [{ valueCoding: coding('a') }, { valueCoding: coding('b') }, none];
  const choice = [item('q', 'choice', { repeats: true, answerOption })];
  t.same(found(choice, [answer('q', { valueCoding: coding('a') }, { valueCoding: coding('b') })]), []);
  t.same(found(choice, [answer('q', { valueCoding: coding('c') })]), [`answer-option ${at}`]);
  t.same(found(choice, [answer('q', { valueCoding: { code: 'a' } })]), [`answer-option ${at}`], 'of no system');
  t.same(found(choice, [answer('q', { valueCoding: coding('none') })]), []);
  const both = [answer('q', { valueCoding: coding('a') }, { valueCoding: coding('none') })];
  t.same(found(choice, both), [`answer-exclusive ${ROOT}.item[0].answer[1]`]);
  const open = [item('q', 'open-choice', { answerOption })];
  t.same(found(open, [text('q', 'autre')]), []);
  t.same(found([item('q', 'choice', { answerOption })], [text('q', 'autre')]), [`answer-type ${at}`]);
  const genders = [item('q', 'choice', { answerValueSet: 'http://hl7.org/fhir/ValueSet/administrative-gender' })];
  const gender = (code: string) => [
    answer('q', { valueCoding: { system: 'http://hl7.org/fhir/administrative-gender', code } }),
  ];
  t.same(found(genders, gender('female')), []);
  t.same(found(genders, gender('f')), [`code-unknown ${at}.code`, `answer-value-set ${at}`]);
  t.same(
    found(
      [item('q', 'date', { answerOption: [{ valueDate: '2026-01-01' }] })],
      [answer('q', { valueDate: '2026-01-02' })],
    ),
    [`answer-option ${at}`],
  );
});

t.test('limits', async (t) => {
  const at = `${ROOT}.item[0].answer[0].value`;
  const one = (type: string, more: object, value: object) => found([item('q', type, more)], [answer('q', value)]);
  const extended = (type: string, name: string, limit: object, value: object) =>
    one(type, { extension: [extension(name, limit)] }, value);
  t.same(one('string', { maxLength: 3 }, { valueString: 'Zoé' }), []);
  t.same(one('string', { maxLength: 3 }, { valueString: 'Anne' }), [`answer-too-long ${at}`]);
  t.same(extended('string', 'minLength', { valueInteger: 3 }, { valueString: 'Al' }), [`answer-too-short ${at}`]);
  t.same(extended('string', 'regex', { valueString: '[0-9]{5}' }, { valueString: '75001' }), []);
  t.same(extended('string', 'regex', { valueString: '[0-9]{5}' }, { valueString: 'x75001' }), [`answer-format ${at}`]);
  t.same(extended('integer', 'minValue', { valueInteger: 3 }, { valueInteger: 2 }), [`answer-too-small ${at}`]);
  t.same(extended('date', 'maxValue', { valueDate: '2022' }, { valueDate: '2023-01' }), [`answer-too-great ${at}`]);
  t.same(extended('date', 'maxValue', { valueDate: '2022' }, { valueDate: '2022-12-31' }), []);
  t.same(extended('decimal', 'maxDecimalPlaces', { valueInteger: 1 }, { valueDecimal: 1.25 }), [
    `answer-decimals ${at}`,
  ]);
  const grams = (value: number, code: string) => ({
    valueQuantity: { value, system: 'http://unitsofmeasure.org', code },
  });
  t.same(extended('quantity', 'maxValue', grams(2, 'kg'), grams(1500, 'g')), []);
  t.same(extended('quantity', 'maxValue', grams(2, 'kg'), grams(2500, 'g')), [`answer-too-great ${at}`]);
  t.same(extended('quantity', 'maxValue', grams(2, 'kg'), grams(1, 'm')), [`answer-not-comparable ${at}`]);
  const unit = { valueCoding: { system: 'http://unitsofmeasure.org', code: 'kg' } };
  t.same(extended('quantity', 'questionnaire-unitOption', unit, grams(1, 'kg')), []);
  t.same(extended('quantity', 'questionnaire-unitOption', unit, grams(1, 'g')), [`answer-unit ${at}`]);
  const target = { valueCode: 'Practitioner' };
  const to = (reference: string) => ({ valueReference: { reference } });
  t.same(extended('reference', 'questionnaire-referenceResource', target, to('Practitioner/1')), []);
  t.same(extended('reference', 'questionnaire-referenceResource', target, to('Patient/1')), [`answer-target ${at}`]);
  const two = [
    item('q', 'string', { repeats: true, extension: [extension('questionnaire-minOccurs', { valueInteger: 2 })] }),
  ];
  t.same(found(two, [text('q', 'a')]), [`answer-too-few ${ROOT}.item[0]`]);
});

t.test('a pattern that takes for ever elsewhere does not here', async (t) => {
  const asked = [item('q', 'string', { extension: [extension('regex', { valueString: '(a+)+$' })] })];
  const began = performance.now();
  t.same(found(asked, [text('q', `${'a'.repeat(5000)}!`)]).length, 1);
  t.ok(performance.now() - began < 2000);
  const unread = [item('q', 'string', { extension: [extension('regex', { valueString: '(?=a)a' })] })];
  t.same(found(unread, [text('q', 'b')]), [], 'what cannot be read is told, and refuses nothing');
});

t.test('what is large together is bounded', async (t) => {
  const many = (count: number, make: (i: number) => object) => Array.from({ length: count }, (_, i) => make(i));
  const timed = (asked: object[], answered: object[]) => {
    // The processor's time, which a busy machine does not stretch as it does the clock's.
    const began = process.cpuUsage();
    const told = found(asked, answered);
    const { user, system } = process.cpuUsage(began);
    t.ok(user + system < 8_000_000, `${Math.round((user + system) / 1000)} ms of processor time`);
    return told;
  };
  const group = [item('g', 'group', { repeats: true, item: many(3000, (i) => item(`s${i}`, 'string')) })];
  const groups = many(10_000, () => ({ linkId: 'g', item: [text('s1', 'a')] }));
  t.same(timed(group, groups), [], 'many questions in many groups');
  const required = [{ ...group[0], item: many(3000, (i) => item(`s${i}`, 'string', { required: true })) }];
  t.not(timed(required, groups).length, 0, 'many of them required');
  const options = many(5000, (i) => ({ valueInteger: i }));
  const choice = [item('q', 'choice', { repeats: true, answerOption: options })];
  const answers = [answer('q', ...many(5000, (i) => ({ valueInteger: i })))];
  t.same(timed(choice, answers), [`questionnaire-too-large ${ROOT}`], 'many options of many answers');
  const conditions = many(5000, (i) => ({ question: 'q0', operator: '=', answerString: `b${i}` }));
  const conditional = many(1000, (i) => item(`q${i}`, 'string', i === 0 ? {} : { enableWhen: conditions }));
  const all = many(1000, (i) => text(`q${i}`, 'a'));
  t.not(timed(conditional, all).length, 0, 'many conditions');
});

t.test('enableWhen', async (t) => {
  const when = (operator: string, more: object) => [{ question: 'smokes', operator, ...more }];
  const asked = (enableWhen: object[], more: object = {}) => [
    item('smokes', 'boolean'),
    item('age', 'integer'),
    item('since', 'string', { required: true, enableWhen, ...more }),
  ];
  const yes = when('=', { answerBoolean: true });
  const smokes = (valueBoolean: boolean) => answer('smokes', { valueBoolean });
  t.same(found(asked(yes), [smokes(true), text('since', '1980')]), []);
  t.same(found(asked(yes), [smokes(true)]), [`answer-missing ${ROOT}`]);
  t.same(found(asked(yes), [smokes(false)]), [], 'what is not asked is not required');
  t.same(found(asked(yes), [smokes(false), text('since', '1980')]), [`answer-not-enabled ${ROOT}.item[1]`]);
  t.same(found(asked(when('exists', { answerBoolean: false })), [smokes(true)]), []);
  t.same(found(asked(when('!=', { answerBoolean: true })), []), [`answer-missing ${ROOT}`]);
  const older = { question: 'age', operator: '>', answerInteger: 60 };
  const any = asked([...yes, older], { enableBehavior: 'any' });
  t.same(found(any, [smokes(false), answer('age', { valueInteger: 61 })]), [`answer-missing ${ROOT}`]);
  const all = asked([...yes, older], { enableBehavior: 'all' });
  t.same(found(all, [smokes(false), answer('age', { valueInteger: 61 })]), []);
});

t.test('which questionnaire', async (t) => {
  const asked = [item('q', 'integer')];
  const response = (canonical: string, more: object = {}) => ({
    resourceType: 'QuestionnaireResponse',
    questionnaire: canonical,
    status: 'completed',
    item: [text('q', 'a')],
    ...more,
  });
  const by = createValidator(definitions);
  const unknown = by.validate(response('https://ehpad.example.org/Questionnaire/unknown'));
  t.same(
    unknown.map(({ severity, key }) => `${severity} ${key}`),
    ['information questionnaire-unknown'],
  );
  t.equal(
    errors(response(URL), { questionnaires: new Map([[URL, questionnaire(asked)]]) }, by).length,
    1,
    'one that is handed over',
  );
  const contained = [{ ...questionnaire(asked), id: 'own' }];
  t.equal(errors(response('#own', { contained }), {}, by).length, 1, 'a contained one');
  const versions = [1, 2].map((number) => ({
    ...questionnaire([item('q', number === 1 ? 'integer' : 'string')]),
    version: String(number),
  }));
  const both = createValidator(definitions.with(versions));
  t.same(errors(response(URL), {}, both), [], 'without a version the newest');
  const bundle = (canonical: string, fullUrl: string, type = 'collection') => ({
    resourceType: 'Bundle',
    type,
    entry: [
      { fullUrl, resource: { ...questionnaire(asked), id: 'q1', version: '3' } },
      { fullUrl: 'urn:uuid:0b1f2a44-5c0d-4d7e-8a51-5d0f4a2b9c01', resource: response(canonical) },
    ],
  });
  const uuid = 'urn:uuid:0b1f2a44-5c0d-4d7e-8a51-5d0f4a2b9c02';
  for (const named of [URL, `${URL}|3`, uuid, 'Questionnaire/q1']) {
    t.equal(errors(bundle(named, uuid), {}, by).length, 1, `in the same Bundle, by ${named}`);
  }
  t.same(errors(bundle(`${URL}|4`, uuid), {}, by), [], 'another version is another questionnaire');
  t.equal(errors(response(`${URL}|1`), {}, both).length, 1);
});
