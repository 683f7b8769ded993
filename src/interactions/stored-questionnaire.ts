/** The Questionnaire that a response names, from the store. https://hl7.org/fhir/R4/questionnaireresponse-definitions.html#QuestionnaireResponse.questionnaire */
import { isNewer } from '../r4/definitions/index.js';
import { escapedValue } from '../search/escapes.js';
import { parseSearch } from '../search/parse.js';
import type { Context } from './interaction.js';

/** Versions of one questionnaire that are looked at. */
const MAX_VERSIONS = 100;

/** By `canonical` or `canonical|version`, without a version the newest; `undefined` when none is stored. */
export async function storedQuestionnaire(canonical: string, context: Context): Promise<object | undefined> {
  const { services } = context;
  if (canonical.startsWith('#') || !services.types.has('Questionnaire')) return undefined;
  const [url = '', version = ''] = canonical.split('|');
  if (url === '') return undefined;
  const pairs: [string, string][] = [['url', escapedValue(url)]];
  if (version !== '') pairs.push(['version', escapedValue(version)]);
  const { query } = parseSearch('Questionnaire', pairs, {
    registry: services.registry,
    lenient: false,
    baseUrl: context.baseUrl,
    timeZone: services.timeZone,
    defaultCount: MAX_VERSIONS,
    maxCount: MAX_VERSIONS,
  });
  const { items } = await services.store.search(query);
  let newest: { version?: string } | undefined;
  for (const { text } of items) {
    const found = JSON.parse(text) as { version?: string };
    if (newest === undefined || isNewer(found.version ?? '', newest.version ?? '')) newest = found;
  }
  return newest;
}
