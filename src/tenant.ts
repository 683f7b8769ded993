/**
 * One establishment's records with what works on them: its store, what is indexed and defined there, and what goes on by
 * itself. A tenant is a database, so that no query carries a filter that one could forget.
 */
import { rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import { Access } from './access/access.js';
import { Tracing } from './access/audit/index.js';
import { PolicyError } from './access/condition.js';
import { DEFAULT_SETS, type Policies, readPolicies } from './access/policy.js';
import { consentKeys } from './access/provision.js';
import { VARIABLE_TYPES } from './access/variables.js';
import { type Settings, WrongSetting } from './config.js';
import type { Establishment } from './dmp/establishments.js';
import type { Feed } from './dmp/feed.js';
import { feedOf } from './feed.js';
import { identityKeys } from './identity/day-key.js';
import { type InsiClient, insiSimulator } from './identity/insi.js';
import { sweepRegularly } from './indexing/content-sweep.js';
import { SearchIndex } from './indexing/search-index.js';
import { GUIDE_TYPES, StoredGuides } from './indexing/stored-guides.js';
import { WatchedStore } from './indexing/watched-store.js';
import type { Services } from './interactions/interaction.js';
import type { Definitions } from './r4/definitions/index.js';
import { BASE_PATH, ROUTED } from './rest/routes.js';
import { createSearchRegistry, type SearchRegistry } from './search/registry.js';
import { storedDefinitions } from './search/stored-definitions.js';
import { type Store, StoreDamaged } from './store/store.js';
import { Terminology } from './terminology/index.js';
import { schemeOf } from './tls.js';
import { createValidator, type Validator } from './validation/index.js';
import { identityPolicy, requiredProfiles, soundness, validatorSettings } from './validation-policy.js';

/** Nothing is below it. */
const NO_BASE = 'urn:passerelle:nowhere';
const GUIDES: ReadonlySet<string> = new Set(GUIDE_TYPES);

/** What all tenants of a server have in common. */
export interface Shared {
  readonly settings: Settings;
  readonly definitions: Definitions;
  /** The resource types served. */
  readonly types: ReadonlySet<string>;
  /** Of the definitions that all have. */
  readonly validator: Validator;
  readonly insi: InsiClient | undefined;
  /** Those that feed the DMP; none where nothing does. */
  readonly establishments: readonly Establishment[];
  /** Read at the first request that has a caller. */
  readonly policies: () => Policies;
  readonly software: Services['software'];
  readonly log: Logger;
  readonly security: Services['security'];
}

export function sharedOf(
  settings: Settings,
  definitions: Definitions,
  types: ReadonlySet<string>,
  software: Services['software'],
  log: Logger,
  security?: Services['security'],
  establishments: readonly Establishment[] = [],
): Shared {
  const validator = createValidator(definitions, validatorSettings(settings));
  const insi = settings.INSI === 'simulator' ? insiSimulator() : undefined;
  const policies = policiesOf(settings);
  return { settings, definitions, types, validator, insi, establishments, policies, software, log, security };
}

export interface Tenant {
  readonly services: Services;
  /** Ends what goes on by itself, then closes the store. */
  close(): Promise<void>;
}

/** A file that is named is read at the start, so that what is wrong with it is known then. Throws WrongSetting. */
function policiesOf({ POLICIES }: Settings): () => Policies {
  let policies: Policies | undefined;
  const read = (): Policies => {
    policies ??= told(() => readPolicies(POLICIES));
    return policies;
  };
  if (!(DEFAULT_SETS as readonly string[]).includes(POLICIES)) read();
  return read;
}

function told<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof PolicyError ? new WrongSetting(`POLICIES cannot be used: ${error.message}.`) : error;
  }
}

/** Opens the engine that an address names; engines are loaded only when they are used. Throws WrongSetting, StoreDamaged. */
export async function openStore(address: string, transactionSeconds?: number): Promise<Store> {
  if (address.startsWith('mongodb')) {
    const { openMongoStore } = await import('./store/mongo/index.js');
    return await openMongoStore({ uri: address, transactionSeconds });
  }
  const { openSqliteStore } = await import('./store/sqlite/index.js');
  if (address === 'memory:') return openSqliteStore('memory', transactionSeconds);
  try {
    return openSqliteStore({ folder: address.slice('sqlite:'.length) }, transactionSeconds);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) throw new StoreDamaged(code);
    throw new WrongSetting(`STORE names a folder that cannot be made or opened (${code}).`);
  }
}

/** Removes all that a store at an address holds. Nobody has it open. Throws what openStore throws. */
export async function dropStore(address: string): Promise<void> {
  if (address.startsWith('mongodb')) {
    const { dropMongoStore } = await import('./store/mongo/index.js');
    return await dropMongoStore(address);
  }
  await rm(address.slice('sqlite:'.length), { recursive: true, force: true });
}

