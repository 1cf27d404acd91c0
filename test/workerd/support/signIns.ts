import { env } from "cloudflare:workers";
import { importJWK, type JWTPayload, SignJWT } from "jose";
import { interceptOutbound, sqlAddress } from "./outbound.ts";

type SignInBindings = { OIDC_ISSUER: string; OIDC_AUDIENCE: string; TEST_SIGNING_KEY: string };
export const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, TEST_SIGNING_KEY } = env as unknown as SignInBindings;
const jwk = JSON.parse(TEST_SIGNING_KEY);
/** The key by which tokens are verified, as a provider would tell it. */
export const { d: _private, ...publicJwk } = jwk;

export type TokenOptions = {
  claims?: JWTPayload;
  header?: { alg?: string; kid?: string; jku?: string; x5u?: string };
  /** Seconds from now. */
  expiresIn?: number;
  notBefore?: number;
};

/** A token as the provider would sign it for somebody; claims of null are left out. */
export async function signToken({
  claims = {},
  header = {},
  expiresIn = 300,
  notBefore,
}: TokenOptions = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const payload = { iss: issuer, aud: audience, sub: crypto.randomUUID(), iat: now, exp: now + expiresIn, ...claims };
  if (notBefore !== undefined) payload.nbf = now + notBefore;
  for (const [name, value] of Object.entries(payload)) if (value === null) delete (payload as JWTPayload)[name];
  return new SignJWT(payload as JWTPayload)
    .setProtectedHeader({ alg: "ES256", kid: "first", ...header })
    .sign(await importJWK(jwk, "ES256"));
}

/** A provider of its own for one test, which answers as it is told; everything else is asked as ever. What the Worker asks it is given. */
export function serveProvider(
  answer: (url: string, issuer: string, init: RequestInit) => Response | Promise<Response>,
) {
  const OIDC_ISSUER = `https://${crypto.randomUUID()}.provider.example`;
  const asked = interceptOutbound((url, init) => (url === sqlAddress ? null : answer(url, OIDC_ISSUER, init)));
  return { OIDC_ISSUER, asked };
}

/** A token of whatever parts, with a signature that need not be one. */
export function encodeToken(header: object, claims: object, signature: string): string {
  const encode = (part: object) =>
    btoa(JSON.stringify(part)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${encode(header)}.${encode(claims)}.${signature}`;
}

/** Claims of somebody whose e-mail the provider has verified. */
export function person(email = `${crypto.randomUUID()}@example.org`, claims: JWTPayload = {}) {
  return { sub: crypto.randomUUID(), email, email_verified: true, name: "Kirsten Holm", ...claims };
}
