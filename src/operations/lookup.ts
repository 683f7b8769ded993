/** `$lookup`: what a code means. https://hl7.org/fhir/R4/codesystem-operation-lookup.html */
import type { Parameters, ParametersParameter } from '@medplum/fhirtypes';
import type { Context, InteractionRequest, Result } from '../interactions/interaction.js';
import { FhirError } from '../r4/errors.js';
import { displayOfGrammar, nameOfGrammar } from '../terminology/index.js';
import { everyWay } from './every-way.js';
import { Input, parametersResult } from './parameters.js';
import { codesOfSystem } from './terminology.js';

export const LOOKUP = everyWay(
  { name: 'lookup', definitions: { CodeSystem: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup' } },
  ['type'],
  lookup,
);

const KNOWN = ['code', 'system', 'version', 'coding', 'displayLanguage', 'property'];

/** Throws `parameter-missing`, `code-system-unknown`, `code-not-found`. */
async function lookup(request: InteractionRequest, context: Context): Promise<Result> {
  const input = Input.of(request, context, KNOWN);
  const coding = input.object('coding');
  const [code, system] = [input.text('code') ?? coding?.code, input.text('system') ?? coding?.system];
  if (typeof code !== 'string' || typeof system !== 'string') {
    throw new FhirError('parameter-missing', { names: 'system + code, coding' });
  }
  const version = input.text('version');
  const canonical = version === undefined ? system : `${system}|${version}`;
  if (!codesOfSystem(canonical, context)(code)) {
    throw new FhirError('code-not-found', { system: system.slice(0, 200), code: code.slice(0, 64) });
  }
  const { known } = context.services;
  const texts = known.codeSystemTexts(canonical);
  const hierarchy = known.hierarchy(canonical);
  const language = input.text('displayLanguage') ?? context.language;
  const designations = texts?.designations.get(code) ?? [];
  const display = texts?.displays.get(code) ?? displayOfGrammar(system, code, language) ?? code;
  const answer: Parameters['parameter'] = [
    { name: 'name', valueString: texts?.name ?? nameOfGrammar(system) ?? system },
  ];
  if (hierarchy?.version !== undefined) answer.push({ name: 'version', valueString: hierarchy.version });
  answer.push({ name: 'display', valueString: inLanguage(designations, input.text('displayLanguage')) ?? display });
  for (const { language: spoken, use, value } of designations) {
    const part: ParametersParameter[] = [];
    if (spoken !== undefined) part.push({ name: 'language', valueCode: spoken });
    if (use !== undefined) part.push({ name: 'use', valueCoding: use });
    answer.push({ name: 'designation', part: [...part, { name: 'value', valueString: value }] });
  }
  const asked = input.texts('property');
  const wants = (name: string) => asked.length === 0 || asked.includes('*') || asked.includes(name);
  const definition = texts?.definitions.get(code);
  if (definition !== undefined && wants('definition')) {
    answer.push(property('definition', { name: 'value', valueString: definition }));
  }
  for (const [name, codes] of [
    ['parent', hierarchy?.parentsOf(code)],
    ['child', hierarchy?.childrenOf(code)],
  ] as const) {
    if (!wants(name)) continue;
    for (const one of codes ?? []) answer.push(property(name, { name: 'value', valueCode: one }));
  }
  return parametersResult(answer);
}

const property = (code: string, value: ParametersParameter): ParametersParameter => ({
  name: 'property',
  part: [{ name: 'code', valueCode: code }, value],
});

/** What a code is called in a language that was asked for: `fr` will do for `fr-FR`. */
function inLanguage(
  designations: readonly { language?: string; value: string }[],
  language: string | undefined,
): string | undefined {
  if (language === undefined) return undefined;
  const root = language.split('-')[0];
  const exact = designations.find((one) => one.language === language);
  return (exact ?? designations.find((one) => one.language?.split('-')[0] === root))?.value;
}
