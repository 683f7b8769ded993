/** The client against a server that answers as told: what is certain of a sending, and what is done about it. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import t, { type Test } from 'tap';
import { writeCda } from '../../src/dmp/cda/write.js';
import { DmpClient, type Outcome } from '../../src/dmp/client.js';
import { codeTables } from '../../src/dmp/codes/tables.js';
import { decide, ERROR_TABLE } from '../../src/dmp/decision.js';
import type { DocumentHeader } from '../../src/dmp/document.js';
import { headerOfFhir } from '../../src/dmp/from-fhir/header.js';
import { type Prepared, prepare } from '../../src/dmp/prepare.js';
import { type Credential, readCredential } from '../../src/dmp/signature/keys.js';
import { AUTOMATE } from '../../src/dmp/signature/vihf.js';
import { Connection, DEFAULT_LIMITS, type Limits, WrongEndpoint } from '../../src/dmp/soap/http.js';
import { readMultipart, UnreadableMultipart, writeMultipart } from '../../src/dmp/soap/mime.js';
import { readXml } from '../../src/dmp/xml/read.js';
import { certify, folder } from '../support/certificates.mjs';
import { letter, pdfBytes, RULES } from '../support/dmp.js';

const authority = certify('AC de test', { isAuthority: true });
const file = folder();
async function credential(name: string): Promise<Credential> {
  const made = certify(name, { issuer: authority });
  return readCredential({
    certificate: file(`${name}.pem`, made.certificatePem),
    key: file(`${name}.key`, made.keyPem),
  });
}
const signer = await credential('cachet');
const caller = {
  signer,
  identity: {
    structureId: '1440000000',
    sector: 'SA17^1.2.250.1.71.4.2.4',
    nameId: '3440000000/passerelle',
    subjectName: 'Passerelle, automate, essais',
    roles: [AUTOMATE],
    software: { name: 'Passerelle', version: '0', homologation: 'x' },
  },
};
const devices = { sender: '2.999.4217', receiver: '1.2.250.1.213.4.1.1.1' };

function prepared(): Prepared {
  const header = headerOfFhir(letter(), RULES).header as DocumentHeader;
  const contentType = codeTables().contentType.byCode('11') as NonNullable<
    ReturnType<ReturnType<typeof codeTables>['contentType']['byCode']>
  >;
  const submission = { uniqueId: '2.999.1', sourceId: '2.999.4217', time: 1_790_000_000_000, contentType };
  return prepare(
    { header, cda: writeCda(header, pdfBytes(), 'application/pdf'), submission, signatureId: '2.999.2' },
    signer,
  );
}

const LIMITS: Limits = { ...DEFAULT_LIMITS, connect: 500, answer: 800 };
/** A server for one test; what it got is what `answer` sees. */
async function served(t: Test, answer: RequestListener, limits: Partial<Limits> = {}) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise((done) => server.once('listening', done));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const connection = new Connection(base, undefined, undefined, { ...LIMITS, ...limits });
  t.teardown(() => {
    connection.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return new DmpClient(connection, caller, { devices });
}
async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
const SOAP = 'http://www.w3.org/2003/05/soap-envelope';
const soap = (body: string, relatesTo = '') =>
  `<s:Envelope xmlns:s="${SOAP}" xmlns:a="http://www.w3.org/2005/08/addressing"><s:Header>${relatesTo && `<a:RelatesTo>${relatesTo}</a:RelatesTo>`}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;
const registryResponse = (status: string, ...errors: string[]) =>
  `<rs:RegistryResponse xmlns:rs="urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0" status="urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:${status}"><rs:RegistryErrorList>${errors.join('')}</rs:RegistryErrorList></rs:RegistryResponse>`;
const registryError = (code: string, context = '', severity = 'Error') =>
  `<rs:RegistryError errorCode="${code}" codeContext="${context}" severity="urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:${severity}"/>`;
const answering =
  (body: string, status = 200, type = 'application/soap+xml; charset=UTF-8') =>
  async (request: IncomingMessage, response: ServerResponse) => {
    await bodyOf(request);
    response.writeHead(status, { 'Content-Type': type }).end(body);
  };
const told = (outcome: Outcome<unknown>, changes = true) => {
  const { action, because } = decide(outcome, changes);
  return `${outcome.kind} → ${action} (${because})`;
};

t.test('what goes is MTOM with all addressing headers, anew at each attempt', async (t) => {
  const seen: { type: string; body: Buffer }[] = [];
  const client = await served(t, async (request, response) => {
    seen.push({ type: request.headers['content-type'] ?? '', body: await bodyOf(request) });
    response.writeHead(200, { 'Content-Type': 'application/soap+xml' }).end(soap(registryResponse('Success')));
  });
  const one = prepared();
  t.match((await client.provide(one)).outcome, { kind: 'success', warnings: [] });
  await client.provide(one, 'urn:uuid:6f0a2c5e-93d8-4f9a-9b2e-2a8f1d3c7701');
  const roots = seen.map(({ type, body }) => {
    t.match(
      type,
      /^multipart\/related; boundary="[^"]+"; type="application\/xop\+xml"; start="<[^>]+>"; start-info="application\/soap\+xml"; action="urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"$/,
    );
    const { root, part } = readMultipart(type, body);
    const envelope = readXml(root.toString());
    const hrefs = [...root.toString().matchAll(/href="cid:([^"]+)"/g)].map(([, id]) => id ?? '');
    t.ok(part(hrefs[0] ?? '')?.equals(one.cda));
    t.ok(part(hrefs[1] ?? '')?.equals(one.lotSignature));
    t.same(
      envelope.child('Header')?.children.map(({ name, text }) => (name === 'MessageID' ? name : `${name} ${text}`)),
      [
        'Action urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b',
        'MessageID',
        `To ${envelope.child('Header')?.child('To', 'http://www.w3.org/2005/08/addressing')?.text}`,
        'ReplyTo ',
        'Security ',
      ],
    );
    return root.toString();
  });
  const id = (root: string | undefined) => /MessageID>([^<]+)/.exec(root ?? '')?.[1];
  const assertion = (root: string | undefined) => /saml2:Assertion [^>]*ID="([^"]+)/.exec(root ?? '')?.[1];
  t.not(id(roots[0]), id(roots[1]));
  t.not(assertion(roots[0]), assertion(roots[1]));
  t.match(roots[1], 'AssociationType:RPLC');
});

t.test('answers are read by what they are', async (t) => {
  const outcomeOf = async (listener: RequestListener) =>
    told((await (await served(t, listener)).provide(prepared())).outcome);
  const failure = (...errors: string[]) => answering(soap(registryResponse('Failure', ...errors)));
  const warning = registryError('XDSExtraMetadataNotSaved', 'Slot x', 'Warning');
  for (const [listener, expected] of [
    [answering(soap(registryResponse('Success', warning))), 'success → done (success)'],
    [failure(registryError('XDSRegistryBusy')), 'failure → retry (XDSRegistryBusy)'],
    [
      failure(warning, registryError('XDSRepositoryMetadataError', 'typeCode')),
      'failure → reject (XDSRepositoryMetadataError)',
    ],
    [
      failure(registryError('XDSRepositoryMetadataError', 'lot signature: bad')),
      'failure → operator (XDSRepositoryMetadataError)',
    ],
    [
      failure(registryError('XDSRegistryBusy'), registryError('XDSUnknownPatientId')),
      'failure → hold (XDSUnknownPatientId)',
    ],
    [failure(registryError('XDSDuplicateUniqueIdInRegistry')), 'failure → reconcile (XDSDuplicateUniqueIdInRegistry)'],
    [
      failure(registryError('XDSRegistryDeprecatedDocumentError')),
      'failure → reconcile (XDSRegistryDeprecatedDocumentError)',
    ],
    [failure(registryError('DMPNobodyKnows')), 'failure → retry (DMPNobodyKnows)'],
    [failure(), 'failure → retry (failure without an error)'],
    [
      answering(
        soap(
          '<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>DMPInvalidCertificate</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="fr">non</s:Text></s:Reason></s:Fault>',
        ),
        500,
      ),
      'fault → operator (fault DMPInvalidCertificate)',
    ],
    [
      answering(
        soap(
          '<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code><s:Reason><s:Text xml:lang="fr">PS et Structure non liés</s:Text></s:Reason></s:Fault>',
        ),
        500,
      ),
      'fault → operator (fault Receiver)',
    ],
    [
      answering(
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault><faultcode>soap:Server</faultcode><faultstring>panne</faultstring></soap:Fault></soap:Body></soap:Envelope>',
        500,
        'text/xml',
      ),
      'fault → retry (fault Receiver)',
    ],
    [answering('<html>', 503, 'text/html'), 'http → retry (HTTP 503)'],
    [answering('<html>', 504, 'text/html'), 'http → reconcile (HTTP 504)'],
    [answering('', 500), 'http → retry (HTTP 500)'],
    [answering('<html>', 413, 'text/html'), 'http → reject (HTTP 413)'],
    [answering('<html>', 404, 'text/html'), 'http → operator (HTTP 404)'],
    [answering('<html>', 200, 'text/html'), 'unknown → reconcile (unknown: unreadable)'],
    [answering(soap('<a/>')), 'unknown → reconcile (unknown: unreadable)'],
    [answering(soap(registryResponse('Success'), 'urn:uuid:another')), 'unknown → reconcile (unknown: unreadable)'],
    [answering('--b\r\n\r\n<', 200, 'multipart/related; boundary=b'), 'unknown → reconcile (unknown: unreadable)'],
    [answering(`<!DOCTYPE a>${soap('')}`), 'unknown → reconcile (unknown: unreadable)'],
  ] as const)
    t.equal(await outcomeOf(listener), expected);
});

t.test('what is not certain is told apart from what is', async (t) => {
  const nobody = new DmpClient(new Connection('http://127.0.0.1:9', undefined, undefined, LIMITS), caller, { devices });
  t.equal(told((await nobody.provide(prepared())).outcome), 'not-sent → retry (not sent: refused)');

  const silent = await served(t, async (request) => void (await bodyOf(request)));
  t.equal(told((await silent.provide(prepared())).outcome), 'unknown → reconcile (unknown: time-out)');
  t.equal(
    told((await silent.references({ root: '1.2', extension: '3' }, ['1.2.3'])).outcome, false),
    'unknown → retry (unknown: time-out)',
  );

  const resets = await served(t, async (request) => {
    await bodyOf(request);
    request.socket.destroy();
  });
  t.equal(told((await resets.provide(prepared())).outcome), 'unknown → reconcile (unknown: reset)');

  const half = await served(t, async (request, response) => {
    await bodyOf(request);
    response.writeHead(200, { 'Content-Type': 'application/soap+xml', 'Content-Length': 1000 });
    response.write('<s:Envelope', () => request.socket.destroy());
  });
  t.equal(told((await half.provide(prepared())).outcome), 'unknown → reconcile (unknown: reset)');

  const much = await served(t, answering('x'.repeat(5000)), { size: 1000 });
  t.equal(told((await much.provide(prepared())).outcome), 'unknown → reconcile (unknown: too-large)');

  // A body that does not fit in the buffers of a peer that reads nothing never left whole.
  const deaf = await served(t, (request) => void request.pause());
  const big = { ...prepared(), cda: Buffer.alloc(64 * 2 ** 20) };
  t.equal(told((await deaf.provide(big)).outcome), 'not-sent → retry (not sent: time-out)');
});

t.test('TLS is mutual, and its refusals are ours to mend', async (t) => {
  const host = certify('127.0.0.1', { issuer: authority, hosts: ['127.0.0.1'] });
  const stranger = certify('autre AC', { isAuthority: true });
  const server = createSecureServer(
    {
      key: host.keyPem,
      cert: host.certificatePem,
      ca: authority.certificatePem,
      requestCert: true,
      rejectUnauthorized: true,
    },
    answering(soap(registryResponse('Success'))),
  ).listen(0, '127.0.0.1');
  server.on('tlsClientError', () => undefined);
  t.teardown(() => server.close());
  await new Promise((done) => server.once('listening', done));
  const base = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const outcome = async (own: Credential, authorities: string) => {
    const connection = new Connection(base, own, authorities, LIMITS);
    t.teardown(() => connection.close());
    return told((await new DmpClient(connection, caller, { devices }).provide(prepared())).outcome);
  };
  const own = await credential('auth');
  t.equal(await outcome(own, authority.certificatePem), 'success → done (success)');
  t.match(await outcome(own, stranger.certificatePem), /^not-sent → operator \(not sent: /);
  const theirs = certify('inconnu', { issuer: stranger });
  const unknown = await readCredential({
    certificate: file('u.pem', theirs.certificatePem),
    key: file('u.key', theirs.keyPem),
  });
  // Node's server closes without an alert; what is certain all the same is that nothing was sent.
  t.equal(await outcome(unknown, authority.certificatePem), 'not-sent → retry (not sent: broken)');
  server.setSecureContext({
    key: host.keyPem,
    cert: host.certificatePem,
    ca: authority.certificatePem,
    minVersion: 'TLSv1.3',
  });
  t.match(await outcome(own, authority.certificatePem), /^not-sent → operator \(not sent: (ERR_SSL|EPROTO)/);

  t.throws(() => new Connection('http://dmp.example', undefined, undefined), WrongEndpoint);
  t.throws(() => new Connection('https://dmp.example', undefined, undefined), WrongEndpoint);
  t.throws(() => new Connection('ftp://127.0.0.1', undefined, undefined), WrongEndpoint);
});

t.test('answers that others wrote are understood', async (t) => {
  const fixture = (name: string) => readFileSync(new URL(`../../fixtures/dmp/${name}.xml`, import.meta.url), 'utf8');
  const patient = { root: '1.2.250.1.213.1.4.10', extension: '238024403611354' };
  const refused = await served(t, answering(fixture('iti41-failure')));
  // It answers another message than ours.
  t.match((await refused.provide(prepared())).outcome, { kind: 'unknown', reason: 'unreadable' });
  const found = await served(t, answering(fixture('iti18-entries')));
  t.match((await found.entries(patient, ['2.999.4217.55'])).outcome, {
    kind: 'success',
    value: { entries: [{ version: 2 }] },
  });
  const active = await served(t, answering(fixture('td02-active')));
  t.match((await active.existence(patient)).outcome, { kind: 'success', value: { state: 'active' } });
  const pdf = pdfBytes();
  const response = `<x:RetrieveDocumentSetResponse xmlns:x="urn:ihe:iti:xds-b:2007">${registryResponse('Success')}<x:DocumentResponse><x:RepositoryUniqueId>1.2</x:RepositoryUniqueId><x:DocumentUniqueId>1.3</x:DocumentUniqueId><x:mimeType>text/xml</x:mimeType><x:Document><i:Include xmlns:i="http://www.w3.org/2004/08/xop/include" href="cid:doc%401"/></x:Document></x:DocumentResponse></x:RetrieveDocumentSetResponse>`;
  const multipart = (id: string) =>
    writeMultipart(
      [
        { id: 'root', contentType: 'application/xop+xml', bytes: Buffer.from(soap(response)) },
        { id, contentType: 'text/xml', bytes: pdf },
      ],
      'b',
    );
  const type = 'Multipart/Related; boundary=b; type="application/xop+xml"; start="<root>"';
  const whole = await served(t, async (request, reply) => {
    await bodyOf(request);
    reply.writeHead(200, { 'Content-Type': type }).end(multipart('doc@1'));
  });
  const got = (await whole.retrieve(patient, [{ repository: '1.2', uniqueId: '1.3' }])).outcome;
  t.equal(got.kind, 'success');
  if (got.kind === 'success') t.ok(got.value[0]?.bytes.equals(pdf));
  const lacking = await served(t, async (request, reply) => {
    await bodyOf(request);
    reply.writeHead(200, { 'Content-Type': type }).end(multipart('other'));
  });
  t.match((await lacking.retrieve(patient, [])).outcome, { kind: 'unknown', reason: 'unreadable' });
});

t.test('a multipart is read strictly', async (t) => {
  const type = 'multipart/related; boundary="a b"; start="<r>"';
  const read = (text: string) => readMultipart(type, Buffer.from(text, 'latin1'));
  const good =
    'preamble\r\n--a b\r\nContent-ID: <x>\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--a b\r\nContent-ID: <r>\r\n\r\n\r\n--a\r\n\r\n--a b--\r\n';
  t.same(read(good).part('x'), Buffer.from([0, 1, 2]));
  t.equal(read(good).root.toString(), '\r\n--a\r\n');
  for (const bad of [
    good.replace('--a b--', '--a b'),
    good.replaceAll('<r>', '<q>'),
    good.replaceAll('<r>', '<x>'),
    good.replace('base64', 'quoted-printable'),
    '--a b\r\nContent-ID: <r>\r\nnothing',
    '',
  ])
    t.throws(() => read(bad), UnreadableMultipart);
  t.throws(() => readMultipart('multipart/related', Buffer.from(good)), UnreadableMultipart);
  t.throws(() => read(`${'--a b\r\n\r\n\r\n\r\n'.repeat(60)}--a b--`), UnreadableMultipart);
});

t.test('no code is twice in the table without a context that tells them apart', async (t) => {
  const plain = ERROR_TABLE.filter(({ context }) => context === undefined).map(({ code }) => code);
  t.equal(new Set(plain).size, plain.length);
});
