import type { Actor } from "../../domain/actor.ts";
import { unauthenticated } from "../../domain/errors.ts";
import { isApiKeyText } from "./apiKeyText.ts";
import { computeDigest, equalBytes, toHex } from "./keyDigest.ts";
import { tokenPattern } from "./verifyToken.ts";

/** A revoked key is refused everywhere within this time: no isolate remembers one for longer. */
export const verificationLifetimeMs = 5_000;
const maximumRemembered = 10_000;

/** Whom a credential speaks for, and from when on it does not; null where it does not expire. */
export type Verified<A extends Actor = Actor> = { actor: A; expiresAt: Date | null };

type Remembered = { actor: Actor; until: number; pepper: string; operatorKey: string };

export type Authenticator = {
  operatorKey: string;
  pepper: string;
  findActor(digestHex: string, at: Date): Promise<Verified | null>;
  /** Verifies a JWT; null where no provider is configured. */
  verifySignIn: ((token: string, at: Date) => Promise<Verified>) | null;
};

/** Verifies credentials and remembers them for a while, as one isolate does. */
export type Verifications = ReturnType<typeof createVerifications>;

/**
 * A memory of credentials verified lately, by header; shared by the requests of an isolate and holding nothing that belongs
 * to one.
 */
export function createVerifications() {
  const remembered = new Map<string, Remembered>();

  return Object.assign(authenticate, {
    /** The same, asked for whatever is remembered, which a refusal ends. */
    async anew(header: string, at: Date, authenticator: Authenticator): Promise<Actor> {
      remembered.delete(header);
      return verifyAnew(header, at, authenticator);
    },
  });

  /**
   * Who a request speaks for, by its Authorization header; at once where that is remembered. At most one round trip, and none for a key that was verified in
   * the last five seconds. Throws `unauthenticated` with a reason that tells what is wrong with the credential and never
   * whether an account exists.
   */
  function authenticate(header: string | undefined, at: Date, authenticator: Authenticator): Actor | Promise<Actor> {
    if (!header)
      throw unauthenticated(
        "credential_missing",
        "Send an API key, or a token of the sign-in provider, as the bearer token of the Authorization header.",
      );
    const { pepper, operatorKey } = authenticator;
    const known = remembered.get(header);
    if (known && known.until > at.getTime() && known.pepper === pepper && known.operatorKey === operatorKey)
      return known.actor;
    return verifyAnew(header, at, authenticator);
  }

  async function verifyAnew(header: string, at: Date, authenticator: Authenticator): Promise<Actor> {
    const { pepper, operatorKey } = authenticator;
    const { actor, expiresAt } = await verify(header, at, authenticator);
    if (remembered.size >= maximumRemembered) remembered.clear();
    const until = Math.min(at.getTime() + verificationLifetimeMs, expiresAt?.getTime() ?? Number.POSITIVE_INFINITY);
    remembered.set(header, { actor, until, pepper, operatorKey });
    return actor;
  }
}

/** The memory of this isolate. */
export const authenticate = createVerifications();

async function verify(header: string, at: Date, authenticator: Authenticator): Promise<Verified> {
  const text = /^Bearer ([^\s]{1,8192})$/i.exec(header)?.[1];
  if (text === undefined)
    throw unauthenticated(
      "credential_malformed",
      "The Authorization header must read: Bearer and an API key or a JWT.",
    );
  if (text.startsWith("turash_") || !tokenPattern.test(text)) return verifyKey(text, at, authenticator);
  if (authenticator.verifySignIn === null)
    throw unauthenticated(
      "sign_in_not_configured",
      "This deployment takes API keys only: no OpenID provider is configured.",
    );
  return authenticator.verifySignIn(text, at);
}

async function verifyKey(text: string, at: Date, { operatorKey, pepper, findActor }: Authenticator): Promise<Verified> {
  if (!isApiKeyText(text))
    throw unauthenticated("credential_malformed", "This is not an API key: its form or its checksum is wrong.");
  const digest = await computeDigest(pepper, "api-key", text);
  if (equalBytes(digest, await computeDigest(pepper, "api-key", operatorKey)))
    return { actor: { kind: "operator", credential: `operator:${text.slice(-4)}` }, expiresAt: null };
  const verified = await findActor(toHex(digest), at);
  if (!verified) throw unauthenticated("credential_refused", "This API key is unknown, revoked or expired.");
  return verified;
}
