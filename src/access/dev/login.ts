/** The login of AUTH=dev: who it is to be is chosen from a list, or named by `login_hint`; everything is consented to. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DevPeople } from './people.js';
import type { DevProvider, Launch } from './provider.js';

/** Answers the page of a login, or ends it. `query` is that of the URL. */
export async function answerLogin(
  { provider, launched }: DevProvider,
  people: DevPeople,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> {
  const { prompt, params, session, grantId, lastSubmission } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    const chosen = query.get('user') ?? text(params.login_hint);
    const user = people.users.find(({ id }) => id === chosen);
    if (user === undefined) return page(response, people, needsPatient(params));
    const result = { login: { accountId: user.id }, patient: query.get('patient') ?? '' };
    return await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }
  const accountId = session?.accountId ?? '';
  const grant =
    (grantId === undefined ? undefined : await provider.Grant.find(grantId)) ??
    new provider.Grant({ accountId, clientId: String(params.client_id) });
  const { missingOIDCScope, missingOIDCClaims, missingResourceScopes } = prompt.details as {
    missingOIDCScope?: string[];
    missingOIDCClaims?: string[];
    missingResourceScopes?: Record<string, string[]>;
  };
  if (missingOIDCScope !== undefined) grant.addOIDCScope(missingOIDCScope.join(' '));
  if (missingOIDCClaims !== undefined) grant.addOIDCClaims(missingOIDCClaims);
  for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {})) {
    grant.addResourceScope(resource, scopes.join(' '));
  }
  const saved = await grant.save();
  const user = people.users.find(({ id }) => id === accountId);
  launched(saved, launchOf(params, text(lastSubmission?.patient) || user?.patient || ownRecord(user?.fhirUser)));
  await provider.interactionFinished(
    request,
    response,
    { consent: { grantId: saved } },
    { mergeWithLastSubmission: true },
  );
}

/** An EHR launch hands on what is open: here `launch` is the patient's id, or `patient,encounter`. */
function launchOf(params: Readonly<Record<string, unknown>>, chosen: string | undefined): Launch {
  const [patient, encounter] = (text(params.launch) ?? '').split(',');
  const context = patient || (needsPatient(params) ? chosen : undefined);
  return { ...(context && { patient: context }), ...(encounter && { encounter }) };
}

const needsPatient = ({ scope }: Readonly<Record<string, unknown>>): boolean =>
  /(^| )(launch\/patient|patient\/)/.test(text(scope) ?? '');

const ownRecord = (fhirUser: string | undefined): string | undefined => /^Patient\/(.+)$/.exec(fhirUser ?? '')?.[1];

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function page(response: ServerResponse, { users }: DevPeople, withPatient: boolean): void {
  const choices = users.map(
    ({ id, name = id, fhirUser = '', roles = [] }) =>
      `<p><button name="user" value="${html(id)}">${html(name)}</button> ${html([id, fhirUser, ...roles].join(' · '))}</p>`,
  );
  const patient = withPatient ? '<p><label>Patient id <input name="patient"></label></p>' : '';
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cache-control': 'no-store',
  });
  response.end(
    `<!doctype html><html lang="en"><title>Passerelle, AUTH=dev</title><h1>Who are you?</h1>` +
      `<p>Invented people, for development alone.</p><form>${patient}${choices.join('')}</form></html>`,
  );
}

const html = (value: string): string => value.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
