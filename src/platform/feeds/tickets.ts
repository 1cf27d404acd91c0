import baseX from "base-x";
import type { Actor } from "../../domain/actor.ts";
import { AppError, unauthenticated } from "../../domain/errors.ts";
import { isId } from "../../domain/ids.ts";
import type { FeedHolder } from "../../domain/liveEvents.ts";
import type { EventTicket } from "../../operations/listeners.ts";
import { computeDigest, equalBytes } from "../auth/keyDigest.ts";
import { type FeedObjects, holderOf, type TicketGrant } from "./feedObjects.ts";

const lifetimeMs = 60_000;
const nonceBytes = 16;
const base62 = baseX("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
const encoder = new TextEncoder();

/** `turash_ticket_`, whose it is, a number used once, and proof that it was given here: logs are cleaned of all that begins so. */
const pattern = /^turash_ticket_(operator|[0-9a-z]{26})_([0-9A-Za-z]{1,22})_([0-9A-Za-z]{1,43})$/;
export const maximumTicketLength = 128;

/** Gives a ticket and leaves in the holder's object what it stands for. */
export async function issueTicket(
  objects: FeedObjects | undefined,
  pepper: string,
  actor: Actor,
  endsAt: Date | null,
  at: Date,
): Promise<EventTicket> {
  if (!objects)
    throw new AppError("unavailable", "This deployment has no place to keep tickets.", { reason: "tickets_not_kept" });
  const holder = holderOf(actor);
  const nonce = base62.encode(crypto.getRandomValues(new Uint8Array(nonceBytes)));
  const expiresAt = at.getTime() + lifetimeMs;
  await objects.getByName(holder).keepTicket(nonce, { actor, endsAt: endsAt?.getTime() ?? null }, expiresAt);
  const body = `${holder.replace("org_", "")}_${nonce}`;
  const proof = base62.encode(await computeDigest(pepper, "event-ticket", body));
  return { ticket: `turash_ticket_${body}_${proof}`, expiresAt: new Date(expiresAt).toISOString() };
}

/** Whom a ticket lets in, once. Errors: `unauthenticated`; one that was not given here is refused without asking an object. */
export async function redeemTicket(
  objects: FeedObjects | undefined,
  pepper: string,
  ticket: string,
  at: Date,
): Promise<TicketGrant> {
  const [, name, nonce, proof] = pattern.exec(ticket) ?? [];
  const holder = name === "operator" ? name : `org_${name}`;
  if (!objects || !name || !nonce || !proof || !isHolder(holder)) throw refused();
  const expected = base62.encode(await computeDigest(pepper, "event-ticket", `${name}_${nonce}`));
  if (!equalBytes(encoder.encode(proof), encoder.encode(expected))) throw refused();
  const grant = await objects.getByName(holder).takeTicket(nonce, at.getTime());
  if (!grant) throw refused();
  return grant;
}

function isHolder(text: string): text is FeedHolder {
  return text === "operator" || isId("organization", text);
}

function refused(): AppError {
  return unauthenticated(
    "ticket_refused",
    "This ticket is unknown, over or used: each opens one stream within a minute.",
  );
}