/**
 * Opens a tenant's store, at an address as STORE has it, and what works on it. `path` is what stands between the base and
 * its resources: '' or `/name`. `known` is told what can be searched before anything is read. Throws what openStore throws.
 */
export async function openTenant(
  address: string,
  path: string,
  shared: Shared,
  known: (registry: SearchRegistry) => void = () => undefined,
): Promise<Tenant> {
  const { settings, definitions, types, log } = shared;
  const raw = await openStore(address, settings.TRANSACTION_SECONDS);
  const registry = createSearchRegistry(definitions, types, {
    timeZone: settings.TIME_ZONE,
    derived: { ...identityKeys, ...consentKeys },
  });
  known(registry);
  const tracing = tracingOf(raw, registry, shared);
  let searchIndex: SearchIndex | undefined;
  let guides: StoredGuides | undefined;
  let access: Access | undefined;
  const watched = new Set<string>(['SearchParameter', ...GUIDE_TYPES, ...VARIABLE_TYPES]);
  const watching = new WatchedStore(tracing?.store ?? raw, watched, async (written) => {
    if (written.some(({ type }) => type === 'SearchParameter')) await searchIndex?.changed();
    access?.written(written.map(({ type }) => type));
    const others = written.filter(({ type }) => GUIDES.has(type));
    if (others.length > 0) await guides?.written(others);
  });
  const base =
    settings.BASE_URL === '' ? `${schemeOf(settings)}://localhost:${settings.PORT}${BASE_PATH}` : settings.BASE_URL;
  const feed = await feedOf(shared, watching, registry, base + path, path);
  const store = feed?.store ?? watching;
  searchIndex = await SearchIndex.open(store, registry, definitions, base + path);
  const accessOf = () => {
    access ??= new Access(shared.policies(), {
      store,
      registry,
      definitions,
      types,
      timeZone: settings.TIME_ZONE,
      base: settings.BASE_URL === '' ? NO_BASE : settings.BASE_URL + path,
      watch: (type) => watched.add(type),
    });
    return access;
  };
  const services = servicesOf(shared, store, registry, searchIndex, accessOf, feed);
  services.trace = tracing;
  // What clients stored is at work before the first request.
  guides = new StoredGuides(store, types, log, (resources) => {
    services.known = definitions;
    Object.assign(services, services.defining(resources));
  });
  await guides.open();
  if (path === '' && !(DEFAULT_SETS as readonly string[]).includes(settings.POLICIES)) told(() => accessOf().check());
  const sweepEnded = sweepRegularly(store, (error) =>
    log.warn({ error: (error as Error).name }, 'no sweep of contents'),
  );
  feed?.start();
  return {
    services,
    async close() {
      await feed?.stop();
      guides.close();
      await searchIndex.close();
      await sweepEnded();
      await tracing?.close();
      await store.close();
    },
  };
}

function tracingOf(raw: Store, registry: SearchRegistry, { settings, software, log }: Shared): Tracing | undefined {
  if (settings.AUDIT === 'off') return undefined;
  const extract = (resource: unknown) => registry.extract('AuditEvent', resource, '');
  return new Tracing(raw, settings.AUDIT === 'strict', { extract, software: software.name }, log);
}

function servicesOf(
  shared: Shared,
  store: Store,
  registry: SearchRegistry,
  searchIndex: SearchIndex,
  access: () => Access,
  feed: Feed | undefined,
): Services {
  const { settings, definitions, types, validator, insi, software, security } = shared;
  const isSound = soundness(definitions);
  const services: Services = {
    store,
    registry,
    searchIndex,
    interactions: ROUTED,
    validator,
    defining(resources) {
      // Under VALIDATION=off anything may have been stored: what is broken defines nothing.
      const known = services.known.withStored(resources.filter(isSound));
      return { known, validator: createValidator(known, validatorSettings(settings)) };
    },
    definitions,
    known: definitions,
    terminology: new Terminology(definitions, storedDefinitions(store)),
    types,
    validation: settings.VALIDATION,
    requiredProfiles: requiredProfiles(settings, definitions),
    identity: identityPolicy(settings),
    warnsOfDuplicates: settings.DUPLICATES === 'warn',
    insi,
    feed,
    timeZone: settings.TIME_ZONE,
    updateCreate: settings.UPDATE_CREATE,
    defaultCount: settings.DEFAULT_COUNT,
    maxCount: settings.MAX_COUNT,
    maxInclude: settings.MAX_INCLUDE,
    maxEntries: settings.MAX_ENTRIES,
    bodyLimit: settings.BODY_LIMIT,
    contentLimit: settings.CONTENT_LIMIT,
    software,
    access,
    ...(security !== undefined && { security }),
  };
  return services;
}
