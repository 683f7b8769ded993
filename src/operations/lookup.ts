/** `$lookup`: what a code means. https://hl7.org/fhir/R4/codesystem-operation-lookup.html */
import type { Context, Interaction, InteractionRequest, Result } from '../interactions/interaction.js';
import { FhirError } from '../r4/errors.js';
import { Input } from './input.js';
import { codesOf, parameters } from './validate-code.js';

const onType: Interaction = {
  code: 'operation',
  level: 'type',
  method: 'GET',
  path: '/:type/$lookup',
  takesBody: false,
  operation: {
    name: 'lookup',
    definition: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup',
    types: ['CodeSystem'],
  },
  run: lookup,
};
export const LOOKUP: readonly Interaction[] = [onType, { ...onType, method: 'POST', takesBody: 'optional' }];

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
  if (!codesOf(canonical, context)(code)) {
    throw new FhirError('code-not-found', { system: system.slice(0, 200), code: code.slice(0, 64) });
  }
  const { known } = context.services;
  const texts = known.codeSystemTexts(canonical);
  const hierarchy = known.hierarchy(canonical);
  const above = hierarchy?.above(code)?.filter((one) => one !== code && hierarchy.isParent(one, code)) ?? [];
  return parameters([
    { name: 'name', valueString: texts?.name ?? system },
    ...(hierarchy?.version === undefined ? [] : [{ name: 'version', valueString: hierarchy.version }]),
    { name: 'display', valueString: texts?.displays.get(code) ?? code },
    ...above.map((parent) => ({
      name: 'property',
      part: [
        { name: 'code', valueCode: 'parent' },
        { name: 'value', valueCode: parent },
      ],
    })),
  ]);
}
