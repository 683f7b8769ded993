/** The CapabilityStatement keeps its word: every parameter, modifier, prefix and inclusion that it names is asked for. */
import type { Test } from 'tap';
import { Definitions } from '../../src/r4/definitions/index.js';
import { startServer } from '../support/server.js';

const SAMPLE: Record<string, string> = {
  token: 'http://x.org/s|a',
  string: 'abc',
  date: '2026-01',
  uri: 'http://x.org/a',
  number: '0.5',
  quantity: '5.4|http://unitsofmeasure.org|mg',
  special: '48.85|2.35|10|km',
};
/** Values that a modifier asks for instead. */
const BY_MODIFIER: Record<string, string> = {
  missing: 'true',
  in: 'http://hl7.org/fhir/ValueSet/administrative-gender',
  'not-in': 'http://hl7.org/fhir/ValueSet/administrative-gender',
  below: 'http://terminology.hl7.org/CodeSystem/condition-clinical|active',
  above: 'http://terminology.hl7.org/CodeSystem/condition-clinical|relapse',
  'of-type': 'http://x.org/t|PI|1',
  identifier: 'http://x.org/s|1',
};

interface Parameter {
  name: string;
  type: string;
  definition: string;
  documentation?: string;
}

const listIn = (documentation: string | undefined, word: string) =>
  new RegExp(`${word}: ([^.]*)\\.`).exec(documentation ?? '')?.[1]?.split(', ') ?? [];

function sampleOf({ name, type, definition, documentation }: Parameter, definitions: Definitions): string {
  if (name === '_id') return 'x';
  if (type === 'reference') {
    const target = listIn(documentation, 'Modifiers').find((one) => /^[A-Z]/.test(one));
    return target === undefined ? 'http://x.org/fhir/Patient/1' : `${target}/1`;
  }
  if (type !== 'composite') return SAMPLE[type] as string;
  // A composite's parts are of the types of their own parameters; R4 swaps the two of DocumentReference.relationship.
  if (name === 'relationship') return 'replaces$DocumentReference/1';
  const parts = definitions.searchParameter(definition)?.component ?? [];
  return parts
    .map((part) => {
      const kind = definitions.searchParameter(part.definition)?.type ?? 'token';
      return kind === 'quantity' ? '5' : SAMPLE[kind];
    })
    .join('$');
}

function questionsOf(parameter: Parameter, definitions: Definitions): string[] {
  const { name, type, documentation } = parameter;
  const sample = sampleOf(parameter, definitions);
  const isSorted = !/^(composite|special)$/.test(type) && !/^_(text|content)$/.test(name);
  const questions: [string, string][] = [[name, sample]];
  if (isSorted) questions.push(['_sort', `-${name}`]);
  for (const modifier of listIn(documentation, 'Modifiers')) {
    if (/^[A-Z]/.test(modifier)) questions.push([`${name}:${modifier}`, '1']);
    else if (modifier === '[type]') questions.push([`${name}:Patient`, '1']);
    else if (type === 'uri' || modifier === 'not' || modifier === 'text')
      questions.push([`${name}:${modifier}`, modifier === 'missing' ? 'true' : sample]);
    else questions.push([`${name}:${modifier}`, BY_MODIFIER[modifier] ?? sample]);
  }
  for (const prefix of listIn(documentation, 'Prefixes')) questions.push([name, prefix + sample]);
  return questions.map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
}

/** Asks a server on `store` for everything that it says it has. */
export async function keepsItsWord(t: Test, store: string): Promise<void> {
  const definitions = Definitions.load();
  const s = await startServer({ STORE: store });
  t.teardown(() => s.close());
  const statement = (await s.call('GET', '/metadata')).json;
  t.equal(statement.fhirVersion, '4.0.1');
  t.equal(statement.implementation.url, s.base);
  const resources = statement.rest[0].resource;
  t.equal(resources.length, 146, 'every R4 type');
  const asked = { questions: 0, modifiers: new Set<string>(), prefixes: new Set<string>() };
  for (const { type, searchParam, searchInclude, searchRevInclude, interaction } of resources) {
    t.same(interaction.map((i: { code: string }) => i.code).sort(), [
      'create',
      'delete',
      'history-instance',
      'history-type',
      'patch',
      'read',
      'search-type',
      'update',
      'vread',
    ]);
    const questions = (searchParam as Parameter[]).flatMap((one) => questionsOf(one, definitions));
    for (const { documentation } of searchParam as Parameter[]) {
      for (const one of listIn(documentation, 'Modifiers')) asked.modifiers.add(/^[A-Z]/.test(one) ? '[type]' : one);
      for (const one of listIn(documentation, 'Prefixes')) asked.prefixes.add(one);
    }
    questions.push(...(searchInclude as string[]).map((value) => `_include=${value}`));
    questions.push(...(searchRevInclude as string[]).map((value) => `_revinclude=${value}`));
    const failed: string[] = [];
    const ask = async (question: string) => {
      const answer = await s.server.app.inject({ url: `/fhir/${type}?${question}` });
      if (answer.statusCode !== 200) failed.push(`${question}: ${answer.payload.slice(0, 300)}`);
    };
    asked.questions += questions.length;
    for (let i = 0; i < questions.length; i += 32) await Promise.all(questions.slice(i, i + 32).map(ask));
    t.same(failed, [], type);
  }
  t.ok(asked.questions > 30_000, `${asked.questions} questions`);
  const modifiers = 'missing exact contains not text in not-in above below of-type identifier [type]'.split(' ');
  t.same([...asked.modifiers].sort(), modifiers.sort());
  t.same([...asked.prefixes].sort(), 'eq ne gt lt ge le sa eb ap'.split(' ').sort());
  const names = (statement.rest[0].searchParam as Parameter[]).map(({ name }) => name);
  t.same(
    (statement.rest[0].operation as { name: string }[]).map(({ name }) => name),
    ['reindex', 'dmp-counts'],
  );
  t.equal((await s.call('GET', '/$reindex')).status, 200);
  t.equal((await s.call('GET', '/$dmp-counts')).status, 501, 'nothing feeds a DMP here');
  t.same(names, '_count _elements _explain _filter _has _include _list _revinclude _sort _summary _total'.split(' '));
}
