/** Is every document in the state that it should be, here and in the DMP? Counts what is not, by kind. */
import { DMP_QUEUE } from '../../../dist/dmp/queue/job.js';
import { documentOf } from '../../support/dmp-world.mjs';

const RPLC = 'urn:ihe:iti:2007:AssociationType:RPLC';
export const KINDS = [
  'state',
  'task',
  'missing',
  'doubled',
  'bytes',
  'metadata',
  'status',
  'chain',
  'overtaken',
  'opposition',
  'signature',
];

/** What the last of a chain comes to, for this patient; and the earlier ones. */
function expectation({ patient, story }) {
  const last = story.at(-1);
  const isGone = last === 'delete';
  const kept = { opposed: 'opposition', none: 'no-dmp', closed: 'no-dmp' }[patient.kind];
  if (isGone) return { last: 'deleted' };
  if (last === 'hold') return { last: 'held', hold: 'professional' };
  if (kept !== undefined) return { last: 'held', hold: kept };
  return last === 'bad' ? { last: 'rejected' } : { last: 'delivered' };
}

export async function judge({ plan, store, simulator, windows, received }) {
  const wrong = Object.fromEntries(KINDS.map((kind) => [kind, 0]));
  const examples = [];
  const note = (kind, chain, what) => {
    wrong[kind]++;
    if (examples.length < 20)
      examples.push(`${kind}: ${chain.story.join(',')} of one who is ${chain.patient.kind}: ${what}`);
  };
  const jobs = new Map();
  const all = [];
  for (let after; ; ) {
    const page = await store.jobs.list(DMP_QUEUE, {}, 2000, after);
    if (page.length === 0) break;
    for (const { id, body } of page) {
      const job = JSON.parse(body);
      const one = { id, job };
      all.push(one);
      if (job.work === 'provide') for (const each of [job.document, ...(job.alike ?? [])]) jobs.set(each, one);
    }
    after = page.at(-1).id;
  }
  const { registry } = simulator;
  const order = new Map([...registry.entries.keys()].map((entryUuid, i) => [entryUuid, i]));
  const states = {};
  for (const { id, job } of all) {
    states[job.state] = (states[job.state] ?? 0) + 1;
    const task = await store.read('Task', id);
    if (task === undefined || JSON.parse(task.text).said !== job.state) {
      note('task', { story: [job.state], patient: { kind: '' } }, `the Task of ${id}`);
    }
  }
  for (const chain of plan.chains) judgeChain(chain);
  judgeSets();

  function judgeChain(chain) {
    const { versions } = chain;
    const found = versions.map(({ uniqueId }) => jobs.get(uniqueId));
    if (found.some((one) => one === undefined)) return note('missing', chain, 'a document without a job');
    const wanted = expectation(chain);
    // What says the same is not sent: the version before stands for it.
    const said = found.at(-1).job;
    const end = said.sameAs === undefined ? said : all.find(({ id }) => id === said.sameAs).job;
    if (end.state !== wanted.last || end.hold !== wanted.hold) {
      note(
        'state',
        chain,
        `${end.state} ${end.hold ?? ''} for ${wanted.last} ${wanted.hold ?? ''} ${JSON.stringify(end.attempts)}`,
      );
    }
    const own = [...new Set(found)];
    for (const { job } of own) {
      if (job === end) continue;
      if (job.state !== 'superseded' && job.state !== 'deleted')
        note('state', chain, `an earlier version is ${job.state}`);
    }
    const there = [];
    for (const { job } of own) {
      const version = versions.find(({ uniqueId }) => uniqueId === job.document);
      const entries = registry.versionsOf(version.uniqueId);
      if (entries.length > 1) note('doubled', chain, `${entries.length} entries`);
      const [entry] = entries;
      if (job.deliveredAt !== undefined && entry === undefined) note('status', chain, `${job.state}, and not there`);
      if (entry === undefined) continue;
      there.push({ entry, version, job });
      const isBad = version.isBad && !chain.story.includes('mend');
      const { isBad: _, ...good } = version;
      const { cda } = documentOf(isBad ? version : good);
      if (!entry.bytes.equals(cda)) note('bytes', chain, 'other bytes');
      const title = entry.object.child('Name')?.child('LocalizedString')?.attributes.value;
      if (title !== version.title || !entry.patient.startsWith(version.ins)) note('metadata', chain, `title ${title}`);
      const status = entry.status.split(':').at(-1);
      const right = { Approved: ['delivered'], Deprecated: ['superseded', 'deleted'], Deleted: ['deleted'] }[status];
      if (!right?.includes(job.state)) note('status', chain, `${job.state} here, ${status} there`);
      if (status === 'Deprecated' && job.state === 'deleted' && job.deliveredAt !== undefined)
        note('status', chain, 'deleted here alone');
    }
    if (there.filter(({ entry }) => entry.status.endsWith('Approved')).length > 1)
      note('chain', chain, 'two current versions');
    for (const [i, one] of there.entries()) {
      const next = there[i + 1];
      if (next === undefined) continue;
      if (order.get(next.entry.entryUuid) < order.get(one.entry.entryUuid))
        note('overtaken', chain, 'a replacement came first');
      const links = registry.associations.filter(({ type, target }) => type === RPLC && target === one.entry.entryUuid);
      const isReplaced = links.length === 1 && links[0].source === next.entry.entryUuid;
      if (one.entry.status.endsWith('Deleted') ? links.length > 0 : !isReplaced)
        note('chain', chain, `${links.length} replacements`);
    }
  }

  /** Each set is one document with its signature, or one deletion: nothing came twice under another number. */
  function judgeSets() {
    const bySet = new Map();
    for (const entry of registry.entries.values()) bySet.set(entry.set, (bySet.get(entry.set) ?? 0) + 1);
    for (const count of bySet.values()) {
      if (count !== 2) note('signature', { story: [], patient: { kind: '' } }, `${count} entries in a set`);
    }
    for (const { ins, from, to } of windows) {
      const late = received.filter((one) => one.ins === ins && one.at > from && one.at < to);
      for (const { at } of late)
        note('opposition', { story: [], patient: { kind: 'opposed' } }, `taken ${at - from} ms after it was known`);
    }
  }
  return { wrong, examples, states, jobs: all.length };
}
