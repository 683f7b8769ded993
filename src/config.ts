/** Every setting, once: name, default, meaning and how it is read. Environment and flags read the same table. */

import { readFileSync } from 'node:fs';
import { AddressList } from './access/addresses.js';

export interface Settings {
  PORT: number;
  HOST: string;
  STORE: string;
  TENANTS: boolean;
  BASE_URL: string;
  LOG_LEVEL: string;
  VALIDATION: 'enforce' | 'warn' | 'off';
  REQUIRE_PROFILE: ReadonlyMap<string, readonly string[]>;
  UNKNOWN_EXTENSIONS: 'error' | 'warning' | 'ignore';
  EXAMPLE_URLS: 'allow' | 'refuse';
  HTML_IN_TEXT: 'allow' | 'refuse';
  AUDIT: 'off' | 'on' | 'strict';
  INS_KEY: 'warn' | 'enforce';
  INS_ENVIRONMENT: 'any' | 'production' | 'test';
  DUPLICATES: 'warn' | 'off';
  INSI: 'off' | 'simulator';
  TIME_ZONE: string;
  RESOURCE_TYPES: readonly string[];
  PACKAGES: readonly string[];
  PACKAGE_CACHE: string;
  UPDATE_CREATE: boolean;
  DEFAULT_COUNT: number;
  MAX_COUNT: number;
  MAX_INCLUDE: number;
  MAX_REQUESTS: number;
  MAX_ENTRIES: number;
  TRANSACTION_SECONDS: number;
  BODY_LIMIT: number;
  CONTENT_LIMIT: number;
  HEADER_LIMIT: number;
  URL_LIMIT: number;
  REQUEST_TIMEOUT: number;
  STOP_TIMEOUT: number;
  DMP: string;
  POLICIES: string;
  AUTH: 'off' | 'oauth' | 'dev';
  AUTH_OFF_ON_NETWORK: 'refuse' | 'allow';
  AUTH_ISSUERS: string;
  AUTH_AUDIENCE: readonly string[];
  AUTH_ALGORITHMS: readonly string[];
  AUTH_CLOCK_TOLERANCE: number;
  AUTH_FAILURES: number;
  AUTH_DEV_USERS: string;
  TLS_KEY: string;
  TLS_CERT: string;
  TLS_CLIENT_CA: string;
  CLIENT_CERTIFICATES: string;
  CERTIFICATE_HEADER: string;
  TRUSTED_PROXIES: AddressList;
}
export type SettingName = keyof Settings;

interface Setting<T> {
  /** As a user would write it. */
  default: string;
  meaning: string;
  /** Throws an Error whose message says what would be right. */
  read(text: string): T;
}

