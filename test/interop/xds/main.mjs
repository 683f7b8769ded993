/**
 * `npm run interop:xds [-- --port N]`: the client of the DMP against an XDS.b repository and registry that nobody of ours
 * wrote, which verifies the VIHF and the lot signature with Java's own XML signatures. One line a case: what is asked of
 * it, what came of it, and what the error table makes of that. Ends with 1 on a difference; skipped by name where Maven,
 * Java 17 or ../shared are not there.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { codeTables } from '../../../dist/dmp/codes/tables.js';
import { decide } from '../../../dist/dmp/decision.js';
import { whereabouts } from '../../../dist/dmp/whereabouts.js';
import { counterpart, lacking } from './counterpart.mjs';
import { asItIs, client, letter, prepared, replacing, signer, submission, withoutMtom } from './sender.mjs';

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
const REPOSITORY = '1.2.250.1.213.4.1.1.1.2';
const UNKNOWN_INS = '255069912345678'.slice(0, 13);

const absent = lacking();
if (absent !== undefined) {
  console.log(`interop:xds skipped: ${absent}`);
  process.exit(0);
}
const own = await signer('cachet');
const other = await signer('autre');
const strict = ['--require-vihf', '--require-mtom', '--require-wsa', '--require-lot-signature'];
const unknown = `${UNKNOWN_INS}${String(97n - (BigInt(UNKNOWN_INS) % 97n)).padStart(2, '0')}`;
const started = await counterpart(
  [...strict, '--trust', own.certificate, '--unknown-patient', unknown],
  Number(values.port),
);
if ('skip' in started) {
  console.log(`interop:xds skipped: ${started.skip}`);
  process.exit(0);
}
const { base, pid, state, stop } = started;

let differences = 0;
const line = (name, expected, got, time) => {
  const isGood = got === expected;
  if (!isGood) differences++;
  const cells = [isGood ? 'ok' : 'NO', name.padEnd(52), got.padEnd(64), `${time} ms`.padStart(8)];
  console.log(cells.join('  ') + (isGood ? '' : `\n    expected: ${expected}`));
};
const told = (outcome, changes) => {
  const { action } = decide(outcome, changes);
  const what = outcome.errors?.[0]?.code ?? outcome.fault?.subcode ?? outcome.fault?.code ?? outcome.reason ?? '';
  return `${outcome.kind}${what === '' ? '' : ` ${what}`} → ${action}`;
};
/** Runs a case that ends with an outcome; gives it. */
async function outcome(name, expected, run, changes = true) {
  const start = performance.now();
  const { outcome } = await run();
  line(name, expected, told(outcome, changes), Math.round(performance.now() - start));
  return outcome;
}
/** Runs a case that ends with words. */
async function told2(name, expected, run) {
  const start = performance.now();
  const got = await run();
  line(name, expected, String(got), Math.round(performance.now() - start));
}
const DONE = 'success → done';

const good = client(base, own.credential);
try {
  await accepted();
  await refused();
  await ambiguous();
} finally {
  good.close();
  stop();
}
console.log(differences === 0 ? 'no difference' : `${differences} differences`);
process.exitCode = differences === 0 ? 0 : 1;

async function current(patient, uniqueId) {
  const { outcome } = await good.references(patient, [uniqueId]);
  return outcome.kind === 'success' ? outcome.value.references : [];
}

