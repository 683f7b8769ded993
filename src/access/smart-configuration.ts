/** Where an application finds how to log in. https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html */
import type { CapabilityStatementRestSecurity } from '@medplum/fhirtypes';

/** An authorization server as applications need to know it. */
export interface AuthorizationServer {
  readonly issuer: string;
  readonly jwks?: string | undefined;
  readonly authorizationEndpoint?: string | undefined;
  readonly tokenEndpoint?: string | undefined;
  readonly introspectionEndpoint?: string | undefined;
  readonly capabilities?: readonly string[] | undefined;
}

/** What a server that follows the guide can do, unless the operator says otherwise. */
export const CAPABILITIES = [
  'launch-standalone',
  'client-public',
  'client-confidential-symmetric',
  'client-confidential-asymmetric',
  'context-standalone-patient',
  'permission-patient',
  'permission-user',
  'permission-offline',
  'permission-v1',
  'permission-v2',
  'sso-openid-connect',
];

export function smartConfiguration(server: AuthorizationServer): Record<string, unknown> {
  const { issuer, jwks, authorizationEndpoint, tokenEndpoint, introspectionEndpoint, capabilities } = server;
  return {
    issuer,
    jwks_uri: jwks,
    authorization_endpoint: authorizationEndpoint,
    token_endpoint: tokenEndpoint,
    introspection_endpoint: introspectionEndpoint,
    token_endpoint_auth_methods_supported: ['private_key_jwt', 'client_secret_basic', 'client_secret_post'],
    token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
    grant_types_supported: [
      ...(authorizationEndpoint === undefined ? [] : ['authorization_code']),
      'client_credentials',
    ],
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    scopes_supported: [
      'openid',
      'fhirUser',
      'launch',
      'launch/patient',
      'offline_access',
      ...['patient', 'user', 'system'].flatMap((level) => [`${level}/*.cruds`, `${level}/*.rs`, `${level}/*.read`]),
    ],
    capabilities: capabilities ?? CAPABILITIES,
  };
}

const SERVICES = 'http://terminology.hl7.org/CodeSystem/restful-security-service';

/** For the CapabilityStatement. */
export function securityOf(
  server: AuthorizationServer | undefined,
  takesCertificates: boolean,
): CapabilityStatementRestSecurity {
  const codes = [
    ...(server === undefined ? [] : ['SMART-on-FHIR', 'OAuth']),
    ...(takesCertificates ? ['Certificates'] : []),
  ];
  const addresses = [
    ['authorize', server?.authorizationEndpoint],
    ['token', server?.tokenEndpoint],
    ['introspect', server?.introspectionEndpoint],
  ].flatMap(([url, valueUri]) => (url === undefined || valueUri === undefined ? [] : { url, valueUri }));
  return {
    ...(addresses.length > 0 && {
      extension: [
        { url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris', extension: addresses },
      ],
    }),
    cors: false,
    service: codes.map((code) => ({ coding: [{ system: SERVICES, code }] })),
  };
}
