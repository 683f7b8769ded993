/** `passerelle tenant`: the establishments of a server, each with a store of its own. docs/adr/0041-a-tenant-is-a-step-of-the-path.md */
import { existsSync } from 'node:fs';
import {
  addressOf,
  dropTenant,
  isTenantName,
  readTenants,
  type TenantEntry,
  writeTenant,
} from '../access/tenant-registry.js';
import { hidePassword, type Settings, WrongSetting } from '../config.js';
import type { State, Store } from '../store/store.js';
import { dropStore, openStore } from '../tenant.js';
import { exportStore } from './tenant-export.js';

/** Milliseconds after which every process has let go of a tenant that was suspended, and more. */
const LET_GO = 10_000;

/** `root` is the store that STORE names, which has the list. */
type Verb = (root: Store, settings: Settings, name: string, flags: Record<string, unknown>) => Promise<void>;
/** Of two who change the list at once the second sees what the first did. */
const change = (root: Store, work: (state: State) => Promise<void>): Promise<void> =>
  root.transact(['tenants'], ({ state }) => work(state));

const VERBS: Readonly<Record<string, Verb>> = {
  async add(root, settings, name, flags) {
    if (!isTenantName(name)) {
      throw new WrongSetting(
        'The name of a tenant is 2 to 40 small letters, digits and hyphens, begins with a letter and does not end with a hyphen.',
      );
    }
    if ((await readTenants(root.state)).some((one) => one.name === name))
      throw new WrongSetting(`${name} is there already.`);
    // Made at once, so that what is wrong with the address is told here.
    await (await openStore(addressOf(settings.STORE, name))).close();
    const title = typeof flags.title === 'string' ? { title: flags.title } : {};
    await change(root, (state) => writeTenant(state, { name, state: 'active', since: Date.now(), ...title }));
    console.log(`${name} is served under /fhir/${name} by servers with TENANTS=on.`);
  },
  async suspend(root, _settings, name) {
    await change(root, async (state) =>
      writeTenant(state, { ...(await known(state, name)), state: 'suspended', since: Date.now() }),
    );
    console.log(`${name} is served no more within ${LET_GO / 1000} s; its records stay.`);
  },
  async resume(root, _settings, name) {
    await change(root, async (state) =>
      writeTenant(state, { ...(await known(state, name)), state: 'active', since: Date.now() }),
    );
    console.log(`${name} is served again.`);
  },
  async export(root, settings, name, flags) {
    await known(root.state, name);
    if (typeof flags.to !== 'string') throw new WrongSetting('--to names the folder that is to be made.');
    if (existsSync(flags.to)) throw new WrongSetting(`${flags.to} is there already.`);
    const store = await openStore(addressOf(settings.STORE, name));
    try {
      const { versions, contents } = await exportStore(store, flags.to);
      console.log(`${versions} versions of resources and ${contents} contents of ${name} are in ${flags.to}.`);
    } finally {
      await store.close();
    }
  },
  async remove(root, settings, name, flags) {
    const entry = await known(root.state, name);
    if (entry.state !== 'suspended' || Date.now() - entry.since < LET_GO) {
      throw new WrongSetting(`${name} is to be suspended first, ${LET_GO / 1000} s before it is removed.`);
    }
    if (flags.yes !== true) throw new WrongSetting(`--yes says that all records of ${name} may be lost.`);
    // Gone from the list first: what is left after a failure is served to nobody.
    await change(root, (state) => dropTenant(state, name));
    await dropStore(addressOf(settings.STORE, name));
    console.log(`${name} and its records are removed.`);
  },
};

/** Resolves to the exit code. Throws WrongSetting. */
export async function tenant(
  settings: Settings,
  [verb = '', name, ...more]: readonly string[],
  flags: Record<string, unknown>,
): Promise<number> {
  const run = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (run === undefined && verb !== 'list') {
    throw new WrongSetting(`tenant takes list, ${Object.keys(VERBS).join(', ')}; not "${verb}".`);
  }
  if (more.length > 0 || (verb === 'list') !== (name === undefined)) {
    throw new WrongSetting(`tenant ${verb} takes ${verb === 'list' ? 'no name' : 'the name of one tenant'}.`);
  }
  if (settings.STORE === 'memory:')
    throw new WrongSetting('STORE=memory: keeps nothing: name the store of the server.');
  const root: Store = await openStore(settings.STORE);
  try {
    if (run !== undefined) await run(root, settings, name as string, flags);
    else await list(root.state, settings);
    return 0;
  } finally {
    await root.close();
  }
}

async function list(state: State, settings: Settings): Promise<void> {
  for (const { name, state: is, since, title } of await readTenants(state)) {
    const address = hidePassword(addressOf(settings.STORE, name));
    console.log([name, is, new Date(since).toISOString(), address, ...(title === undefined ? [] : [title])].join('\t'));
  }
}

async function known(state: State, name: string): Promise<TenantEntry> {
  const all = await readTenants(state);
  const found = all.find((one) => one.name === name);
  if (found === undefined) {
    throw new WrongSetting(
      `There is no tenant ${name}; there are: ${all.map((one) => one.name).join(', ') || 'none'}.`,
    );
  }
  return found;
}
