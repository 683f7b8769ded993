/** What claims come to: kinds of callers, launch context, roles, structures, tenants. */
import t from 'tap';
import { type Claims, callerOf } from '../../src/access/claims.js';
import type { Issuer } from '../../src/access/issuers.js';

const BASE = 'https://fhir.example/fhir';
const isType = (name: string) => ['Patient', 'Observation'].includes(name);
const of = (claims: Claims, issuer: Partial<Issuer> = {}) =>
  callerOf(claims, { issuer: { issuer: 'https://idp.example', ...issuer }, isType, bases: [BASE] });

t.test('kinds', async (t) => {
  const kind = (claims: Claims, issuer?: Partial<Issuer>) => of({ client_id: 'dpi', ...claims }, issuer)?.kind;
  t.equal(kind({ sub: 'dpi', scope: 'system/*.rs' }), 'system');
  t.equal(
    kind({ sub: 'service-account', scope: 'system/*.rs' }),
    'system',
    'some servers give software a subject of its own',
  );
  t.equal(kind({ scope: 'system/*.rs' }), 'system');
  t.equal(kind({ sub: 'u', scope: 'user/*.rs' }), 'professional');
  t.equal(kind({ sub: 'u', scope: '' }), 'professional');
  t.equal(kind({ sub: 'u', fhirUser: 'Practitioner/1', scope: 'system/*.rs' }), 'professional');
  t.equal(kind({ sub: 'u', fhirUser: `${BASE}/Patient/1`, scope: 'patient/*.rs' }), 'patient');
  t.equal(kind({ sub: 'u', fhirUser: 'RelatedPerson/1' }), 'patient');
  t.equal(kind({ sub: 'dpi', fhirUser: 'Patient/1' }), 'patient');
  t.equal(kind({ sub: 'u' }, { kind: 'pro-sante-connect' }), 'professional');
});

t.test('who he is', async (t) => {
  t.match(of({ sub: 'u', client_id: 'dpi', exp: 1000 }), {
    id: 'https://idp.example|u',
    client: 'dpi',
    expires: 1_000_000,
  });
  t.equal(of({ sub: 'u', azp: 'dpi' })?.client, 'dpi');
  t.equal(of({}), undefined);
  for (const sub of ['a\nb', 'a b', '', 'é', 'x'.repeat(300), 5, null])
    t.equal(of({ sub }), undefined, JSON.stringify(sub));
});

t.test('fhirUser and launch', async (t) => {
  const caller = of({
    sub: 'u',
    fhirUser: `${BASE}/Practitioner/p-1`,
    patient: '42',
    encounter: 'e',
    scope: 'patient/*.rs',
  });
  t.match(caller, {
    fhirUser: 'Practitioner/p-1',
    practitioner: 'Practitioner/p-1',
    patient: 'Patient/42',
    launch: { patient: '42', encounter: 'e' },
  });
  t.equal(of({ sub: 'u', fhirUser: 'Patient/1' })?.patient, 'Patient/1', 'a patient is his own context');
  t.equal(of({ sub: 'u', fhirUser: 'Patient/1', patient: '2' })?.patient, 'Patient/2', 'unless another was chosen');
  t.equal(of({ sub: 'u', fhirUser: 'RelatedPerson/1' })?.patient, undefined);
  for (const fhirUser of [
    'https://other.example/fhir/Patient/1',
    'Organization/1',
    'Patient/1/_history/1',
    `${BASE}evil/Patient/1`,
    7,
  ]) {
    t.equal(of({ sub: 'u', fhirUser })?.fhirUser, undefined, String(fhirUser));
  }
  t.equal(of({ sub: 'u', patient: '../x' })?.patient, undefined);
});

t.test('scopes', async (t) => {
  const types = (claims: Claims, issuer?: Partial<Issuer>) =>
    of({ sub: 'u', ...claims }, issuer)?.scopes?.map(({ type }) => type);
  t.same(types({ scope: 'openid user/Patient.rs' }), ['Patient']);
  t.same(types({ scp: ['user/Patient.rs', 'user/Observation.r'] }), ['Patient', 'Observation']);
  t.same(types({}), [], 'no scope grants nothing');
  t.same(types({ scope: { a: 1 } }), []);
  t.equal(types({ scope: 'openid' }, { scopes: false }), undefined, 'an issuer whose tokens have none narrows nothing');
});

t.test("an issuer's own claims", async (t) => {
  const issuer = {
    claims: { roles: 'realm_access.roles', rpps: 'rpps', structures: 'finess', tenants: 'https://x.example/tenants' },
    roles: { infirmier: '60', medecin: '10' },
  };
  const caller = of(
    {
      sub: 'u',
      realm_access: { roles: ['infirmier', 'offline_access', 'constructor'] },
      rpps: '10000000001',
      finess: ['1440000001'],
      'https://x.example/tenants': 'tilleuls acacias',
    },
    issuer,
  );
  t.match(caller, {
    idnps: '810000000001',
    rpps: '10000000001',
    structures: ['440000001'],
    tenants: ['tilleuls', 'acacias'],
  });
  t.same(caller?.roles, [{ code: '60', structure: '440000001' }]);
  t.same(
    of({ sub: 'u', realm_access: { roles: ['medecin'] }, finess: '440000001 2A0000002 12' }, issuer)?.roles,
    [{ code: '10' }],
    'of two structures it is not said which',
  );
  t.same(
    of({ sub: 'u', roles: ['60', '60'] }, { claims: { roles: 'roles' } })?.roles,
    [{ code: '60' }],
    'codes as they are',
  );
  t.same(
    of({ sub: 'u', fhirUser: 'Patient/1', roles: ['60'] }, { claims: { roles: 'roles' } })?.roles,
    [],
    'a patient has no role',
  );
});

t.test('tenants: what the token says, within what its issuer may say', async (t) => {
  const tenants = (claim: unknown, allowed?: string[]) =>
    of({ sub: 'u', t: claim }, { claims: { tenants: 't' }, ...(allowed && { tenants: allowed }) })?.tenants;
  t.equal(tenants(undefined), undefined);
  t.same(tenants(['a', 'b']), ['a', 'b']);
  t.same(tenants(undefined, ['a']), ['a']);
  t.same(tenants(['a', 'b'], ['b', 'c']), ['b']);
  t.same(tenants(['a'], ['c']), []);
  t.same(tenants(7), [], 'what cannot be read names none');
});