function whole(min: number, max: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) throw new Error(`a whole number from ${min} to ${max}`);
    return value;
  };
}
function oneOf<T extends string>(...values: readonly T[]) {
  return (text: string): T => {
    const found = values.find((v) => v === text);
    if (found === undefined) throw new Error(`one of ${values.join(', ')}`);
    return found;
  };
}
function onOff(text: string): boolean {
  return oneOf('on', 'off')(text) === 'on';
}
function nonEmpty(text: string): string {
  if (text.trim() === '') throw new Error('not empty');
  return text;
}
function store(text: string): string {
  if (text === 'memory:' || /^sqlite:.+/.test(text) || /^mongodb(\+srv)?:\/\/.+/.test(text)) return text;
  throw new Error('sqlite:FOLDER, memory: or mongodb://...');
}
function baseUrl(text: string): string {
  if (text === '') return text;
  if (!URL.canParse(text) || !/^https?:\/\/[^?#]+$/.test(text)) throw new Error('an http or https URL without query');
  return text.replace(/\/+$/, '');
}
function timeZone(text: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return text;
  } catch {
    throw new Error('a time zone name such as Europe/Paris');
  }
}
function typeList(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (text === '') return [];
  if (names.some((name) => !/^[A-Z][A-Za-z]+$/.test(name))) throw new Error('FHIR resource types joined by commas');
  return names;
}

const listed = (text: string): string[] => text.split(',').flatMap((each) => each.trim() || []);

/** Only those by which nobody but the issuer can sign: what checks a signature of HS256 can make one. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
function algorithms(text: string): string[] {
  const names = listed(text);
  if (names.length === 0 || names.some((name) => !ALGORITHMS.includes(name))) {
    throw new Error(`some of ${ALGORITHMS.join(', ')}, joined by commas`);
  }
  return names;
}
function addresses(text: string): AddressList {
  try {
    return new AddressList(listed(text));
  } catch {
    throw new Error('IP addresses or ranges such as 10.0.0.0/8, joined by commas');
  }
}
function headerName(text: string): string {
  if (!/^[A-Za-z0-9-]*$/.test(text)) throw new Error('the name of a header');
  return text.toLowerCase();
}
const anyText = (text: string): string => text;

/** `Patient=https://...,Organization=https://...`: several for one type are alternatives. */
function profilesOfTypes(text: string): ReadonlyMap<string, readonly string[]> {
  const profiles = new Map<string, readonly string[]>();
  for (const part of text.split(',').flatMap((each) => each.trim() || [])) {
    const [, type, canonical] = /^([A-Z][A-Za-z]+)=([a-z]+:\S+)$/.exec(part) ?? [];
    if (type === undefined || canonical === undefined) throw new Error('Type=canonical pairs joined by commas');
    profiles.set(type, [...(profiles.get(type) ?? []), canonical]);
  }
  return profiles;
}

export const SETTINGS: { readonly [N in SettingName]: Setting<Settings[N]> } = {
  PORT: { default: '8080', meaning: 'TCP port; 0 takes a free one and prints it', read: whole(0, 65535) },
  HOST: { default: 'localhost', meaning: 'address to listen on; 0.0.0.0 opens it to the network', read: nonEmpty },
  STORE: {
    default: 'sqlite:./data',
    meaning: 'where records live: `sqlite:FOLDER`, `memory:` (lost at stop) or `mongodb://...` (a replica set)',
    read: store,
  },
  TENANTS: {
    default: 'off',
    meaning: 'on serves each establishment that `passerelle tenant add` made under /fhir/NAME, from a store of its own',
    read: onOff,
  },
  BASE_URL: {
    default: '',
    meaning: 'public URL of the FHIR base, for links; empty derives it from each request',
    read: baseUrl,
  },
  LOG_LEVEL: {
    default: 'info',
    meaning: 'trace, debug, info, warn, error or silent; info holds no patient data',
    read: oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent'),
  },
  VALIDATION: {
    default: 'enforce',
    meaning: '`enforce` refuses an invalid resource, `warn` stores it and says so, `off` does not look',
    read: oneOf('enforce', 'warn', 'off'),
  },
  REQUIRE_PROFILE: {
    default: '',
    meaning:
      'profiles that resources must keep, claimed or not: `Type=canonical` joined by commas; of several for a type one must be kept',
    read: profilesOfTypes,
  },
  UNKNOWN_EXTENSIONS: {
    default: 'warning',
    meaning: 'what an extension without a known definition is: `error`, `warning` or `ignore`',
    read: oneOf('error', 'warning', 'ignore'),
  },
  EXAMPLE_URLS: {
    default: 'allow',
    meaning: '`refuse` takes no address that is kept for examples, such as `http://example.org/...`',
    read: oneOf('allow', 'refuse'),
  },
  HTML_IN_TEXT: {
    default: 'allow',
    meaning: '`refuse` takes no text that a browser would read as HTML',
    read: oneOf('allow', 'refuse'),
  },
  AUDIT: {
    default: 'off',
    meaning:
      '`on` traces every interaction as an AuditEvent, durable within 50 ms; `strict` answers only once it is durable',
    read: oneOf('off', 'on', 'strict'),
  },
  INS_KEY: {
    default: 'warn',
    meaning: 'what a wrong key of an INS matricule is: `warn` takes it with a warning, `enforce` refuses it',
    read: oneOf('warn', 'enforce'),
  },
  INS_ENVIRONMENT: {
    default: 'any',
    meaning: '`production` refuses an INS of test or demonstration, `test` a real one, `any` takes both',
    read: oneOf('any', 'production', 'test'),
  },
  DUPLICATES: {
    default: 'warn',
    meaning: '`warn` says at the create of a Patient who may be the same person, `off` does not look',
    read: oneOf('warn', 'off'),
  },
  INSI: {
    default: 'off',
    meaning: '`simulator` answers `$ins-verify` about a few invented people; the real service is not connected yet',
    read: oneOf('off', 'simulator'),
  },
  TIME_ZONE: { default: 'Europe/Paris', meaning: 'zone of dates that name none', read: timeZone },
  RESOURCE_TYPES: {
    default: '',
    meaning: 'resource types served, joined by commas; empty serves all of R4',
    read: typeList,
  },
  PACKAGES: {
    default: '',
    meaning:
      'guides as FHIR packages, for validation and searches, joined by commas: folders, `.tgz` files, or `name#version` of the cache',
    read: listed,
  },
  PACKAGE_CACHE: {
    default: '',
    meaning: 'folder of FHIR packages in which those that others build on are found; empty takes `~/.fhir/packages`',
    read: anyText,
  },
  UPDATE_CREATE: {
    default: 'on',
    meaning: '`on` lets a PUT to a new id create the resource, `off` answers 405',
    read: onOff,
  },
  DEFAULT_COUNT: { default: '20', meaning: 'entries on a page when `_count` is absent', read: whole(1, 1000) },
  MAX_COUNT: { default: '1000', meaning: 'entries on a page at most', read: whole(1, 10000) },
  MAX_INCLUDE: {
    default: '1000',
    meaning: 'resources that `_include` and `_revinclude` add to a page at most; beyond it the answer says so',
    read: whole(0, 10000),
  },
  MAX_REQUESTS: {
    default: '128',
    meaning:
      'requests under way at a time; of quick ones more are taken, others get 503 at once, and from then on few are taken at a time until all find room again',
    read: whole(1, 100_000),
  },
  MAX_ENTRIES: { default: '20000', meaning: 'entries of a batch or transaction at most', read: whole(1, 1_000_000) },
  TRANSACTION_SECONDS: {
    default: '15',
    meaning: 'seconds that a transaction may take in the store; after that it is undone and gets 503',
    read: whole(1, 60),
  },
  BODY_LIMIT: {
    default: '52428800',
    meaning: 'largest body, in bytes; it bounds the memory of a transaction',
    read: whole(1024, 1 << 30),
  },
  CONTENT_LIMIT: {
    default: '104857600',
    meaning: 'largest content sent as itself to Binary, in bytes; it is never in memory as a whole',
    read: whole(1024, 1 << 30),
  },
  HEADER_LIMIT: { default: '16384', meaning: 'largest request head, in bytes', read: whole(2048, 1 << 20) },
  URL_LIMIT: { default: '8192', meaning: 'longest URL, in characters', read: whole(256, 1 << 16) },
  REQUEST_TIMEOUT: {
    default: '30',
    meaning: 'seconds that a request may take to arrive, and one more for each 100 kB of it that did',
    read: whole(1, 3600),
  },
  STOP_TIMEOUT: { default: '10', meaning: 'seconds that requests in flight get at a stop', read: whole(0, 600) },
  DMP: {
    default: '',
    meaning: 'JSON file of the establishments that feed the DMP; empty feeds nothing; see Documents for the DMP',
    read: anyText,
  },
  POLICIES: {
    default: 'ehpad',
    meaning:
      'who may do what: a JSON file, or one of the sets that come along, `ehpad`, `hospital` and `home-care`; see Access',
    read: nonEmpty,
  },
  AUTH: {
    default: 'off',
    meaning:
      '`off` asks nobody who he is, `oauth` takes tokens and client certificates, `dev` brings an authorization server of invented users',
    read: oneOf('off', 'oauth', 'dev'),
  },
  AUTH_OFF_ON_NETWORK: {
    default: 'refuse',
    meaning: '`allow` lets `AUTH=off` listen on an address that others reach: whoever reaches it reads and writes all',
    read: oneOf('refuse', 'allow'),
  },
  AUTH_ISSUERS: {
    default: '',
    meaning: 'JSON file of the authorization servers whose tokens are taken; see Access',
    read: anyText,
  },
  AUTH_AUDIENCE: {
    default: '',
    meaning: 'what tokens must be for (`aud`), joined by commas: one of them; empty takes `BASE_URL`',
    read: listed,
  },
  AUTH_ALGORITHMS: {
    default: 'RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA,Ed25519',
    meaning: 'how tokens may be signed',
    read: algorithms,
  },
  AUTH_CLOCK_TOLERANCE: {
    default: '10',
    meaning: 'seconds by which the clock of an authorization server may differ',
    read: whole(0, 300),
  },
  AUTH_FAILURES: {
    default: '20',
    meaning: 'tokens that are not valid, from one address, before it has to wait a second for each more',
    read: whole(1, 10_000),
  },
  AUTH_DEV_USERS: {
    default: '',
    meaning: 'JSON file of the users and clients of `AUTH=dev`; empty takes those that come along',
    read: anyText,
  },
  TLS_KEY: { default: '', meaning: 'PEM file of the private key, for HTTPS; goes with `TLS_CERT`', read: anyText },
  TLS_CERT: { default: '', meaning: 'PEM file of the certificate and those above it', read: anyText },
  TLS_CLIENT_CA: {
    default: '',
    meaning: 'PEM file of the authorities whose client certificates are taken, shown to us or to a proxy',
    read: anyText,
  },
  CLIENT_CERTIFICATES: {
    default: '',
    meaning: 'JSON file that says for which establishment a client certificate stands; see Access',
    read: anyText,
  },
  CERTIFICATE_HEADER: {
    default: '',
    meaning: 'header in which a proxy of `TRUSTED_PROXIES` hands on the client certificate, such as `Client-Cert`',
    read: headerName,
  },
  TRUSTED_PROXIES: {
    default: '',
    meaning: 'addresses and ranges of proxies whose `CERTIFICATE_HEADER` and `X-Forwarded-For` are believed',
    read: addresses,
  },
};

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** `BASE_URL` -> `base-url`, the flag. */
export function flagOf(name: SettingName): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** A setting that cannot be read: the command line prints the message and exits with 2. */
export class WrongSetting extends Error {
  override name = 'WrongSetting';
}

/** `NAME_FILE` names a file that holds the setting, as secrets are handed to containers. */
function fromFile(name: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    throw new WrongSetting(`${name}_FILE names a file that cannot be read.`);
  }
}

