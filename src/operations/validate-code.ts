/**
 * `$validate-code`: is a code in a value set, or in a code system?
 * https://hl7.org/fhir/R4/valueset-operation-validate-code.html, https://hl7.org/fhir/R4/codesystem-operation-validate-code.html
 */
import type { Context, InteractionRequest, Result } from '../interactions/interaction.js';
import { current } from '../interactions/read.js';
import { FhirError } from '../r4/errors.js';
import { everyWay } from './every-way.js';
import { Input, parametersResult } from './parameters.js';
import { askedSet, codesOfSystem, membership } from './terminology.js';

const ASKED = ['code', 'display', 'coding', 'codeableConcept'];
const definition = (type: string) => `http://hl7.org/fhir/OperationDefinition/${type}-validate-code`;

export const VALIDATE_CODE = everyWay(
  {
    name: 'validate-code',
    definitions: { ValueSet: definition('ValueSet'), CodeSystem: definition('CodeSystem') },
  },
  ['type', 'instance'],
  validateCode,
);

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
  const codes = membership(set, context);
  const found = asked.find(({ system, code }) =>
    system === undefined ? codes.hasCode(code) : codes.has(system, code),
  );
  if (found !== undefined) return yes(found, context);
  const shown = asked.map(({ system, code }) => `${system ?? ''}#${code}`).join(', ');
  return no(
    {
      en: `"${shown}" is not in the value set ${set.name}.`,
      fr: `« ${shown} » n’est pas dans le jeu de valeurs ${set.name}.`,
    },
    context,
  );
}

async function inCodeSystem(request: InteractionRequest, context: Context): Promise<Result> {
  const input = Input.of(request, context, [...ASKED, 'url', 'version']);
  const named = request.id === '' ? input.text('url') : await urlOf(request, context);
  const asked = askedCodes(input, named);
  const system = named ?? asked[0]?.system;
  if (system === undefined) throw new FhirError('parameter-missing', { names: 'url' });
  const version = input.text('version');
  const has = codesOfSystem(version === undefined ? system : `${system}|${version}`, context);
  const found = asked.find((one) => one.system === system && has(one.code));
  if (found !== undefined) return yes(found, context);
  const shown = asked.map(({ code }) => code).join(', ');
  return no(
    {
      en: `The code system ${system} has no code "${shown}".`,
      fr: `Le système de codes ${system} n’a pas de code « ${shown} ».`,
    },
    context,
  );
}

/** The url of a stored code system. Throws `not-found`, `gone`. */
async function urlOf(request: InteractionRequest, { services }: Context): Promise<string> {
  const { text } = await current(request, services);
  return String((JSON.parse(text) as { url?: unknown }).url ?? '');
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
  return parametersResult([
    { name: 'result', valueBoolean: !isOther },
    ...(isOther ? [{ name: 'message', valueString: message[context.language] }] : []),
    ...(known === undefined ? [] : [{ name: 'display', valueString: known }]),
  ]);
}

function no(message: { en: string; fr: string }, { language }: Context): Result {
  return parametersResult([
    { name: 'result', valueBoolean: false },
    { name: 'message', valueString: message[language] },
  ]);
}
