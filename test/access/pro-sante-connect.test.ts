/** Professionals by Pro Santé Connect: who they are, what they exercise and where; through HTTP, what policies make of it. */
import t from 'tap';
import { callerOf } from '../../src/access/claims.js';
import { folder } from '../support/certificates.mjs';
import { startIssuer } from '../support/issuer.js';
import { startServer } from '../support/server.js';

/** An invented professional, in the fields that the service's documentation names. */
const userinfo = (exercices: unknown[] = [exercice()], number = '899900000017') => ({
  sub: `f:0000:${number}`,
  preferred_username: number,
  given_name: 'Solène',
  family_name: 'Kermadec',
  SubjectNameID: number,
  SubjectRole: ['60^1.2.250.1.213.1.1.5.5'],
  SubjectRefPro: { codeCivilite: 'MME', exercices },
});
const exercice = (more: object = {}) => ({
  codeProfession: '60',
  codeCategorieProfessionnelle: 'C',
  codeTypeSavoirFaire: '',
  codeSavoirFaire: '',
  activities: [activity()],
  ...more,
});
const activity = (more: object = {}) => ({
  codeModeExercice: 'S',
  codeSecteurDactivite: 'SA17',
  raisonSocialeSite: 'EHPAD Les Tilleuls, fictif',
  numeroFinessSite: '440000001',
  numeroFinessetablissementJuridique: '440000002',
  ancienIdentifiantDeLaStructure: '1440000001',
  ...more,
});
const of = (claims: Record<string, unknown>) =>
  callerOf(claims, {
    issuer: { issuer: 'https://psc.example', kind: 'pro-sante-connect' },
    isType: () => true,
    bases: [],
  });

t.test('number, profession, structures', async (t) => {
  t.match(of(userinfo()), {
    kind: 'professional',
    idnps: '899900000017',
    rpps: '99900000017',
    roles: [{ code: '60', structure: '440000001' }],
    structures: ['440000002', '440000001'],
    scopes: undefined,
  });
  const two = [
    exercice(),
    exercice({
      codeProfession: '10',
      codeSavoirFaire: 'SM26',
      activities: [activity({ numeroFinessSite: '2A0000003' }), activity()],
    }),
  ];
  t.same(of(userinfo(two))?.roles, [
    { code: '60', structure: '440000001' },
    { code: '10', specialty: 'SM26', structure: '2A0000003' },
    { code: '10', specialty: 'SM26', structure: '440000001' },
  ]);
  t.same(
    of(userinfo([exercice({ codeCategorieProfessionnelle: 'E', codeProfession: '10' })]))?.roles[0]?.code,
    '10-E',
    'a student',
  );
  t.same(of(userinfo([exercice({ activities: [] })]))?.roles, [{ code: '60' }]);
  const old = activity({ numeroFinessSite: '', numeroFinessetablissementJuridique: '' });
  t.same(of(userinfo([exercice({ activities: [old] })]))?.structures, ['440000001']);
  const cabinet = activity({
    numeroFinessSite: '',
    numeroFinessetablissementJuridique: '',
    ancienIdentifiantDeLaStructure: '499900000017007',
  });
  t.same(of(userinfo([exercice({ activities: [cabinet] })])), { ...of(userinfo([exercice({ activities: [] })])) });
  t.match(of(userinfo([], 'ANS20260101000000')), { idnps: 'ANS20260101000000', rpps: undefined, roles: [] });
});

t.test('what is not as documented is nothing', async (t) => {
  for (const SubjectRefPro of [
    undefined,
    null,
    'x',
    [],
    { exercices: 'x' },
    { exercices: [null, 5, {}, { codeProfession: 10 }, { codeProfession: '../x' }] },
  ]) {
    t.same(of({ ...userinfo(), SubjectRefPro })?.roles, [], JSON.stringify(SubjectRefPro));
  }
});

t.test('through HTTP: the token, what introspection says of it, and userinfo', async (t) => {
  const issuer = await startIssuer('RS256');
  const policies = folder()(
    'policies.json',
    JSON.stringify({
      policies: [
        {
          name: 'nurses',
          for: { kinds: ['professional'], roles: ['60'] },
          grants: [{ types: ['Patient'], interactions: ['read', 'search'] }],
        },
      ],
    }),
  );
  const server = await startServer({
    AUTH: 'oauth',
    POLICIES: policies,
    AUTH_ISSUERS: issuer.file({
      kind: 'pro-sante-connect',
      clients: ['our-dpi'],
      userinfo: `${issuer.url}/userinfo`,
      introspection: true,
    }),
  });
  t.teardown(async () => {
    await server.close();
    await issuer.close();
  });
  const status = async (user: Record<string, unknown> | undefined, claims = {}) => {
    const token = await issuer.token(
      {
        sub: userinfo().sub,
        aud: undefined,
        client_id: undefined,
        azp: 'our-dpi',
        typ: 'Bearer',
        scope: 'openid scope_all',
        jti: Math.random(),
        ...claims,
      },
      { typ: 'JWT' },
    );
    issuer.introspected.set(token, { active: true, SubjectNameID: '899900000017' });
    if (user !== undefined) issuer.users.set(token, user);
    return (await server.call('GET', '/Patient', undefined, { authorization: `Bearer ${token}` })).status;
  };
  t.equal(await status(userinfo()), 200, 'a nurse');
  t.equal(await status(userinfo([exercice({ codeProfession: '70' })])), 403, 'another profession');
  t.equal(await status(userinfo([exercice({ codeCategorieProfessionnelle: 'E' })])), 403, 'who studies to be a nurse');
  t.equal(await status({ ...userinfo(), sub: 'f:0000:another' }), 401, 'userinfo about somebody else');
  t.equal(await status(undefined), 401, 'userinfo that does not take the token');
  t.equal(await status(userinfo(), { azp: 'another-dpi' }), 401, 'a token for another client');
  t.equal(await status(userinfo(), { typ: 'ID', aud: 'our-dpi' }), 401, 'an ID token');
  t.equal(await status(userinfo(), { typ: 'Refresh' }), 401, 'a refresh token');
  t.notMatch(server.log(), /Kermadec|899900000017/);
});
