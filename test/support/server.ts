/** A listening server for black-box tests, on any store, with a small HTTP client. */
import { Writable } from 'node:stream';
import { createServer, type Server } from '../../src/app.js';
import { readSettings, type SettingName } from '../../src/config.js';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The body parsed; `undefined` when it is empty. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  json: any;
}

export interface TestServer {
  base: string;
  server: Server;
  /** The log lines so far. */
  log(): string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

/** `body`: text and bytes go as they are, anything else as JSON. Content type is FHIR JSON unless told. */
export async function startServer(settings: Partial<Record<SettingName, string>> = {}): Promise<TestServer> {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const server = await createServer(
    readSettings({ PORT: '0', HOST: '127.0.0.1', STORE: 'memory:', ...settings }, {}),
    sink as never,
  );
  const base = await server.listen();
  return {
    base,
    server,
    log: () => lines.join(''),
    async call(method, path, body, headers = {}) {
      const isText = typeof body === 'string' || body instanceof Uint8Array;
      const response = await fetch(path.startsWith('http') ? path : base + path, {
        method,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/fhir+json' }), ...headers },
        ...(body === undefined ? {} : { body: (isText ? body : JSON.stringify(body)) as never }),
      });
      const text = await response.text();
      const isJson = /json/.test(response.headers.get('content-type') ?? '') && text !== '';
      return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
    },
    close: () => server.close(),
  };
}

/** An invented person; `more` replaces members. */
export function patient(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    resourceType: 'Patient',
    active: true,
    identifier: [{ system: 'urn:oid:1.2.250.1.999.1', value: 'IPP-0001' }],
    name: [{ use: 'official', family: 'Kérouédan', given: ['Jeanne-Marie'] }],
    gender: 'female',
    birthDate: '1938-02-11',
    ...more,
  };
}
