/** What tests of the sharing of documents have in common. */
import type { Test } from 'tap';
import type { SettingName } from '../../src/config.js';
import { type Answer, startServer, type TestServer } from './server.js';

export interface Sharing extends TestServer {
  /** `Patient/...` of another one each time. */
  patient(): Promise<string>;
  /** Posts a Bundle to the base. */
  provide(bundle: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** `Type/id` of each entry of a transaction-response. */
  placesOf(answer: Answer): string[];
  count(search: string): Promise<number>;
  /** Refused with a status and an error; nothing of it is stored. */
  refuses(t: Test, bundle: unknown, status: number, code: string, expression?: string): Promise<void>;
}

export const codesOf = ({ json }: Answer): string[] =>
  (json?.issue ?? []).map((issue: { details?: { coding?: { code: string }[] } }) => issue.details?.coding?.[0]?.code);

let number = 0;

export async function sharing(t: Test, settings: Partial<Record<SettingName, string>>): Promise<Sharing> {
  const s = await startServer(settings);
  t.teardown(() => s.close());
  const count = async (search: string) =>
    (await s.call('GET', `/${search}${search.includes('?') ? '&' : '?'}_summary=count`)).json.total as number;
  const total = async () =>
    (await Promise.all(['DocumentReference', 'Binary', 'List', 'Patient'].map(count))).reduce((a, b) => a + b, 0);
  const provide = (bundle: unknown, headers: Record<string, string> = {}) => s.call('POST', '', bundle, headers);
  return {
    ...s,
    provide,
    count,
    async patient() {
      const value = `IPP-${++number}-${process.pid}`;
      const body = { identifier: [{ system: 'urn:oid:1.2.250.1.999.1', value }], name: [{ family: 'Kerouedan' }] };
      const { json } = await s.call('POST', '/Patient', { resourceType: 'Patient', ...body });
      return `Patient/${json.id}`;
    },
    placesOf: ({ json }) =>
      json.entry.map(
        ({ response }: { response: { location?: string } }) =>
          response.location?.split('/fhir/')[1]?.replace(/\/_history.*/, '') ?? '',
      ),
    async refuses(t, bundle, status, code, expression) {
      const before = await total();
      const answer = await provide(bundle);
      t.equal(answer.status, status, `${code}: ${answer.text.slice(0, 1000)}`);
      t.ok(codesOf(answer).includes(code), `${code} among ${codesOf(answer)}`);
      if (expression !== undefined) {
        const issue = answer.json.issue.find(
          (one: { details?: { coding: { code: string }[] } }) => one.details?.coding[0]?.code === code,
        );
        t.equal(issue?.expression?.[0], expression, code);
      }
      t.equal(await total(), before, 'nothing of it is stored');
    },
  };
}
