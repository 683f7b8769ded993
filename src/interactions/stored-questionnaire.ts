/** The Questionnaire that a response names, from the store. https://hl7.org/fhir/R4/questionnaireresponse-definitions.html#QuestionnaireResponse.questionnaire */
import { isNewer } from '../r4/definitions/index.js';
import { FhirError } from '../r4/errors.js';
import { escapedValue } from '../search/escapes.js';
import { parseSearch } from '../search/parse.js';
import type { Query } from '../search/query.js';
import type { Context } from './interaction.js';

/** Versions of one questionnaire that are looked at. */
const MAX_VERSIONS = 100;

/**
 * By `canonical` or `canonical|version`, without a version the newest; `undefined` when none is stored, or when no search
 * takes the canonical (it is too long, or the parameter is being re-indexed): the validation then says that the questionnaire is not known.
 */
export async function storedQuestionnaire(canonical: string, context: Context): Promise<object | undefined> {
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
