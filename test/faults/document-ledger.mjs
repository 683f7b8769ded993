/** Clients that file documents (ITI-65), and note what was acknowledged and what they do not know the outcome of. */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { pdf, provideBundle } from '../../fixtures/documents/provide-bundle.mjs';
import { ask, settle } from './ledger.mjs';

const PAUSE = 20;
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const search = (master) => `/DocumentReference?identifier=${encodeURIComponent(`urn:ietf:rfc:3986|${master}`)}`;

export class DocumentLedger {
  acknowledged = [];
  unknown = [];
  pairs = [];
  lastSent = 0;
  patient;

  /** Files one after the other; every other one replaces that before it. */
  async writer(server, until) {
    this.patient ??= settle(server.base, 'POST', '/Patient', {
      resourceType: 'Patient',
      name: [{ family: 'Ar Bras' }],
    });
    const patient = `Patient/${JSON.parse((await this.patient).text).id}`;
    let last;
    while (!until.now) {
      // Some are kept in the text of their Binary, others apart.
      const bytes = pdf(Math.random() < 0.3 ? 2000 : 60_000);
      const masterIdentifier = `urn:uuid:${randomUUID()}`;
      const replaces = last;
      const options = { patient, bytes, masterIdentifier, ...(replaces !== undefined && { replaces }) };
      const sent = performance.now();
      const answer = await ask(server.base, 'POST', '', provideBundle('discharge-letter', options));
      const what = { master: masterIdentifier, hash: sha256(bytes), ...(replaces !== undefined && { replaces }) };
      last = undefined;
      if (answer === undefined) {
        this.unknown.push(what);
        await sleep(PAUSE);
      } else if (answer.status === 200) {
        this.lastSent = Math.max(this.lastSent, sent);
        this.acknowledged.push(what);
        const place = JSON.parse(answer.text).entry[1].response.location;
        last = replaces === undefined ? place.replace(/^.*\/fhir\/|\/_history.*$/g, '') : undefined;
      } else throw new Error(`a document was refused with ${answer.status}: ${answer.text.slice(0, 300)}`);
    }
  }

  /** What is lost, and what is there only in part. */
  async check({ base }) {
    const found = { lost: 0, doubled: 0, half: 0 };
    for (const what of this.acknowledged.splice(0)) {
      const state = await this.state(base, what);
      if (state === 'doubled') found.doubled++;
      else if (state === 'half') found.half++;
      else if (state !== 'whole') found.lost++;
    }
    for (const what of this.unknown.splice(0)) {
      const state = await this.state(base, what);
      if (state === 'doubled') found.doubled++;
      else if (state === 'half') found.half++;
    }
    // Nothing of a lot is there without the rest.
    const count = async (query) => JSON.parse((await settle(base, 'GET', `${query}_summary=count`)).text).total;
    const [documents, contents, sets] = [
      await count('/DocumentReference?'),
      await count('/Binary?'),
      await count('/List?code=submissionset&'),
    ];
    if (documents !== contents || documents !== sets) found.half++;
    return found;
  }

  async state(base, { master, hash, replaces }) {
    const { entry = [] } = JSON.parse((await settle(base, 'GET', search(master))).text);
    const old = replaces === undefined ? undefined : JSON.parse((await settle(base, 'GET', `/${replaces}`)).text);
    if (entry.length > 1) return 'doubled';
    if (entry.length === 0) return old === undefined || old.status === 'current' ? 'none' : 'half';
    const [{ resource }] = entry;
    const content = await fetch(`${base}/${resource.content[0].attachment.url}`);
    const bytes = Buffer.from(await content.arrayBuffer());
    const { total } = JSON.parse(
      (await settle(base, 'GET', `/List?item=DocumentReference/${resource.id}&_summary=count`)).text,
    );
    const isWhole = content.status === 200 && sha256(bytes) === hash && total === 1;
    return isWhole && (old === undefined || old.status === 'superseded') ? 'whole' : 'half';
  }
}
