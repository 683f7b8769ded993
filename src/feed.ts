/** The setting DMP as what feeds it: establishments read once, a feed for each tenant. docs/adr/0031-a-queue-of-jobs-beside-the-records.md */
import { type Settings, WrongSetting } from './config.js';
import type { Establishment } from './dmp/establishments.js';
import type { OpenFeed } from './dmp/feed.js';
import type { SearchRegistry } from './search/registry.js';
import type { Store } from './store/store.js';
import type { Shared } from './tenant.js';

/** Of these a feed reads and writes. */
const NEEDED = [
  'DocumentReference',
  'Binary',
  'Patient',
  'Practitioner',
  'PractitionerRole',
  'Organization',
  'Consent',
  'Task',
];

/** None where DMP is empty; what makes them is loaded only where it is used. Throws WrongSetting. */
export async function establishmentsOf(
  { DMP }: Settings,
  types: ReadonlySet<string>,
): Promise<readonly Establishment[]> {
  if (DMP === '') return [];
  const missing = NEEDED.filter((type) => !types.has(type));
  if (missing.length > 0) throw new WrongSetting(`DMP needs RESOURCE_TYPES to have ${missing.join(', ')}.`);
  const { readEstablishments, WrongDmpFile } = await import('./dmp/establishments.js');
  try {
    return await readEstablishments(DMP, process.env);
  } catch (error) {
    if (error instanceof WrongDmpFile) throw new WrongSetting(`DMP cannot be used: ${error.message}.`);
    throw error;
  }
}

/** The feed of one tenant, which is told by its path (`/name`, '' for all); `undefined` where no establishment is of it. */
export async function feedOf(
  { establishments, settings, log }: Shared,
  store: Store,
  registry: SearchRegistry,
  baseUrl: string,
  path: string,
): Promise<OpenFeed | undefined> {
  const own = establishments.filter(({ tenant }) => tenant === undefined || `/${tenant}` === path);
  if (own.length === 0) return undefined;
  const { openFeed } = await import('./dmp/feed.js');
  return openFeed({
    store,
    registry,
    establishments: own,
    baseUrl,
    timeZone: settings.TIME_ZONE,
    tell(news) {
      switch (news.type) {
        case 'paused':
          return log.error(
            { lane: news.lane, because: news.because },
            'the DMP refused an establishment: its lane is stopped',
          );
        case 'breaker':
          return log.warn(news.isOpen ? 'the DMP is unwell: nothing is sent for a while' : 'the DMP is well again');
        case 'lane-without-client':
          return log.error({ lane: news.lane }, 'jobs of an establishment that the DMP file does not have');
        case 'ended':
          return log.debug(
            { lane: news.lane, state: news.state, ms: Math.round(news.milliseconds) },
            'a step of a job',
          );
        case 'error':
          return log.error({ error: (news.error as Error).name }, 'the queue for the DMP failed');
      }
    },
  });
}
