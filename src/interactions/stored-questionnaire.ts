/** The Questionnaire that a response names, from the store. https://hl7.org/fhir/R4/questionnaireresponse-definitions.html#QuestionnaireResponse.questionnaire */
import { isNewer } from '../r4/definitions/index.js';
import { FhirError } from '../r4/errors.js';
import { escapedValue } from '../search/escapes.js';
import { parseSearch } from '../search/parse.js';
import type { Query } from '../search/query.js';
import { entryResources } from './bundled-definitions.js';
import type { Context } from './interaction.js';

/** Versions of one questionnaire that are looked at. */
const MAX_VERSIONS = 100;

/** Questionnaires that are read for the responses of one Bundle. */
const MAX_QUESTIONNAIRES = 100;

/**
 * What a response, or those of a Bundle, name, by the text that names it; `undefined` where they name none. Of more than
 * MAX_QUESTIONNAIRES the others are not looked for, and said to be unknown.
 */
export async function storedQuestionnaires(
  resource: Record<string, unknown>,
  context: Context,
): Promise<ReadonlyMap<string, object> | undefined> {
  const type = resource.resourceType;
  if (type !== 'QuestionnaireResponse' && type !== 'Bundle') return undefined;
  const responses = type === 'Bundle' ? entryResources(resource) : [resource];
  const named = new Set<string>();
  for (const { resourceType, questionnaire } of responses) {
    if (resourceType === 'QuestionnaireResponse' && typeof questionnaire === 'string') named.add(questionnaire);
  }
  const found = new Map<string, object>();
  for (const canonical of [...named].slice(0, MAX_QUESTIONNAIRES)) {
    const one = (await byAddress(canonical, context)) ?? (await storedQuestionnaire(canonical, context));
    if (one !== undefined) found.set(canonical, one);
  }
  return found.size === 0 ? undefined : found;
}

/** `Questionnaire/id`, or that below this server's own base, with or without a version of the questionnaire. */
async function byAddress(canonical: string, { services, baseUrl }: Context): Promise<object | undefined> {
  const own = canonical.startsWith(`${baseUrl}/`) ? canonical.slice(baseUrl.length + 1) : canonical;
  const [, id, wanted] = /^Questionnaire\/([A-Za-z0-9.-]{1,64})(?:\|(.*))?$/s.exec(own) ?? [];
  if (id === undefined || !services.types.has('Questionnaire')) return undefined;
  const stored = await services.store.read('Questionnaire', id);
  if (stored === undefined || stored.deleted) return undefined;
  const found = JSON.parse(stored.text) as { version?: string };
  return wanted === undefined || wanted === '' || wanted === found.version ? found : undefined;
}

/**
 * By `canonical` or `canonical|version`, without a version the newest; `undefined` when none is stored, or when no search
 * takes the canonical (it is too long, or the parameter is being re-indexed): the validation then says that the questionnaire is not known.
 */
async function storedQuestionnaire(canonical: string, context: Context): Promise<object | undefined> {
  const { services } = context;
  if (canonical.startsWith('#') || !services.types.has('Questionnaire')) return undefined;
  const query = queryFor(canonical, context);
  if (query === undefined) return undefined;
  const { items } = await services.store.search(query);
  let newest: { version?: string } | undefined;
  for (const { text } of items) {
    const found = JSON.parse(text) as { version?: string };
    if (newest === undefined || isNewer(found.version ?? '', newest.version ?? '')) newest = found;
  }
  return newest;
}

function queryFor(canonical: string, { services, baseUrl }: Context): Query | undefined {
  const [url = '', version = ''] = canonical.split('|');
  if (url === '') return undefined;
  const pairs: [string, string][] = [['url', escapedValue(url)]];
  if (version !== '') pairs.push(['version', escapedValue(version)]);
  try {
    return parseSearch('Questionnaire', pairs, {
      registry: services.registry,
      lenient: false,
      baseUrl,
      timeZone: services.timeZone,
      defaultCount: MAX_VERSIONS,
      maxCount: MAX_VERSIONS,
    }).query;
  } catch (error) {
    if (error instanceof FhirError) return undefined;
    throw error;
  }
}
