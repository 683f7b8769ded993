/**
 * A DMP for tests: /patients, /repository and /registry, as strict as what is known of the real one, with what it holds at
 * /state and faults on demand at /script. Written from the wire, apart from the client, so that it can disagree with it;
 * they share the parser of XML, the code tables and the canonical form, each proved elsewhere.
 */
import { X509Certificate } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  type About,
  existenceResponse,
  fault,
  queryResponse,
  type Reply,
  registryResponse,
  reply,
  retrieveResponse,
} from './answers.js';
import { type Kind, type Message, readMessage } from './message.js';
import { answerQuery, retrieve } from './queries.js';
import { Faulted, Refused } from './refusal.js';
import { Registry } from './registry.js';
import { Script, type ScriptedFault } from './script.js';
import { judgeVihf, type Trust, type Vihf } from './vihf.js';

export interface SimulatorOptions {
  /** PEM of the certificates that sign, or of those who certify them. */
  readonly trusted: readonly string[];
  /** Struct_IdNat that are known; all unless given. */
  readonly structures?: readonly string[];
  /** What a patient's DMP is, by `INS|OID`; active unless it says otherwise. */
  readonly dmpOf?: (patient: string) => 'active' | 'closed' | 'none';
  readonly allowHiddenFromAll?: boolean;
  /** OID of the repository. */
  readonly repository?: string;
  readonly now?: () => number;
  readonly seed?: number;
  /** Bytes of a request. */
  readonly size?: number;
}
/** What became of the requests: `ITI-41 Success`, `ITI-41 XDSRegistryBusy`, `fault InvalidSecurityToken`. */
export type Counts = Readonly<Record<string, number>>;

const HL7 = 'urn:hl7-org:v3';
const SILENT = ['time-out-before', 'time-out-after'];

