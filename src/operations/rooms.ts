import { AppError, forbidden, notFound } from "../domain/errors.ts";
import type { MatchId } from "../domain/ids.ts";
import type { RoomEntry } from "../domain/roomFacts.ts";
import type { Participant } from "../rooms/events.ts";
import type { Denial, RoomLogPage, RoomObject, RoomView, TicketGrant } from "../rooms/roomObjects.ts";
import type { RequestContext } from "./context.ts";
import { authorize, authorizeMember, type OperationName } from "./permissions.ts";

/** A pass for one socket of one room. */
export type RoomTicket = { ticket: string; expiresAt: string };

/** Whoever may enter a room, with the object that holds it. */
export type Entered = { entry: RoomEntry; grant: TicketGrant; room: RoomObject };

/** A Worker has six connections at once. */
const atOnce = 6;

export async function getRoom(context: RequestContext, id: MatchId): Promise<RoomView> {
  const { room, entry, grant } = await enterRoom(context, id, "getRoom");
  return settleAdmission(await room.view(entry.facts, grant.participant));
}

/** A part of the log behind a number. Errors: `cursor_expired` where what was asked for is kept no longer. */
export async function listRoomEvents(
  context: RequestContext,
  id: MatchId,
  { after, limit }: { after: number; limit: number },
): Promise<RoomLogPage & { data: NonNullable<RoomLogPage["data"]> }> {
  const { room, entry, grant } = await enterRoom(context, id, "listRoomEvents");
  const { data, ...page } = settleAdmission(await room.readLog(entry.facts, grant.participant, after, limit));
  if (data === null)
    throw new AppError("invalid", `Events are kept from number ${page.firstSeq} on; read the room's state.`, {
      reason: "cursor_expired",
    });
  return { ...page, data };
}

/** A ticket that opens one socket within a minute, for as long as the caller's own credential holds: until `endsAt` at most. */
export async function createRoomTicket(context: RequestContext, id: MatchId, endsAt: Date | null): Promise<RoomTicket> {
  const { room, entry, grant } = await enterRoom(context, id, "createRoomTicket", endsAt);
  const { ticket, hash, expiresAt } = await context.services.rooms.makeTicket(id, context.at);
  settleAdmission(await room.keepTicket(entry.facts, hash, grant, expiresAt.getTime()));
  return { ticket, expiresAt: expiresAt.toISOString() };
}

/** Lets whoever shows its credential itself in by a ticket of its own. */
export async function joinRoom(context: RequestContext, id: MatchId, endsAt: Date | null): Promise<string> {
  authorize(context.actor, "joinRoom");
  return (await createRoomTicket(context, id, endsAt)).ticket;
}

/**
 * Who enters a room: a member of one of the two sides once both have shown interest, or of an organization that facilitates a
 * programme with one of them in it and that a side has invited. For all others there is no such room.
 */
export async function enterRoom(
  context: RequestContext,
  id: MatchId,
  operation: OperationName,
  endsAt: Date | null = null,
): Promise<Entered> {
  const actor = authorizeMember(context.actor, operation);
  const room = context.services.rooms.find(id);
  const entry = await context.services.roomRecords.findEntry(actor, id);
  if (!entry) throw notFound("room");
  const participant: Participant = {
    id: actor.memberId ?? actor.credential,
    organizationId: actor.organizationId,
    side: entry.side,
    role: actor.role,
    name: entry.name,
  };
  return { entry, room, grant: { participant, actor, endsAt: endsAt?.getTime() ?? entry.endsAt } };
}

/** What an object answered to whoever may come in. */
export function settleAdmission<Answer>(answer: Answer): Exclude<Answer, Denial> {
  const denial = answer as unknown as Denial;
  if (denial === "not_invited") throw notFound("room");
  if (denial === "removed")
    throw forbidden("removed_from_room", "Your side has removed you from this room; it can invite you again.");
  return answer as Exclude<Answer, Denial>;
}

export type Drained = { rooms: number; sockets: number; next: MatchId | null };

/** Sends everybody away from so many rooms, in the order of ids behind `after`, before a new version of the service takes their place. */
export async function drainRooms(
  { actor, services }: RequestContext,
  { after, limit, reconnectAfterMs }: { after: MatchId | null; limit: number; reconnectAfterMs: number },
): Promise<Drained> {
  authorize(actor, "drainRooms");
  const ids = await services.roomRecords.listRooms(after, limit);
  let sockets = 0;
  await eachOf(ids, async (id) => {
    const sent = await services.rooms.find(id).drain(reconnectAfterMs);
    sockets += sent;
  });
  return { rooms: ids.length, sockets, next: ids.length === limit ? ids.at(-1)! : null };
}

/** Works on all, as many at once as a Worker may; then throws the first failure, if there was one. */
export async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  for (let from = 0; from < items.length; from += atOnce)
    for (const result of await Promise.allSettled(items.slice(from, from + atOnce).map(work)))
      if (result.status === "rejected") failures.push(result.reason);
  if (failures.length > 0)
    throw new AppError("unavailable", `${failures.length} of ${items.length} rooms did not answer.`, {}, failures[0]);
}
