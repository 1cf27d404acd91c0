import type { Actor, MemberActor } from "../../domain/actor.ts";
import { unauthenticated } from "../../domain/errors.ts";
import { isApiKeyText } from "./apiKeyText.ts";
import { computeDigest, equalBytes, toHex } from "./keyDigest.ts";

/** A revoked key is refused everywhere within this time: no isolate remembers one for longer. */
export const verificationLifetimeMs = 5_000;
const maximumRemembered = 10_000;

type Remembered = { actor: MemberActor; until: number };

export type Authenticator = {
  operatorKey: string;
  pepper: string;
  findActor(digestHex: string, at: Date): Promise<MemberActor | null>;
};

/** Keys verified lately, by digest; shared by the requests of an isolate and holding nothing that belongs to one. */
const remembered = new Map<string, Remembered>();

/**
 * Who a request speaks for, by its Authorization header. At most one round trip, and none for a key that this isolate has
 * verified in the last five seconds. Throws `unauthenticated` with a reason that tells what is wrong with the credential
 * and never whether an account exists.
 */
export async function authenticate(
  header: string | undefined,
  at: Date,
  { operatorKey, pepper, findActor }: Authenticator,
): Promise<Actor> {
  if (!header) throw unauthenticated("credential_missing", "Send an API key: Authorization: Bearer turash_...");
  const match = /^Bearer ([^\s]{1,4096})$/i.exec(header);
  if (!match)
    throw unauthenticated("credential_malformed", "The Authorization header must read: Bearer and an API key.");
  const text = match[1]!;
  if (!isApiKeyText(text))
    throw unauthenticated("credential_malformed", "This is not an API key: its form or its checksum is wrong.");
  const digest = await computeDigest(pepper, "api-key", text);
  if (equalBytes(digest, await operatorDigest(pepper, operatorKey)))
    return { kind: "operator", credential: `operator:${text.slice(-4)}` };
  const digestHex = toHex(digest);
  const known = remembered.get(digestHex);
  if (known && known.until > at.getTime()) return known.actor;
  remembered.delete(digestHex);
  const actor = await findActor(digestHex, at);
  if (!actor) throw unauthenticated("credential_refused", "This API key is unknown, revoked or expired.");
  if (remembered.size >= maximumRemembered) remembered.clear();
  remembered.set(digestHex, { actor, until: at.getTime() + verificationLifetimeMs });
  return actor;
}

let operator: { key: string; pepper: string; digest: Promise<Uint8Array> } | null = null;

function operatorDigest(pepper: string, key: string): Promise<Uint8Array> {
  if (operator?.key !== key || operator.pepper !== pepper)
    operator = { key, pepper, digest: computeDigest(pepper, "api-key", key) };
  return operator.digest;
}
