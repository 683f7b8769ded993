/** What is answered to who does not prove who he is; which rule he broke is not told. https://www.rfc-editor.org/rfc/rfc6750#section-3.1 */
export const AUTHENTICATION_ERRORS = {
  'not-authenticated': {
    status: 401,
    issue: 'login',
    en: 'This server answers to known callers: send a valid access token (Authorization: Bearer) or client certificate.',
    fr: 'Ce serveur répond à qui est connu : joignez un jeton d’accès valide (Authorization: Bearer) ou un certificat client.',
  },
  'token-in-url': {
    status: 400,
    issue: 'security',
    en: 'A token must not stand in a URL, where logs keep it: send it in the Authorization header, and have this one withdrawn.',
    fr: 'Un jeton ne doit pas figurer dans une URL, que les journaux conservent : envoyez-le dans l’en-tête Authorization, et faites révoquer celui-ci.',
  },
  'too-many-failures': {
    status: 429,
    issue: 'throttled',
    en: 'Too many tokens from this address were not valid; try again in {seconds} s.',
    fr: 'Trop de jetons venus de cette adresse n’étaient pas valides ; réessayez dans {seconds} s.',
  },
  'issuer-unavailable': {
    status: 503,
    issue: 'transient',
    en: 'The authorization server that knows the token cannot be asked; try again shortly.',
    fr: 'Le serveur d’autorisation qui connaît le jeton ne peut être interrogé ; réessayez sous peu.',
  },
} as const;
