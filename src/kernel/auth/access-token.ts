/** `iss` of access tokens: the product, not the address it is reached under, so that tokens outlive a move. */
export const TOKEN_ISSUER = 'mainstay';
/** `aud` of access tokens that this API accepts. */
export const TOKEN_AUDIENCE = 'mainstay-api';
/** `typ` header of access tokens (RFC 9068): an id token is never taken for one. */
export const TOKEN_TYPE = 'at+jwt';
/** The one algorithm. */
export const TOKEN_ALGORITHM = 'ES256';
/** Longer ones are refused unread (bytes). */
export const TOKEN_MAX_LENGTH = 4096;
