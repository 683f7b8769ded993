/** `$lookup`: what a code means. https://hl7.org/fhir/R4/codesystem-operation-lookup.html */
import type { Context, InteractionRequest, Result } from '../interactions/interaction.js';
import { FhirError } from '../r4/errors.js';
import { everyWay } from './every-way.js';
import { Input, parametersResult } from './parameters.js';
import { codesOfSystem } from './terminology.js';

export const LOOKUP = everyWay(
  { name: 'lookup', definitions: { CodeSystem: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup' } },
  ['type'],
  lookup,
);

/** Throws `parameter-missing`, `code-system-unknown`, `code-not-found`. */
async function lookup(request: InteractionRequest, context: Context): Promise<Result> {
  const input = Input.of(request, context, ['code', 'system', 'version', 'coding']);
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
  return parametersResult([
    { name: 'name', valueString: texts?.name ?? system },
    ...(hierarchy?.version === undefined ? [] : [{ name: 'version', valueString: hierarchy.version }]),
    { name: 'display', valueString: texts?.displays.get(code) ?? code },
    ...(hierarchy?.parentsOf(code) ?? []).map((parent) => ({
      name: 'property',
      part: [
        { name: 'code', valueCode: 'parent' },
        { name: 'value', valueCode: parent },
      ],
    })),
  ]);
}
