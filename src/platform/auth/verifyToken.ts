import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from "jose";
import { unauthenticated } from "../../domain/errors.ts";
import { isKeepable } from "../../domain/text.ts";
import type { KeySets } from "./keySets.ts";

/** The OpenID provider whose tokens are taken. */
export type Provider = { issuer: string; audience: string; algorithms: readonly string[] };

/** Signatures by a private key; a shared secret, or none, would let whoever has the public key sign. */
export const signatureAlgorithms = ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"] as const;

/** How far the clocks of provider and Worker may be apart. */
const leewaySeconds = 30;
const maximumTokenLength = 8_192;

/** Three parts in base64url: a token and not a key. */
export const tokenPattern = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * The claims of a JWT (RFC 7519) whose signature, issuer, audience and times hold. Throws `unauthenticated` with a reason
 * that tells what is wrong with the token, and `unavailable` when the provider's keys cannot be had.
 */
export async function verifyToken(
  token: string,
  provider: Provider,
  keySets: KeySets,
  at: Date,
): Promise<JWTPayload & { sub: string; exp: number }> {
  try {
    checkBeforeKeys(token, provider);
    const verify = async () =>
      jwtVerify<{ sub: string; exp: number }>(token, await keySets.find(provider.issuer, at), {
        issuer: provider.issuer,
        audience: provider.audience,
        algorithms: [...provider.algorithms],
        clockTolerance: leewaySeconds,
        currentDate: at,
        requiredClaims: ["sub", "exp"],
      });
    const { payload } = await verify().catch(async (error: unknown) => {
      const isUnknown = error instanceof errors.JWKSNoMatchingKey;
      if (isUnknown && (await keySets.renew(provider.issuer, at))) return verify();
      throw error;
    });
    const { sub } = payload;
    if (typeof sub !== "string" || sub === "" || sub.length > 255 || !isKeepable(sub)) throw malformed();
    return payload;
  } catch (error) {
    throw explain(error);
  }
}

/** When the token of an Authorization header, which was verified, ends; null where the header has none. */
export function readTokenEnd(header: string | undefined): Date | null {
  const token = header?.split(" ")[1] ?? "";
  const { exp } = tokenPattern.test(token) && !token.startsWith("turash_") ? decodeJwt(token) : {};
  return exp === undefined ? null : new Date(exp * 1_000);
}

/** What needs no key: a token of somebody else's provider makes nobody ask for keys. */
function checkBeforeKeys(token: string, { issuer, algorithms }: Provider): void {
  if (token.length > maximumTokenLength || !tokenPattern.test(token)) throw malformed();
  const { alg } = decodeProtectedHeader(token);
  if (typeof alg !== "string" || !algorithms.includes(alg))
    throw unauthenticated("credential_wrong_algorithm", "The token is not signed by an algorithm that is taken here.");
  if (decodeJwt(token).iss !== issuer) throw wrongIssuer();
}

const malformed = () => unauthenticated("credential_malformed", "This is neither an API key nor a signed token.");
const unknownKey = () =>
  unauthenticated(
    "credential_unknown_key",
    "The token names a key that its issuer does not have, or that is not sound.",
  );
const wrongIssuer = () => unauthenticated("credential_wrong_issuer", "The token is of another issuer.");

function explain(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return unauthenticated("credential_expired", "The token has expired.");
  if (error instanceof errors.JWTClaimValidationFailed)
    switch (error.claim) {
      case "nbf":
        return unauthenticated("credential_not_yet_valid", "The token is not valid yet.");
      case "iss":
        return wrongIssuer();
      case "aud":
        return unauthenticated("credential_wrong_audience", "The token is for another audience.");
      default:
        return malformed();
    }
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return unauthenticated("credential_wrong_signature", "The token's signature does not hold.");
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return unknownKey();
  // The runtime's own: the issuer has the key, and it is none that can be used.
  if (error instanceof DOMException) return unknownKey();
  if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof SyntaxError)
    return malformed();
  return error;
}