/**
 * Settings from flags (`--base-url`), then the environment (`BASE_URL`, `BASE_URL_FILE`), then the defaults.
 * Throws WrongSetting, one clear line, at the first that cannot be read.
 */
export function readSettings(
  flags: Readonly<Partial<Record<SettingName, string>>>,
  environment: Readonly<Record<string, string | undefined>>,
): Settings {
  const read = <N extends SettingName>(name: N): Settings[N] => {
    const fromFlag = flags[name];
    const text = fromFlag ?? environment[name] ?? fromFile(name, environment[`${name}_FILE`]) ?? SETTINGS[name].default;
    try {
      return SETTINGS[name].read(text);
    } catch (error) {
      const source = fromFlag === undefined ? name : `--${flagOf(name)}`;
      const shown = name === 'STORE' ? hidePassword(text) : text;
      throw new WrongSetting(`${source} is "${shown}", but must be ${(error as Error).message}.`);
    }
  };
  const settings = Object.fromEntries(SETTING_NAMES.map((name) => [name, read(name)])) as unknown as Settings;
  if (settings.DEFAULT_COUNT > settings.MAX_COUNT) {
    throw new WrongSetting(
      `DEFAULT_COUNT (${settings.DEFAULT_COUNT}) must not be above MAX_COUNT (${settings.MAX_COUNT}).`,
    );
  }
  return settings;
}

/** A store's address without its password, fit for a log. */
export function hidePassword(address: string): string {
  return address.replace(/(:\/\/[^:/@]*):[^@]*@/, '$1:***@');
}

/** The settings table of the README. */
export function settingsTable(): string {
  const rows = SETTING_NAMES.map((name) => {
    const setting = SETTINGS[name];
    return `| \`${name}\` | \`--${flagOf(name)}\` | ${setting.default === '' ? '' : `\`${setting.default}\``} | ${setting.meaning} |`;
  });
  return ['| setting | flag | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}
