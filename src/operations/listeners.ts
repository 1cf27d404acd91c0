import { AppError } from "../domain/errors.ts";
import type { TurashEvent } from "../domain/event.ts";
import { eventCatalogue } from "../domain/eventCatalogue.ts";
import type { Noun } from "../domain/ids.ts";
import type { FeedHolder, Hint } from "../domain/liveEvents.ts";
import type { RequestContext } from "./context.ts";
import { authorize } from "./permissions.ts";

/** A pass for one stream, for clients that can send no Authorization header. */
export type EventTicket = { ticket: string; expiresAt: string };

/** What a change of these may end a credential by. */
const nounsOfCredentials: ReadonlySet<Noun | null> = new Set(["apiKey", "member", "organization"]);
/** A Worker has six connections at once. */
const atOnce = 6;

/**
 * Wakes the objects that hold the listeners of whoever may see the events, each once. Errors: `unavailable` where one of them did
 * not answer; waking the others again does no harm.
 */
export async function wakeListeners({ services }: RequestContext, events: readonly TurashEvent[]): Promise<void> {
  const hints = new Map<FeedHolder, Hint>();
  for (const { type, organizationIds } of events) {
    const hint: Hint = nounsOfCredentials.has(eventCatalogue[type].subject) ? "verify" : "look";
    for (const holder of organizationIds) if (hints.get(holder) !== "verify") hints.set(holder, hint);
  }
  // The operator's own credential ends with no event.
  if (events.length > 0) hints.set("operator", "look");
  const waking = [...hints];
  const failures: unknown[] = [];
  for (let from = 0; from < waking.length; from += atOnce)
    for (const result of await Promise.allSettled(
      waking.slice(from, from + atOnce).map(([holder, hint]) => services.feeds.wake(holder, hint)),
    ))
      if (result.status === "rejected") failures.push(result.reason);
  if (failures.length > 0)
    throw new AppError("unavailable", `${failures.length} of ${waking.length} feeds did not wake.`, {}, failures[0]);
}

/** A ticket that opens one stream within a minute, for as long as the caller's own credential holds: until `endsAt` at most. */
export async function createEventTicket(
  { actor, at, services }: RequestContext,
  endsAt: Date | null,
): Promise<EventTicket> {
  authorize(actor, "createEventTicket");
  return services.feeds.issueTicket(actor, endsAt, at);
}
