/** `passerelle audit`: whether the trace is whole, and the trace as a file of AuditEvents. docs/adr/0042-the-trace-is-a-trail-of-batches.md */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { auditEventOf } from '../access/audit/audit-event.js';
import type { Line, SentLine } from '../access/audit/line.js';
import { headOf, verifyTrail } from '../access/audit/verify.js';
import { addressOf, isTenantName } from '../access/tenant-registry.js';
import { SOFTWARE } from '../app.js';
import { type Settings, WrongSetting } from '../config.js';
import type { Trail, TrailBatch } from '../store/trail.js';
import { openStore } from '../tenant.js';

/** Resolves to the exit code: 1 where the trail is not whole. Throws WrongSetting. */
export async function audit(
  settings: Settings,
  [verb = '', ...more]: readonly string[],
  flags: Record<string, unknown>,
): Promise<number> {
  if ((verb !== 'verify' && verb !== 'export') || more.length > 0) {
    throw new WrongSetting(`audit takes verify or export; not "${[verb, ...more].join(' ')}".`);
  }
  if (settings.STORE === 'memory:')
    throw new WrongSetting('STORE=memory: keeps nothing: name the store of the server.');
  const { tenant } = flags;
  if (tenant !== undefined && !isTenantName(String(tenant))) throw new WrongSetting('--tenant names no tenant.');
  const store = await openStore(tenant === undefined ? settings.STORE : addressOf(settings.STORE, String(tenant)));
  try {
    if (verb === 'verify') return await verify(store.trail, (flags.head as string[] | undefined) ?? []);
    if (typeof flags.to !== 'string') throw new WrongSetting('--to names the file that is to be made.');
    await exportTrail(store.trail, flags.to, flags.patient as string | undefined);
    return 0;
  } finally {
    await store.close();
  }
}

async function verify(trail: Trail, texts: readonly string[]): Promise<number> {
  const heads = texts.map((text) => {
    const head = headOf(text);
    if (head === undefined) throw new WrongSetting(`--head ${text.slice(0, 100)} is not chain:number:hash.`);
    return head;
  });
  const { chains, batches, lines, faults } = await verifyTrail(trail, heads);
  for (const fault of faults) console.error(fault);
  console.log(`${chains} chains, ${batches} batches, ${lines} lines: ${faults.length === 0 ? 'whole' : 'NOT WHOLE'}`);
  for (const { chain, number, hash } of await trail.heads()) console.log(`  ${chain}:${number}:${hash}`);
  return faults.length === 0 ? 0 : 1;
}

const PAGE = 20;

/** AuditEvents as NDJSON, in the order of time: all, or those about one patient. */
async function exportTrail(trail: Trail, to: string, patient: string | undefined): Promise<void> {
  const file = createWriteStream(to, { flags: 'wx', mode: 0o600 });
  await once(file, 'open').catch(() => {
    throw new WrongSetting(`--to ${to} cannot be made.`);
  });
  let count = 0;
  let after: TrailBatch | undefined;
  const key = patient === undefined ? {} : { key: `Patient/${patient.replace(/^Patient\//, '')}` };
  for (;;) {
    const page = await trail.walk({ ...key, descending: false, count: PAGE, ...(after !== undefined && { after }) });
    for (const batch of page) {
      for (const [index, text] of batch.text.split('\n').slice(0, -1).entries()) {
        const line = JSON.parse(text) as Line | SentLine;
        const id = `${batch.chain}-${batch.number}-${index}`;
        const event = 'sent' in line ? line.sent : auditEventOf(line, id, SOFTWARE.name);
        const written = JSON.stringify(event);
        if (key.key !== undefined && !written.includes(`"reference":"${key.key}"`)) continue;
        count++;
        if (!file.write(`${written}\n`)) await once(file, 'drain');
      }
    }
    after = page.at(-1);
    if (page.length < PAGE) break;
  }
  file.end();
  await finished(file);
  console.log(`${count} AuditEvents are in ${to}.`);
}