async function accepted() {
  const first = letter();
  const patient = first.header.subject.ins;
  const sent = prepared(first, own.credential);
  await outcome('add a letter (TD2.1a)', DONE, () => good.provide(sent));
  const seen = await state();
  const [request] = seen.lastRequests;
  await told2('  the VIHF, by Java', 'valid, nothing missing, no note', () => {
    const { result, missingAttributes = [], notes = [] } = request.vihf;
    const missing = missingAttributes.join(' ') || 'nothing missing';
    return `${result}, ${missing}, ${notes.join(' ') || 'no note'}`;
  });
  await told2('  the lot signature, by Java', 'ok, no problem', () => {
    const { ok, problems } = seen.lotSignatures.at(-1);
    return `${ok ? 'ok' : 'bad'}, ${problems.join(' ') || 'no problem'}`;
  });
  await told2(
    '  the parts of the message and the French rules',
    'no note',
    () =>
      [...(request.mimeNotes ?? []), ...(request.dmpNotes ?? []), ...(request.remarks ?? [])].join('; ') || 'no note',
  );
  const found = await outcome(
    'its reference (TD3.1b)',
    DONE,
    () => good.references(patient, [first.header.uniqueId]),
    false,
  );
  await told2('  one reference', '1', () => found.value.references.length);
  const ofPatient = await outcome(
    'the documents of the patient (TD3.1)',
    DONE,
    () =>
      good.find({
        patient,
        types: [first.header.type],
        classes: [...codeTables().class.values()],
        created: { from: first.header.creation.at, to: first.header.creation.at + 1000 },
      }),
    false,
  );
  await told2(
    '  it is among them, approved',
    'approved',
    () => ofPatient.value.entries.find(({ uniqueId }) => uniqueId === first.header.uniqueId)?.status,
  );
  const wanted = [{ repository: REPOSITORY, uniqueId: first.header.uniqueId }];
  const got = await outcome('its content (TD3.2)', DONE, () => good.retrieve(patient, wanted), false);
  await told2('  the same bytes', 'true', () => got.value[0].bytes.equals(first.cda));

  const second = letter({ predecessor: first.header });
  const [old] = await current(patient, first.header.uniqueId);
  await outcome('replace it (TD2.1b)', DONE, () => good.provide(prepared(second, own.credential), old));
  const chain = (await good.entries(patient, [first.header.uniqueId, second.header.uniqueId])).outcome.value.entries;
  await told2('  the first is deprecated, the second approved', 'deprecated approved', () =>
    [first, second].map(({ header }) => chain.find((one) => one.uniqueId === header.uniqueId).status).join(' '),
  );
  const links = (await good.associations(patient, [old])).outcome.value.links;
  await told2(
    '  they are linked',
    'RPLC',
    () => links.find(({ target, type }) => target === old && type === 'RPLC')?.type,
  );

  const masked = codeTables().confidentiality.byCode('MASQUE_PS');
  const entry = chain.find(({ uniqueId }) => uniqueId === second.header.uniqueId);
  const change = { submission: submission(), lid: entry.lid, previousVersion: entry.version };
  const hidden = { ...second.header, visibility: [masked] };
  await outcome('mask it (TD3.3a)', DONE, () => good.setMetadata({ ...change, header: hidden }));
  const [after] = (await good.find({ patient })).outcome.value.entries.filter(
    ({ uniqueId }) => uniqueId === second.header.uniqueId,
  );
  await told2('  masked, version 2, another entryUUID', 'true 2 true', () => {
    const isMasked = after.codes.confidentiality.includes(`MASQUE_PS^^${masked.system}`);
    return `${isMasked} ${after.version} ${after.entryUuid !== entry.entryUuid}`;
  });
  await outcome('mask it again from the old version', 'failure XDSMetadataVersionError → reconcile', () =>
    good.setMetadata({ ...change, submission: submission(), header: hidden }),
  );
  const removal = { author: second.header.authors[0], subject: second.header.subject, from: 'approved', to: 'deleted' };
  const remove = () => good.setStatus({ ...removal, submission: submission(), entryUuid: after.entryUuid });
  await outcome('delete it (TD3.3c)', DONE, remove);
  await outcome('delete it again', 'failure XDSMetadataVersionError → reconcile', remove);
  const gone = [{ repository: REPOSITORY, uniqueId: second.header.uniqueId }];
  await outcome(
    'its content then',
    'failure XDSDocumentUniqueIdError → operator',
    () => good.retrieve(patient, gone),
    false,
  );

  for (const name of ['DLU-EHPAD-DLU_2022.01', 'DOC_NON_STRUCTURE_CDA-R2-N1', 'VSM_1.4_2022.01']) {
    const file = fileURLToPath(new URL(`../../../../shared/data/dmp/cda-fr/${name}.xml`, import.meta.url));
    if (existsSync(file))
      await outcome(`a CDA as it is: ${name}`, DONE, () => good.provide(prepared(asItIs(file), own.credential)));
  }
}

