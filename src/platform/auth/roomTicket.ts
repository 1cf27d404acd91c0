import baseX from "base-x";
import type { MatchId } from "../../domain/ids.ts";
import { computeDigest, computeSha256, equalBytes, toHex } from "./keyDigest.ts";

const lifetimeMs = 60_000;
const nonceBytes = 16;
const base62 = baseX("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
const encoder = new TextEncoder();

/** A number used once, and proof that it was given here for this room: logs are cleaned of all that begins so. */
const pattern = /^turash_ticket_room_([0-9A-Za-z]{1,22})_([0-9A-Za-z]{1,43})$/;
export const maximumRoomTicketLength = 96;

/** A ticket for a room, and the hash under which what it stands for is kept. */
export async function makeRoomTicket(
  pepper: string,
  matchId: MatchId,
  at: Date,
): Promise<{ ticket: string; hash: string; expiresAt: Date }> {
  const nonce = base62.encode(crypto.getRandomValues(new Uint8Array(nonceBytes)));
  const proof = base62.encode(await computeDigest(pepper, "room-ticket", `${matchId}_${nonce}`));
  const ticket = `turash_ticket_room_${nonce}_${proof}`;
  return { ticket, hash: await hashOf(ticket), expiresAt: new Date(at.getTime() + lifetimeMs) };
}

/** The hash of a ticket that was given here for this room; null for any other text, of which no object need be asked. */
export async function readRoomTicket(pepper: string, matchId: MatchId, ticket: string): Promise<string | null> {
  const [, nonce, proof] = pattern.exec(ticket) ?? [];
  if (!nonce || !proof) return null;
  const expected = base62.encode(await computeDigest(pepper, "room-ticket", `${matchId}_${nonce}`));
  return equalBytes(encoder.encode(proof), encoder.encode(expected)) ? hashOf(ticket) : null;
}

async function hashOf(ticket: string): Promise<string> {
  return toHex(await computeSha256(ticket));
}
