import type { Actor, MemberActor } from "../../domain/actor.ts";
import { unauthenticated } from "../../domain/errors.ts";
import { isApiKeyText } from "./apiKeyText.ts";
import { computeDigest, equalBytes, toHex } from "./keyDigest.ts";

/** A revoked key is refused everywhere within this time: no isolate remembers one for longer. */
export const verificationLifetimeMs = 5_000;
const maximumRemembered = 10_000;

type Remembered = { actor: Actor; until: number; pepper: string; operatorKey: string };

export type Authenticator = {
  operatorKey: string;
  pepper: string;
  findActor(digestHex: string, at: Date): Promise<MemberActor | null>;
};

/** Credentials verified lately, by header; shared by the requests of an isolate and holding nothing that belongs to one. */
const remembered = new Map<string, Remembered>();

/**
 * Who a request speaks for, by its Authorization header. At most one round trip, and none for a key that this isolate has
 * verified in the last five seconds. Throws `unauthenticated` with a reason that tells what is wrong with the credential
 * and never whether an account exists.
 */
export async function authenticate(header: string | undefined, at: Date, authenticator: Authenticator): Promise<Actor> {
  if (!header) throw unauthenticated("credential_missing", "Send an API key: Authorization: Bearer turash_...");
  const { pepper, operatorKey } = authenticator;
  const known = remembered.get(header);
  if (known && known.until > at.getTime() && known.pepper === pepper && known.operatorKey === operatorKey)
    return known.actor;
  const actor = await verify(header, at, authenticator);
  if (remembered.size >= maximumRemembered) remembered.clear();
  remembered.set(header, { actor, until: at.getTime() + verificationLifetimeMs, pepper, operatorKey });
  return actor;
}

async function verify(header: string, at: Date, { operatorKey, pepper, findActor }: Authenticator): Promise<Actor> {
  const text = /^Bearer ([^\s]{1,4096})$/i.exec(header)?.[1];
  if (text === undefined)
    throw unauthenticated("credential_malformed", "The Authorization header must read: Bearer and an API key.");
  if (!isApiKeyText(text))
    throw unauthenticated("credential_malformed", "This is not an API key: its form or its checksum is wrong.");
  const digest = await computeDigest(pepper, "api-key", text);
  if (equalBytes(digest, await computeDigest(pepper, "api-key", operatorKey)))
    return { kind: "operator", credential: `operator:${text.slice(-4)}` };
  const actor = await findActor(toHex(digest), at);
  if (!actor) throw unauthenticated("credential_refused", "This API key is unknown, revoked or expired.");
  return actor;
}
