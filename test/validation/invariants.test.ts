/** R4's invariants: which are functions of ours, and that those say what the published expressions mean. */
import { createRequire } from 'node:module';
import t from 'tap';
import { INVARIANTS } from '../../src/validation/invariants.js';
import { DEFINITION_INVARIANTS } from '../../src/validation/invariants-definitions.js';
import type { Holds } from '../../src/validation/plan.js';
import { definitions, errors, validator } from './support.js';

const require = createRequire(import.meta.url);
const fhirpath = require('fhirpath') as {
  evaluate: (value: unknown, path: { base: string; expression: string }, context: object, model: unknown) => unknown[];
};
const model = require('fhirpath/fhir-context/r4') as unknown;

const NO_RUN = {} as Parameters<Holds>[1];
const constraint = (type: string, path: string, key: string) =>
  definitions
    .structure(type)
    ?.snapshot.element.find((element) => element.path === path)
    ?.constraint?.find((each) => each.key === key);

t.test('what HL7 published wrong is mended, in the definitions and in the functions', async (t) => {
  const cases: [type: string, path: string, key: string, values: [object, boolean][]][] = [
    [
      'RiskAssessment',
      'RiskAssessment.prediction',
      'ras-2',
      [
        [{ outcome: { text: 'x' } }, true],
        [{ probabilityDecimal: 100 }, true],
        [{ probabilityDecimal: 100.5 }, false],
        [{ probabilityRange: { low: { value: 200 } } }, true],
      ],
    ],
    [
      'Appointment',
      'Appointment',
      'app-4',
      [
        [{ resourceType: 'Appointment', status: 'noshow', cancelationReason: { text: 'x' } }, true],
        [{ resourceType: 'Appointment', status: 'booked', cancelationReason: { text: 'x' } }, false],
        [{ resourceType: 'Appointment', status: 'booked' }, true],
      ],
    ],
    [
      'Bundle',
      'Bundle.entry',
      'bdl-8',
      [
        [{ resource: { resourceType: 'Patient' } }, true],
        [{ fullUrl: 'https://a.fr/Patient/1' }, true],
        [{ fullUrl: 'https://a.fr/Patient/1/_history/2' }, false],
      ],
    ],
    [
      'Timing',
      'Timing.repeat',
      'tim-9',
      [
        [{ offset: 30, when: ['AC', 'PC'] }, true],
        [{ offset: 30, when: ['AC', 'C'] }, false],
        [{ offset: 30 }, false],
        [{ when: ['C'] }, true],
      ],
    ],
  ];
  for (const [type, path, key, values] of cases) {
    const expression = constraint(type, path, key)?.expression ?? '';
    for (const [value, holds] of values) {
      const said = fhirpath.evaluate(value, { base: path, expression }, {}, model);
      t.same(said, [holds], `${key}: the expression on ${JSON.stringify(value)}`);
      t.equal(INVARIANTS[key]?.(value as Record<string, unknown>, NO_RUN), holds, `${key}: the function`);
    }
  }
});

t.test('no invariant is passed over in silence', async (t) => {
  const WALKED = /^(ele-1|ext-1|ref-1|txt-[12]|dom-[2-6])$/;
  const left = new Set<string>();
  const types = [...definitions.resourceTypes, 'ElementDefinition', 'Timing', 'Dosage', 'DataRequirement', 'Extension'];
  for (const type of types) {
    for (const { path, constraint: rules } of definitions.structure(type)?.snapshot.element ?? []) {
      for (const { key } of rules ?? []) {
        const holds = INVARIANTS[`${path}|${key}`] ?? INVARIANTS[key] ?? DEFINITION_INVARIANTS[key];
        if (holds === undefined && !WALKED.test(key)) left.add(key);
      }
    }
  }
  const evaluated = ['tst-4', 'tst-5', 'tst-6', 'tst-7', 'tst-8', 'tst-9', 'tst-10', 'tst-11', 'tst-12', 'tst-13'];
  // eld-3 speaks of a string, and invariants are looked at on objects.
  t.same([...left].sort(), [...evaluated, 'eld-3'].sort(), 'those of TestScript go to the fhirpath package');
});

t.test('definitions', async (t) => {
  const element = (more: object) => ({ id: 'Patient', path: 'Patient', ...more });
  const profile = (differential: object[], more: object = {}) => ({
    resourceType: 'StructureDefinition',
    url: 'https://a.fr/fhir/StructureDefinition/p',
    name: 'P',
    status: 'draft',
    kind: 'resource',
    abstract: false,
    type: 'Patient',
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
    derivation: 'constraint',
    differential: { element: differential },
    ...more,
  });
  const keys = (resource: object) =>
    validator
      .validate(resource)
      .filter(({ key }) => key === 'invariant')
      .map(({ severity, params }) => `${severity} ${params.key}`);
  const name = { id: 'Patient.name', path: 'Patient.name', min: 1 };
  t.same(errors(profile([element({}), name])), []);
  t.same(keys(profile([element({}), { ...name, id: 'Patient' }])), ['error sdf-17']);
  t.same(keys(profile([element({}), { ...name, path: 'Person.name' }])), ['error sdf-8a']);
  t.same(keys(profile([element({ sliceName: 'x' }), name])), ['error sdf-23']);
  t.same(keys(profile([element({ slicing: { rules: 'open', description: 'x' } }), name])), ['error sdf-20']);
  t.same(keys(profile([{ ...name, min: 2, max: '1' }])), ['error eld-2']);
  t.same(keys(profile([{ ...name, isModifier: true }])), ['error eld-18']);
  t.same(keys(profile([name], { name: 'un nom' })), ['warning sdf-0']);
  // What the publishing tools write into every snapshot is at home there.
  const typed = {
    extension: [
      { url: 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type', valueUrl: 'string' },
      { url: 'http://hl7.org/fhir/StructureDefinition/regex', valueString: '[a-z]+' },
    ],
    code: 'http://hl7.org/fhirpath/System.String',
  };
  t.same(errors(profile([{ id: 'Patient.id', path: 'Patient.id', type: [typed] }])), []);
});

t.test('those that are evaluated by the fhirpath package', async (t) => {
  const script = (capability: object) => ({
    resourceType: 'TestScript',
    url: 'https://a.fr/fhir/TestScript/t',
    name: 'T',
    status: 'draft',
    metadata: { capability: [{ capabilities: 'https://a.fr/fhir/CapabilityStatement/c', ...capability }] },
  });
  t.same(errors(script({ required: true, validated: false })), []);
  t.same(errors(script({})), [
    'missing TestScript.metadata.capability[0]',
    'missing TestScript.metadata.capability[0]',
  ]);
  const action = (operation: object) => ({
    ...script({ required: true, validated: false }),
    setup: { action: [{ operation: { encodeRequestUrl: true, ...operation } }] },
  });
  t.same(errors(action({ url: 'Patient/1' })), []);
  t.same(errors(action({ url: 'Patient/1', params: '?x=1' })), ['invariant TestScript.setup.action[0].operation']);
});
