/** The settings of access as what keeps the door: whose tokens and certificates are taken. */
import type { CapabilityStatementRestSecurity } from '@medplum/fhirtypes';
import { isLoopback } from './access/addresses.js';
import { Authentication } from './access/authentication.js';
import type { Certificates } from './access/certificates.js';
import { FailedAttempts } from './access/failed-attempts.js';
import type { Issuer } from './access/issuers.js';
import { type AuthorizationServer, securityOf } from './access/smart-configuration.js';
import { BadFile } from './access/text-file.js';
import type { TokenRules } from './access/tokens.js';
import { type Settings, WrongSetting } from './config.js';
import type { Gate } from './rest/authentication.js';
import type { DevHandler } from './rest/dev-authorization.js';

/** What keeps a server's door. */
export interface Door {
  gate: Gate;
  /** Where applications log in; undefined where certificates alone are taken, or where issuers do not say. */
  authorizationServer: AuthorizationServer | undefined;
  /** Answers below /auth with AUTH=dev. */
  dev?: DevHandler;
  /** Tells the base once the server listens. */
  listens?(base: string): Promise<void>;
  /** For the CapabilityStatement. */
  security(): CapabilityStatementRestSecurity;
}

/** `AUTH=off` and `AUTH=dev` open all records to whoever reaches the server. Throws WrongSetting unless that is this machine alone, or forced. */
export function refuseOpenNetwork({ AUTH, HOST, AUTH_OFF_ON_NETWORK }: Settings): void {
  if (AUTH === 'oauth' || isLoopback(HOST) || AUTH_OFF_ON_NETWORK === 'allow') return;
  throw new WrongSetting(
    `AUTH is ${AUTH} and HOST is "${HOST}": whoever reaches this address would read and write every record. Set AUTH=oauth, or HOST=localhost, or AUTH_OFF_ON_NETWORK=allow if the network itself keeps others out.`,
  );
}

/** For the log and the terminal; undefined where access is controlled. */
export function warningOf({ AUTH, HOST }: Settings): string | undefined {
  if (AUTH === 'dev')
    return 'AUTH=dev: whoever reaches this server comes in as whomever he names. For development alone.';
  if (AUTH === 'oauth') return undefined;
  return isLoopback(HOST)
    ? 'AUTH=off: whoever is on this machine reads and writes every record.'
    : 'AUTH=off ON A NETWORK ADDRESS: WHOEVER REACHES IT READS AND WRITES EVERY RECORD.';
}

/** undefined with AUTH=off. Reads the files that settings name; throws WrongSetting for one that cannot be taken. */
export async function openDoor(settings: Settings, isType: (name: string) => boolean): Promise<Door | undefined> {
  const { AUTH, AUTH_ISSUERS, CLIENT_CERTIFICATES, AUTH_FAILURES } = settings;
  refuseOpenNetwork(settings);
  if (AUTH === 'off') return undefined;
  if (AUTH === 'dev' && process.env.NODE_ENV === 'production') {
    throw new WrongSetting('AUTH=dev lets everybody in as anybody: it is refused with NODE_ENV=production.');
  }
  // Loaded only where they are used.
  const [{ readIssuers }, { Tokens }] = await Promise.all([
    import('./access/issuers.js'),
    import('./access/tokens.js'),
  ]);
  return await told(async () => {
    const issuers = AUTH_ISSUERS === '' ? [] : readIssuers(AUTH_ISSUERS);
    if (issuers.length === 0 && CLIENT_CERTIFICATES === '' && AUTH === 'oauth') {
      throw new WrongSetting('AUTH=oauth needs AUTH_ISSUERS, CLIENT_CERTIFICATES or both: else nobody could come in.');
    }
    const rules = rulesOf(settings, issuers, isType);
    const authentication = new Authentication(
      issuers.length === 0 ? undefined : new Tokens(rules),
      new FailedAttempts(AUTH_FAILURES),
    );
    const gate = {
      authentication,
      certificates: await certificates(settings, isType),
      certificateHeader: settings.CERTIFICATE_HEADER,
      proxies: settings.TRUSTED_PROXIES,
    };
    const door: Door = {
      gate,
      authorizationServer: issuers
        .filter(({ tokenEndpoint }) => tokenEndpoint !== undefined)
        .map((issuer) => ({ ...issuer, introspectionEndpoint: issuer.introspection?.url }))[0],
      security: () => securityOf(door.authorizationServer, gate.certificates !== undefined),
    };
    if (AUTH === 'dev') {
      const { openDevAuthorization } = await import('./dev-authorization.js');
      door.listens = await openDevAuthorization(settings, rules, door);
    }
    return door;
  });
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof BadFile ? new WrongSetting(`${error.message}.`) : error;
  }
}

function rulesOf(settings: Settings, issuers: readonly Issuer[], isType: (name: string) => boolean): TokenRules {
  const audience = audienceOf(settings, issuers);
  return {
    issuers,
    audience,
    algorithms: settings.AUTH_ALGORITHMS,
    tolerance: settings.AUTH_CLOCK_TOLERANCE,
    bases: settings.BASE_URL === '' ? audience : [settings.BASE_URL, ...audience],
    isType,
  };
}

/** Without an audience, a token for any other service of the issuer would open this one. */
function audienceOf({ AUTH_AUDIENCE, BASE_URL }: Settings, issuers: readonly Issuer[]): readonly string[] {
  if (AUTH_AUDIENCE.length > 0) return AUTH_AUDIENCE;
  if (BASE_URL !== '') return [BASE_URL];
  const [without] = issuers.filter(({ audience, clients }) => audience === undefined && clients === undefined);
  if (without === undefined) return [];
  throw new WrongSetting(`AUTH_AUDIENCE (or BASE_URL) must say what tokens of ${without.issuer} must be for.`);
}

async function certificates(settings: Settings, isType: (name: string) => boolean): Promise<Certificates | undefined> {
  const { CLIENT_CERTIFICATES, TLS_CLIENT_CA, TLS_KEY, CERTIFICATE_HEADER } = settings;
  if (CLIENT_CERTIFICATES === '' && TLS_CLIENT_CA === '') return undefined;
  if (TLS_KEY === '' && CERTIFICATE_HEADER === '') {
    throw new WrongSetting('Client certificates need TLS_KEY and TLS_CERT, or CERTIFICATE_HEADER and TRUSTED_PROXIES.');
  }
  if (TLS_KEY !== '' && TLS_CLIENT_CA === '') {
    throw new WrongSetting('CLIENT_CERTIFICATES with TLS_KEY needs TLS_CLIENT_CA: whose certificates are taken.');
  }
  const { Certificates, readAuthorities } = await import('./access/certificates.js');
  const authorities = TLS_CLIENT_CA === '' ? undefined : readAuthorities(TLS_CLIENT_CA);
  return new Certificates(CLIENT_CERTIFICATES === '' ? undefined : CLIENT_CERTIFICATES, authorities, isType);
}
