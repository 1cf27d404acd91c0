import type { Actor } from "../../domain/actor.ts";
import type { FeedHolder, Hint } from "../../domain/liveEvents.ts";

/** Whom a ticket lets in: as verified when it was given, and until when its credential holds at most, in milliseconds. */
export type TicketGrant = { actor: Actor; endsAt: number | null };

/** The objects that hold streams, one for each holder. */
export type FeedObjects = {
  getByName(name: FeedHolder): {
    fetch(address: string, init: { headers: Record<string, string> }): Promise<Response>;
    wake(hint: Hint): Promise<number>;
    keepTicket(nonce: string, grant: TicketGrant, expiresAt: number): Promise<void>;
    takeTicket(nonce: string, at: number): Promise<TicketGrant | null>;
  };
};

/** How many streams the object may hold. */
export const maximumHeader = "turash-maximum-listeners";

/** Whose streams a caller's are. */
export function holderOf(actor: Actor): FeedHolder {
  return actor.kind === "operator" ? "operator" : actor.organizationId;
}
