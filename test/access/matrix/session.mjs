/** A server with the invented EHPAD in it, whose callers are named by a header below authentication. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from '../../../dist/app.js';
import { readSettings } from '../../../dist/config.js';
import { Statement } from './statement.mjs';
import { CALLERS, HOME, makeWorld } from './world.mjs';

const FHIR = 'application/fhir+json';
const nameOf = ({ resourceType, id }) => `${resourceType}/${id}`;

/** The set for an EHPAD, with the walls of this one. */
function policiesIn(folder) {
  const own = new URL('../../../policies/ehpad.json', import.meta.url);
  const file = join(folder, 'policies.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(own, 'utf8')), walls: [HOME] }));
  return file;
}

export class Session {
  static async open(store, seed, more = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'passerelle-access-'));
    const lines = [];
    const settings = { PORT: '0', HOST: '127.0.0.1', STORE: store, POLICIES: policiesIn(folder), ...more };
    const server = await createServer(readSettings(settings, {}), { write: (line) => lines.push(line) });
    server.app.addHook('onRequest', async (request) => {
      const name = request.headers['x-test-caller'];
      if (name !== undefined) request.caller = CALLERS[name];
    });
    const session = new Session(await server.listen(), server, folder, lines);
    await session.#fill(makeWorld(seed));
    return session;
  }

  constructor(base, server, folder, lines) {
    this.base = base;
    this.server = server;
    this.folder = folder;
    this.lines = lines;
    this.records = new Map();
    this.gone = new Map();
    this.versions = new Map();
    this.statement = new Statement(() => this.live());
  }

  live() {
    return [...this.records.values()];
  }
  deleted() {
    return [...this.gone.values()];
  }
  secretOf(resource) {
    return this.world.secretOf(resource);
  }

  async #fill(world) {
    this.world = world;
    for (const one of world.all) await this.put(one);
    for (const one of world.all) {
      if (!/^(weight|masked)-\d$/.test(one.id)) continue;
      // Once nobody had masked it.
      if (one.id.startsWith('masked')) await this.put({ ...one, securityLabel: one.securityLabel.slice(0, 1) });
      await this.put(one);
    }
    for (const [resourceType, more] of [
      ['Observation', { status: 'final', code: { text: 'x' }, subject: { reference: 'Patient/resident-0' } }],
      ['Questionnaire', { status: 'draft' }],
      ['Group', { type: 'person', actual: true }],
      [
        'Appointment',
        { status: 'proposed', participant: [{ actor: { reference: 'Patient/resident-0' }, status: 'accepted' }] },
      ],
    ]) {
      const one = { resourceType, id: 'deleted', ...more };
      await this.put(one);
      await this.call({ method: 'DELETE', path: `/${nameOf(one)}` });
      this.records.delete(nameOf(one));
      this.gone.set(nameOf(one), one);
    }
  }

  /** By the server itself, whom nobody restricts. */
  async put(resource) {
    const answer = await this.call({ method: 'PUT', path: `/${nameOf(resource)}`, body: resource });
    if (answer.status > 201) throw new Error(`PUT ${nameOf(resource)} gave ${answer.status}: ${answer.text}`);
    this.records.set(nameOf(resource), resource);
    this.versions.set(nameOf(resource), (this.versions.get(nameOf(resource)) ?? 0) + 1);
  }

  async call({ caller, method, path, body, form, type = FHIR, headers = {} }) {
    const glass = caller === undefined ? undefined : CALLERS[caller].glass;
    const text = form ?? (body && JSON.stringify(body));
    const response = await fetch(path.startsWith('http') ? path : this.base + path, {
      method,
      headers: {
        accept: FHIR,
        ...(caller && { 'x-test-caller': caller }),
        ...(glass && { 'break-glass': encodeURIComponent(glass) }),
        ...(text && { 'content-type': form === undefined ? type : 'application/x-www-form-urlencoded' }),
        ...headers,
      },
      ...(text && { body: text }),
    });
    const answer = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '') && answer !== '';
    return {
      status: response.status,
      headers: response.headers,
      text: answer,
      json: isJson ? JSON.parse(answer) : undefined,
    };
  }

  async close() {
    await this.server.close();
    rmSync(this.folder, { recursive: true });
  }
}