export class DmpSimulator {
  readonly registry: Registry;
  readonly script: Script;
  readonly repository: string;
  readonly #trust: Trust;
  readonly #dmpOf: (patient: string) => 'active' | 'closed' | 'none';
  readonly #now: () => number;
  readonly #size: number;
  readonly #counts = new Map<string, number>();
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor(options: SimulatorOptions) {
    const { structures, dmpOf = () => 'active', now = Date.now, allowHiddenFromAll = false } = options;
    this.#trust = {
      certificates: options.trusted.map((pem) => new X509Certificate(pem)),
      ...(structures === undefined ? {} : { structures: new Set(structures) }),
    };
    this.#dmpOf = dmpOf;
    this.#now = now;
    this.#size = options.size ?? 128 * 2 ** 20;
    this.repository = options.repository ?? '1.2.250.1.213.4.1.1.1.2';
    this.script = new Script(options.seed);
    this.registry = new Registry({ trust: this.#trust, allowHiddenFromAll, now, dmpOf });
  }

  get counts(): Counts {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => a.localeCompare(b)));
  }

  /** Listens on this machine only; gives the base of its addresses. `port` 0 is any that is free. */
  async listen(port = 0): Promise<string> {
    const server = createServer((request, response) => void this.#handle(request, response));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server = server;
    await new Promise<void>((done, failed) => {
      server.once('error', failed);
      server.listen(port, '127.0.0.1', done);
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Cuts what is open: to a sender, a DMP that is gone. What it holds stays, and it may listen again. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((done) => server.close(done));
  }

  #count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    try {
      if (request.method === 'GET') return this.#page(path, response);
      const raw = await this.#bodyOf(request);
      if (raw === undefined) {
        response.writeHead(413).end();
        return;
      }
      if (path === '/script') return this.#extend(raw, response);
      await this.#transact(path, request.headers['content-type'] ?? '', raw, response);
    } catch (error) {
      // The sender went away while it was sending.
      if (request.destroyed && !request.complete) return;
      this.#count('error of the simulator');
      response.writeHead(500).end(error instanceof Error ? error.name : '');
    }
  }

  async #bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request) {
      size += (chunk as Buffer).length;
      if (size > this.#size) return undefined;
      chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks);
  }

  /** Faults as a JSON array. */
  #extend(raw: Buffer, response: ServerResponse): void {
    try {
      this.script.add(...(JSON.parse(raw.toString('utf8')) as ScriptedFault[]));
      response.writeHead(204).end();
    } catch {
      response.writeHead(400).end();
    }
  }

  async #transact(path: string, contentType: string, raw: Buffer, response: ServerResponse): Promise<void> {
    let about: About = {};
    let message: Message | undefined;
    let answer: Reply;
    let scripted: ScriptedFault | undefined;
    try {
      message = readMessage(path, contentType, raw);
      about = { messageId: message.messageId, action: `${message.action}Response` };
      scripted = this.script.take(message.kind);
      if (scripted?.fault === 'drop') {
        this.#count(`${message.kind} drop`);
        response.destroy();
        return;
      }
      if (scripted?.fault === 'time-out-before') return void this.#count(`${message.kind} time-out-before`);
      if (scripted?.fault === 'http') {
        this.#count(`${message.kind} HTTP ${scripted.status ?? 503}`);
        response.writeHead(scripted.status ?? 503, { 'Content-Type': 'text/html' }).end('<html></html>');
        return;
      }
      answer = this.#answer(message, about, scripted);
    } catch (error) {
      if (!(error instanceof Faulted)) throw error;
      this.#count(`fault ${error.subcode}`);
      answer = reply(fault(error), about, path === '/repository' ? [] : undefined, 500);
    }
    await this.#send(answer, scripted, message?.kind, response);
  }

  async #send(answer: Reply, scripted: ScriptedFault | undefined, kind: Kind | undefined, response: ServerResponse) {
    const name = scripted?.fault;
    if (name !== undefined && (SILENT.includes(name) || name === 'cut-after')) {
      this.#count(`${kind} ${name}`);
      if (name === 'cut-after') response.destroy();
      return;
    }
    if (name === 'slow') await new Promise((done) => setTimeout(done, scripted?.delay ?? 1000));
    const isFaulty = name === 'faulty-multipart';
    const type = isFaulty ? 'multipart/related; boundary="none"; type="application/xop+xml"' : answer.contentType;
    const body = isFaulty ? answer.body.subarray(0, Math.floor(answer.body.length / 2)) : answer.body;
    response.writeHead(answer.status, { 'Content-Type': type, 'Content-Length': body.length }).end(body);
  }

  /** Judges and does. Throws `Faulted`; what is refused is an answer. */
  #answer(message: Message, about: About, scripted: ScriptedFault | undefined): Reply {
    const vihf = judgeVihf(message.assertion, message.assertionText, this.#trust, this.#now());
    if (scripted?.fault === 'bad-certificate')
      throw new Faulted('DMPInvalidCertificate', 'certificat de structure refusé');
    const { kind } = message;
    try {
      const refused = scriptedRefusal(scripted);
      if (refused !== undefined) throw refused;
      const answer = this.#do(message, vihf, about);
      this.#count(`${kind} Success`);
      return answer;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#count(`${kind} ${error.code}`);
      if (kind === 'ITI-18') return reply(queryResponse(error), about);
      return reply(registryResponse([error]), about, kind === 'ITI-41' ? [] : undefined);
    }
  }

  #do(message: Message, vihf: Vihf, about: About): Reply {
    const { registry, repository } = this;
    switch (message.kind) {
      case 'ITI-41':
        registry.provide(message, vihf);
        return reply(registryResponse(), about, []);
      case 'ITI-57':
        registry.update(message, vihf);
        return reply(registryResponse(), about);
      case 'ITI-18':
        return reply(queryResponse(answerQuery(registry, message, vihf, repository)), about);
      case 'ITI-43': {
        const { found, errors } = retrieve(registry, message, vihf, repository);
        const { body, parts } = retrieveResponse(found, errors, repository);
        return reply(body, about, parts);
      }
      case 'TD0.2': {
        const action = 'urn:hl7-org:v3:PRPA_IN201308UV02';
        const { root, extension } = message.body.find('patientIdentifier', HL7)?.child('value')?.attributes ?? {};
        if (`${extension}|${root}` !== vihf.patient)
          throw new Faulted('InvalidSecurityToken', 'VIHF : resource-id n’est pas le patient');
        return reply(existenceResponse(message.body, this.#dmpOf(vihf.patient)), { ...about, action });
      }
    }
  }

  /** What is held: no bytes, no names. */
  state() {
    const documents = [...this.registry.entries.values()].map(
      ({ entryUuid, lid, version, status, uniqueId, structure, set, hash, bytes }) => ({
        entryUuid,
        lid,
        version,
        status: status.split(':').at(-1),
        uniqueId,
        structure,
        set,
        hash,
        size: bytes.length,
      }),
    );
    return { counts: this.counts, faultsToCome: this.script.left, sets: this.registry.sets.size, documents };
  }

  #page(path: string, response: ServerResponse): void {
    if (path === '/state') {
      response.writeHead(200, { 'Content-Type': 'application/json; charset=UTF-8' }).end(JSON.stringify(this.state()));
      return;
    }
    if (path !== '/') {
      response.writeHead(404).end();
      return;
    }
    const { counts, documents, sets } = this.state();
    const rows = (cells: readonly (readonly (string | number | undefined)[])[]): string =>
      cells.map((row) => `<tr>${row.map((one) => `<td>${one}</td>`).join('')}</tr>`).join('');
    const recent = documents.slice(-100).reverse();
    const page = `<!doctype html><html lang="fr"><meta charset="utf-8"><title>DMP simulé</title><h1>DMP simulé</h1><p>${documents.length} documents, ${sets} lots.</p><table>${rows(Object.entries(counts))}</table><h2>Les derniers</h2><table>${rows(recent.map((one) => [one.uniqueId, one.version, one.status, one.size, one.structure]))}</table></html>`;
    response.writeHead(200, { 'Content-Type': 'text/html; charset=UTF-8' }).end(page);
  }
}

function scriptedRefusal(scripted: ScriptedFault | undefined): Refused | undefined {
  const context = scripted?.context;
  switch (scripted?.fault) {
    case 'busy':
      return new Refused('XDSRegistryBusy', context ?? 'registre occupé');
    case 'metadata-error':
      return new Refused('XDSRegistryMetadataError', context ?? 'typeCode : valeur inconnue');
    case 'duplicate':
      return new Refused('XDSDuplicateUniqueIdInRegistry', context ?? 'lot déjà connu');
    case 'stale':
      return new Refused('XDSRegistryDeprecatedDocumentError', context ?? 'cible déjà remplacée');
    default:
      return undefined;
  }
}
