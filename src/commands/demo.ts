/**
 * `passerelle demo`: a DUI pushes a resident's record over HTTP to a throw-away server and reads it back. Every answer
 * is shown in a few lines and checked: the command fails when one is not as told.
 */
import { readFileSync } from 'node:fs';
import type {
  Bundle,
  DocumentReference,
  OperationOutcome,
  Parameters,
  Patient,
  Resource,
  Task,
} from '@medplum/fhirtypes';
import { createServer } from '../app.js';
import { readSettings } from '../config.js';
import { demoDmp } from './demo-dmp.js';

const FIXTURES = new URL('../../fixtures/', import.meta.url);

interface Story {
  file: string;
  method: 'PUT' | 'POST';
  title_en: string;
  /** This one is refused, and the answer says why. */
  rejected?: boolean;
}

interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

class NotAsTold extends Error {}

function check(holds: boolean, what: string): void {
  if (!holds) throw new NotAsTold(what);
}

function fixture(name: string): string {
  return readFileSync(new URL(name, FIXTURES), 'utf8');
}

export async function demo(): Promise<number> {
  const dmp = await demoDmp();
  const server = await createServer(
    readSettings({ PORT: '0', HOST: '127.0.0.1', STORE: 'memory:', LOG_LEVEL: 'silent', DMP: dmp.file }, {}),
  );
  const base = await server.listen();
  const call = async (
    method: string,
    path: string,
    body?: string,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/fhir+json' }), ...headers },
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  try {
    console.log(`A throw-away server listens on ${base}\n`);
    await tell(call);
    await deliver(call, dmp.held);
    console.log('\nAll as told. The server stops; nothing is kept.');
    return 0;
  } catch (error) {
    if (!(error instanceof NotAsTold)) throw error;
    console.error(`\nNot as told: ${error.message}`);
    return 1;
  } finally {
    await server.close();
    await dmp.close();
  }
}

type Call = (method: string, path: string, body?: string, headers?: Record<string, string>) => Promise<Answer>;

async function tell(call: Call): Promise<void> {
  const stories = JSON.parse(fixture('manifest.json')) as Story[];
  console.log('1. The DUI pushes the record');
  for (const story of stories.filter((s) => s.rejected !== true)) await push(story, call);
  console.log('\n2. A resource that is wrong is refused, with what would mend it');
  const rejected = stories.filter((s) => s.rejected === true);
  check(rejected.length > 0, 'the fixtures hold a resource to refuse');
  for (const story of rejected) await refuse(story, call);
  const patient = JSON.parse(fixture('patient-ins.json')) as Patient;
  await find(patient, call);
  await readLetter(call);
  await change(patient, call);
}

async function push(story: Story, call: Call): Promise<void> {
  const text = fixture(story.file);
  const resource = JSON.parse(text) as Resource;
  const path = story.method === 'PUT' ? `/${resource.resourceType}/${resource.id}` : `/${resource.resourceType}`;
  const answer = await call(story.method, path, text);
  console.log(`   ${story.method} ${path} -> ${answer.status} ${answer.headers.get('etag') ?? ''}  ${story.title_en}`);
  check(answer.status === 201, `${story.file} is created (got ${answer.status}: ${answer.text.slice(0, 400)})`);
}

async function refuse(story: Story, call: Call): Promise<void> {
  const text = fixture(story.file);
  const { resourceType } = JSON.parse(text) as Resource;
  const answer = await call('POST', `/${resourceType}`, text);
  console.log(`   POST /${resourceType} -> ${answer.status}  ${story.title_en}`);
  check(answer.status === 422, `${story.file} is refused with 422 (got ${answer.status})`);
  const outcome = JSON.parse(answer.text) as OperationOutcome;
  const errors = outcome.issue.filter((issue) => issue.severity === 'error');
  check(errors.length > 0 && errors.every((issue) => issue.expression !== undefined), 'each error names its element');
  for (const issue of errors) console.log(`     ${issue.expression?.[0]}: ${issue.details?.text}`);
}

async function find(patient: Patient, call: Call): Promise<void> {
  console.log('\n3. Another service finds the resident by the INS (test identity)');
  const ins = patient.identifier?.find((identifier) => identifier.use === 'official');
  const answer = await call('GET', `/Patient?identifier=${encodeURIComponent(`${ins?.system}|${ins?.value}`)}`);
  const bundle = JSON.parse(answer.text) as Bundle<Patient>;
  const found = bundle.entry?.map((entry) => entry.resource);
  console.log(`   GET /Patient?identifier=<INS> -> ${answer.status}  total ${bundle.total}`);
  check(
    answer.status === 200 && found?.length === 1 && found[0]?.id === patient.id,
    'the search finds the one resident',
  );
  const name = found?.[0]?.name?.[0];
  console.log(`     ${found?.[0]?.id}: ${name?.given?.join(' ')} ${name?.family}, born ${found?.[0]?.birthDate}`);
}

async function readLetter(call: Call): Promise<void> {
  console.log('\n4. The discharge letter is read back, as the bytes that came');
  const letter = JSON.parse(fixture('document-reference-letter.json')) as DocumentReference;
  const attachment = letter.content[0]?.attachment;
  const answer = await call('GET', `/${attachment?.url}`, undefined, { accept: 'application/pdf' });
  const size = Number(answer.headers.get('content-length'));
  console.log(`   GET /${attachment?.url} -> ${answer.status} ${answer.headers.get('content-type')}, ${size} bytes`);
  check(answer.status === 200 && answer.text.startsWith('%PDF-'), 'the letter is a PDF');
  check(size === attachment?.size, 'the letter has the size that its reference tells');
}

async function change(patient: Patient, call: Call): Promise<void> {
  console.log('\n5. The resident moves; the old version stays in the history');
  const path = `/Patient/${patient.id}`;
  const moved = {
    ...patient,
    address: [{ use: 'home', line: ['3 rue des Acacias'], city: 'Nantes', postalCode: '44000' }],
  };
  const update = await call('PUT', path, JSON.stringify(moved), { 'if-match': 'W/"1"' });
  console.log(`   PUT ${path} If-Match: W/"1" -> ${update.status} ${update.headers.get('etag')}`);
  check(update.status === 200, 'the update is taken');
  const late = await call('PUT', path, JSON.stringify(moved), { 'if-match': 'W/"1"' });
  console.log(`   PUT ${path} If-Match: W/"1" again -> ${late.status}  (somebody was faster)`);
  check(late.status === 412, 'a late update is refused');
  const history = JSON.parse((await call('GET', `${path}/_history`)).text) as Bundle<Patient>;
  console.log(`   GET ${path}/_history -> ${history.total} versions`);
  for (const { resource, request } of history.entry ?? []) {
    console.log(
      `     version ${resource?.meta?.versionId}: ${request?.method}, lives in ${resource?.address?.[0]?.city}`,
    );
  }
  check(history.entry?.length === 2, 'the history holds both versions');
}

/** Tries of a tenth of a second. */
const TRIES = 300;

async function deliver(call: Call, held: () => number): Promise<void> {
  console.log('\n6. The letter went to the DMP, which is simulated here, and its Task tells');
  const letter = JSON.parse(fixture('document-reference-letter.json')) as DocumentReference;
  const path = `/DocumentReference/${letter.id}/$dmp-status`;
  let task: Task | undefined;
  for (let i = 0; i < TRIES && task?.status !== 'completed'; i++) {
    if (i > 0) await new Promise((done) => setTimeout(done, 100));
    const { parameter = [] } = JSON.parse((await call('GET', path)).text) as Parameters;
    task = parameter.find(({ name }) => name === 'task')?.resource as Task | undefined;
  }
  const state = task?.businessStatus?.coding?.[0]?.code;
  const attempts = task?.output?.find(({ type }) => type.coding?.[0]?.code === 'attempts')?.valueInteger;
  console.log(`   GET ${path} -> Task ${task?.status}, ${state} after ${attempts} attempt(s); the DMP holds ${held()}`);
  check(state === 'delivered' && held() === 1, `the letter is delivered (${JSON.stringify(task?.output)})`);
}