async function refused() {
  const fresh = () => prepared(letter(), own.credential);
  const altered = (alter, sent = fresh()) => client(base, own.credential, { alter }).provide(sent);
  const SECURITY = 'fault InvalidSecurityToken → operator';
  await outcome('VIHF altered after signing', SECURITY, () =>
    altered(replacing('>1440000000</saml2:', '>1440000001</saml2:')),
  );
  await outcome('VIHF with another signature value', SECURITY, () =>
    altered(replacing(/(<ds:SignatureValue>)[^<]{8}/, '$1AAAAAAAA')),
  );
  await outcome('VIHF signed by a certificate not trusted', SECURITY, () =>
    client(base, other.credential).provide(fresh()),
  );
  await outcome('VIHF of an hour ago', SECURITY, () =>
    client(base, own.credential, { now: () => Date.now() - 3_600_000 }).provide(fresh()),
  );
  await outcome('no VIHF', 'fault InvalidSecurity → operator', () =>
    altered(replacing(/<wsse:Security.*<\/wsse:Security>/, '')),
  );
  await outcome('no wsa:ReplyTo', 'fault MessageAddressingHeaderRequired → operator', () =>
    altered(replacing(/<wsa:ReplyTo>.*<\/wsa:ReplyTo>/, '')),
  );
  await outcome('wsa:Action of another transaction', 'fault ActionMismatch → operator', () =>
    altered(replacing(/(<wsa:Action[^>]*>)[^<]*/, '$1urn:ihe:iti:2007:RegistryStoredQuery')),
  );
  await outcome('no MTOM', 'fault InvalidAddressingHeader → operator', () => altered(withoutMtom));

  const METADATA = 'failure XDSRepositoryMetadataError';
  const LOT = `${METADATA} → operator`;
  const lotOf = (change) => {
    const sent = fresh();
    const lotSignature = Buffer.from(change(sent.lotSignature.toString('utf8')), 'utf8');
    return good.provide({ ...sent, lotSignature, signature: { uniqueId: sent.signature.uniqueId } });
  };
  await outcome('lot signature: the signing time altered', LOT, () =>
    lotOf((text) => text.replace(/(SigningTime>)\d{4}/, '$12020')),
  );
  await outcome('lot signature: another digest', LOT, () =>
    lotOf((text) => text.replace(/(WithComments"\/><\/ds:Transforms>.*?DigestValue>)[^<]{4}/, '$1AAAA')),
  );
  await outcome('lot signature: the digest of the set is not AA==', LOT, () =>
    lotOf((text) => text.replace('AA==', 'AQ==')),
  );
  await outcome('lot signature by a certificate not trusted', LOT, () =>
    good.provide(prepared(letter(), other.credential)),
  );
  await outcome('lot signature over another document', LOT, () => {
    const sent = fresh();
    const cda = Buffer.from(sent.cda.toString('utf8').replace('<title>', '<title>Autre '), 'utf8');
    return good.provide({ ...sent, cda, content: {} });
  });
  await outcome('no lot signature', LOT, () =>
    altered((type, text) => replacing(/<rim:Association [^>]*associationType="[^"]*:signs"[^>]*\/>/, '')(type, text)),
  );

  const REJECT = `${METADATA} → reject`;
  await outcome('wrong hash', REJECT, () => {
    const sent = fresh();
    return good.provide({ ...sent, content: { ...sent.content, hash: 'ab'.repeat(20) } });
  });
  await outcome('wrong size', REJECT, () => {
    const sent = fresh();
    return good.provide({ ...sent, content: { ...sent.content, size: 3 } });
  });
  await outcome('an entry without its class', REJECT, () =>
    altered(
      replacing(/<rim:Classification id="[^"]*" classificationScheme="urn:uuid:41a5887f.*?<\/rim:Classification>/, ''),
    ),
  );
  await outcome('a document whose part is not there', 'failure XDSMissingDocument → reject', () =>
    altered(replacing(/<xdsb:Document id="Document01">.*?<\/xdsb:Document>/, '')),
  );
  await outcome('a patient that has no DMP', 'failure XDSUnknownPatientId → hold', () => {
    const change = ({ patient }) => {
      patient.identifier[0].value = unknown;
    };
    return good.provide(prepared(letter({ change }), own.credential));
  });

  const one = letter();
  const patient = one.header.subject.ins;
  const sent = prepared(one, own.credential);
  await outcome('a document', DONE, () => good.provide(sent));
  await outcome('the same sending again', 'failure XDSDuplicateUniqueIdInRegistry → reconcile', () =>
    good.provide(sent),
  );
  await told2('  reconciled: it is there, with the same bytes', 'approved true', async () => {
    const { status, isSame } = await whereabouts(good, patient, one.header.uniqueId, sent.content.hash);
    return `${status} ${isSame}`;
  });
  await outcome('the same document in another sending', 'failure XDSDuplicateUniqueIdInRegistry → reconcile', () =>
    good.provide(prepared(one, own.credential)),
  );
  await outcome('the same number with other bytes', 'failure XDSNonIdenticalHash → reject', () => {
    const cda = Buffer.from(one.cda.toString('utf8').replace('<title>', '<title>Autre '), 'utf8');
    return good.provide(prepared({ header: one.header, cda }, own.credential));
  });
  const [old] = await current(patient, one.header.uniqueId);
  const two = letter({ predecessor: one.header });
  await outcome('replace it', DONE, () => good.provide(prepared(two, own.credential), old));
  const three = letter({ predecessor: two.header });
  const next = prepared(three, own.credential);
  await outcome('replace what was replaced (stale)', 'failure XDSRegistryDeprecatedDocumentError → reconcile', () =>
    good.provide(next, old),
  );
  const [now] = await current(patient, two.header.uniqueId);
  await outcome('  reconciled: with the entryUUID of now', DONE, () => good.provide(next, now));
  await outcome('replace what nobody knows', 'failure UnresolvedReferenceException → reconcile', () =>
    good.provide(fresh(), 'urn:uuid:00000000-0000-4000-8000-000000000000'),
  );
}

async function ambiguous() {
  const one = letter();
  const sent = prepared(one, own.credential);
  const hasty = client(base, own.credential, { limits: { answer: 1000 } });
  process.kill(pid, 'SIGSTOP');
  await outcome('the other side falls silent after it got all', 'unknown time-out → reconcile', () =>
    hasty.provide(sent),
  );
  process.kill(pid, 'SIGCONT');
  hasty.close();
  const patient = one.header.subject.ins;
  await told2('  reconciled: it had been taken, once', '1', async () => {
    for (let i = 0; i < 50; i++) {
      const found = await current(patient, one.header.uniqueId);
      if (found.length > 0) return found.length;
      await new Promise((done) => setTimeout(done, 100));
    }
    return 0;
  });
  const nobody = client('http://127.0.0.1:9', own.credential);
  await outcome('nobody listens', 'not-sent refused → retry', () => nobody.provide(prepared(letter(), own.credential)));
}
