/**
 * `$validate-code`: is a code in a value set, or in a code system?
 * https://hl7.org/fhir/R4/valueset-operation-validate-code.html, https://hl7.org/fhir/R4/codesystem-operation-validate-code.html
 */
import type { Parameters } from '@medplum/fhirtypes';
import type { Context, Interaction, InteractionRequest, Result } from '../interactions/interaction.js';
import { FhirError } from '../r4/errors.js';
import { GRAMMARS } from '../terminology/index.js';
import { Input } from './input.js';
import { askedSet, membership } from './value-sets.js';

const ASKED = ['code', 'display', 'coding', 'codeableConcept'];
const definition = (type: string) => `http://hl7.org/fhir/OperationDefinition/${type}-validate-code`;

const ofType: Interaction = {
  code: 'operation',
  level: 'type',
  method: 'GET',
  path: '/:type/$validate-code',
  takesBody: false,
  operation: { name: 'validate-code', definition: definition('ValueSet'), types: ['ValueSet', 'CodeSystem'] },
  run: validateCode,
};
export const VALIDATE_CODE: readonly Interaction[] = [
  ofType,
  { ...ofType, method: 'POST', takesBody: 'optional' },
  { ...ofType, level: 'instance', path: '/:type/:id/$validate-code' },
  { ...ofType, level: 'instance', path: '/:type/:id/$validate-code', method: 'POST', takesBody: 'optional' },
];

/** One code that is asked about. */
interface Asked {
  system: string | undefined;
  code: string;
  display: string | undefined;
}

async function validateCode(request: InteractionRequest, context: Context): Promise<Result> {
  return request.type === 'CodeSystem' ? await inCodeSystem(request, context) : await inValueSet(request, context);
}

async function inValueSet(request: InteractionRequest, context: Context): Promise<Result> {
  const input = Input.of(request, context, [...ASKED, 'system', 'url', 'valueSet', 'valueSetVersion']);
  const asked = askedCodes(input, input.text('system'));
  const set = await askedSet(input, request, context);
  const codes = membership(set);
  const found = asked.find(({ system, code }) =>
    system === undefined ? codes.hasCode(code) : codes.has(system, code),
  );
  if (found !== undefined) return yes(found, context);
  const shown = asked.map(({ system, code }) => `${system ?? ''}#${code}`).join(', ');
  return no(
    {
      en: `"${shown}" is not in the value set ${set.canonical}.`,
      fr: `« ${shown} » n’est pas dans le jeu de valeurs ${set.canonical}.`,
    },
    context,
  );
}

async function inCodeSystem(request: InteractionRequest, context: Context): Promise<Result> {
  const input = Input.of(request, context, [...ASKED, 'url', 'version']);
  const system = request.id === '' ? input.text('url') : await urlOf(request, context);
  const asked = askedCodes(input, system).filter((one) => system === undefined || one.system === system);
  const one = asked[0]?.system;
  if (one === undefined) throw new FhirError('parameter-missing', { names: 'url' });
  const version = input.text('version');
  const has = codesOf(version === undefined ? one : `${one}|${version}`, context);
  const found = asked.find(({ code }) => has(code));
  if (found !== undefined) return yes(found, context);
  const shown = asked.map(({ code }) => code).join(', ');
  return no(
    {
      en: `The code system ${one} has no code "${shown}".`,
      fr: `Le système de codes ${one} n’a pas de code « ${shown} ».`,
    },
    context,
  );
}

/** Throws `code-system-unknown`. */
export function codesOf(canonical: string, { services }: Context): (code: string) => boolean {
  const hierarchy = services.known.hierarchy(canonical);
  if (hierarchy !== undefined) return (code) => hierarchy.has(code);
  const grammar = GRAMMARS.get(canonical);
  if (grammar === undefined) throw new FhirError('code-system-unknown', { system: canonical.slice(0, 200) });
  return grammar;
}

/** The url of a stored code system. Throws `not-found`, `gone`. */
export async function urlOf({ type, id }: InteractionRequest, { services }: Context): Promise<string> {
  const version = await services.store.read(type, id);
  if (version === undefined) throw new FhirError('not-found', { type, id });
  if (version.deleted) throw new FhirError('gone', { type, id });
  return String((JSON.parse(version.text) as { url?: unknown }).url ?? '');
}

/** From `code`, `coding` or `codeableConcept`. Throws `parameter-missing`. */
function askedCodes(input: Input, system: string | undefined): Asked[] {
  const code = input.text('code');
  if (code !== undefined) return [{ system, code, display: input.text('display') }];
  const concept = input.object('codeableConcept')?.coding;
  const codings = Array.isArray(concept) ? concept : [input.object('coding') ?? parsedCoding(input.text('coding'))];
  const asked = codings.flatMap((coding: unknown) => {
    const one = coding as { system?: unknown; code?: unknown; display?: unknown } | undefined;
    if (typeof one?.code !== 'string') return [];
    const display = typeof one.display === 'string' ? one.display : undefined;
    return [{ system: typeof one.system === 'string' ? one.system : system, code: one.code, display }];
  });
  if (asked.length === 0) throw new FhirError('parameter-missing', { names: 'code, coding, codeableConcept' });
  return asked;
}

/** In a URL a Coding is written as searches write it: `system|code`. */
function parsedCoding(text: string | undefined): { system?: string; code: string } | undefined {
  if (text === undefined) return undefined;
  const bar = text.lastIndexOf('|');
  return bar < 0 ? { code: text } : { system: text.slice(0, bar), code: text.slice(bar + 1) };
}

function yes({ system, code, display }: Asked, context: Context): Result {
  const known = system === undefined ? undefined : context.services.known.codeSystemTexts(system)?.displays.get(code);
  // R4: result is false where the display is not that of the code.
  const isOther = known !== undefined && display !== undefined && display.toLowerCase() !== known.toLowerCase();
  const message = {
    en: `The display is "${known}".`,
    fr: `Le libellé est « ${known} ».`,
  };
  return parameters([
    { name: 'result', valueBoolean: !isOther },
    ...(isOther ? [{ name: 'message', valueString: message[context.language] }] : []),
    ...(known === undefined ? [] : [{ name: 'display', valueString: known }]),
  ]);
}

function no(message: { en: string; fr: string }, { language }: Context): Result {
  return parameters([
    { name: 'result', valueBoolean: false },
    { name: 'message', valueString: message[language] },
  ]);
}

export function parameters(parameter: Parameters['parameter']): Result {
  return { status: 200, text: JSON.stringify({ resourceType: 'Parameters', parameter }) };
}
