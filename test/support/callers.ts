/** A server whose callers are named by a header, below authentication. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { ANONYMOUS, type Caller } from '../../src/access/caller.js';
import { createServer, type Server } from '../../src/app.js';
import { readSettings, type SettingName } from '../../src/config.js';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  json: any;
}

export interface CalledServer {
  server: Server;
  base: string;
  /** `who` is a name of `callers`; '' is the server itself, whom nothing restricts. */
  call(who: string, method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Puts a resource as the server itself; it has to be taken. */
  put(resource: { resourceType: string; id: string }): Promise<void>;
}

export const professional = (roles: readonly string[], more: Partial<Caller> = {}): Caller => ({
  ...ANONYMOUS,
  kind: 'professional',
  roles: roles.map((code) => ({ code })),
  scopes: undefined,
  ...more,
});

export async function serverWith(
  t: Test,
  callers: Record<string, Caller>,
  policies: object | string,
  settings: Partial<Record<SettingName, string>> = {},
): Promise<CalledServer> {
  const file = join(t.testdir({}), 'policies.json');
  if (typeof policies !== 'string') await writeFile(file, JSON.stringify(policies));
  const POLICIES = typeof policies === 'string' ? policies : file;
  const all = { PORT: '0', HOST: '127.0.0.1', STORE: 'memory:', LOG_LEVEL: 'silent', POLICIES, ...settings };
  const server = await createServer(readSettings(all, {}));
  // One object for one caller, as for one token.
  for (const [name, caller] of Object.entries(callers)) callers[name] = { ...caller, id: name };
  server.app.addHook('onRequest', async (request) => {
    const name = request.headers['x-test-caller'] as string | undefined;
    if (name !== undefined) request.caller = callers[name];
  });
  const base = await server.listen();
  t.teardown(() => server.close());
  const call: CalledServer['call'] = async (who, method, path, body, headers = {}) => {
    const response = await fetch(path.startsWith('http') ? path : base + path, {
      method,
      headers: {
        ...(who !== '' && { 'x-test-caller': who }),
        ...(body !== undefined && { 'content-type': 'application/fhir+json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '') && text !== '';
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
  };
  return {
    server,
    base,
    call,
    async put(resource) {
      const { status, text } = await call('', 'PUT', `/${resource.resourceType}/${resource.id}`, resource);
      if (status > 201) throw new Error(`a PUT gave ${status}: ${text}`);
    },
  };
}
