/**
 * The tenants that are open: `/fhir/{tenant}` leads to one, which is opened when it is first asked for. They share
 * definitions and settings, and nothing that anybody wrote. docs/adr/0041-a-tenant-is-a-step-of-the-path.md
 */
import { addressOf, isTenantName, readTenants, type TenantEntry } from './access/tenant-registry.js';
import type { Services } from './interactions/interaction.js';
import { FhirError } from './r4/errors.js';
import { BASE_PATH } from './rest/routes.js';
import { openTenant, type Shared, type Tenant } from './tenant.js';

/** Milliseconds after which this process knows what was changed by another. */
export const LOOK_EVERY = 2000;

export class Tenants {
  private entries: ReadonlyMap<string, TenantEntry> = new Map();
  private looked = Number.NEGATIVE_INFINITY;
  private looking: Promise<void> | undefined;
  private readonly open = new Map<string, Promise<Tenant>>();
  private readonly timer: NodeJS.Timeout;

  /** `root` has the list of tenants. */
  constructor(
    private readonly root: Tenant,
    private readonly shared: Shared,
  ) {
    // A tenant that is suspended is let go of though nobody asks for it.
    this.timer = setInterval(() => void this.look().catch(() => undefined), LOOK_EVERY).unref();
  }

  /**
   * The services of a tenant. Throws `tenant-unknown` and `tenant-suspended`, and what the store throws when it cannot be
   * opened.
   */
  async services(name: string): Promise<Services> {
    if (performance.now() - this.looked > LOOK_EVERY || !this.entries.has(name)) await this.look();
    const entry = this.entries.get(name);
    if (entry === undefined) throw new FhirError('tenant-unknown');
    if (entry.state === 'suspended') throw new FhirError('tenant-suspended');
    let opening = this.open.get(name);
    if (opening === undefined) {
      opening = openTenant(addressOf(this.shared.settings.STORE, name), `/${name}`, this.shared);
      this.open.set(name, opening);
      // The next who asks tries again.
      opening.catch(() => this.open.delete(name));
    }
    return (await opening).services;
  }

  /** Resolves when all are closed. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.looking?.catch(() => undefined);
    await Promise.all([...this.open.keys()].map((name) => this.shut(name)));
  }

  /** One look for all who ask meanwhile; an unknown name asks as often as a known one. */
  private look(): Promise<void> {
    this.looking ??= this.read().finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  private async read(): Promise<void> {
    const entries = await readTenants(this.root.services.store.state);
    this.entries = new Map(entries.map((entry) => [entry.name, entry]));
    this.looked = performance.now();
    const gone = [...this.open.keys()].filter((name) => this.entries.get(name)?.state !== 'active');
    await Promise.all(gone.map((name) => this.shut(name)));
  }

  private async shut(name: string): Promise<void> {
    const opening = this.open.get(name);
    this.open.delete(name);
    const tenant = await opening?.catch(() => undefined);
    await tenant?.close();
  }
}

/** `/fhir/les-tilleuls/Patient?name=a` as the tenant and the path without it; `undefined` where no tenant is named. */
export function tenantOf(url: string): { name: string; url: string } | undefined {
  if (!url.startsWith(`${BASE_PATH}/`)) return undefined;
  const rest = url.slice(BASE_PATH.length + 1);
  const end = rest.search(/[/?#]/);
  const name = end < 0 ? rest : rest.slice(0, end);
  return isTenantName(name) ? { name, url: BASE_PATH + (end < 0 ? '' : rest.slice(end)) } : undefined;
}
