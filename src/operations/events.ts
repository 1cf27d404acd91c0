import type { Actor } from "../domain/actor.ts";
import { AppError } from "../domain/errors.ts";
import { type CloudEvent, EventProblem, parseEventRow, toCloudEvent } from "../domain/event.ts";
import { type EventType, eventCatalogue, eventTypes } from "../domain/eventCatalogue.ts";
import type { EventCursor } from "../domain/eventCursor.ts";
import { filtersFor } from "../domain/eventFilter.ts";
import type { Noun } from "../domain/ids.ts";
import type { EventStart, Expired } from "../stores/records/events.ts";
import type { RequestContext } from "./context.ts";
import { authorize, findRefusal, type OperationName, type Permission, permissions } from "./permissions.ts";

export type EventQuery = {
  /** What is wanted: types, or beginnings of them such as `turash.flow.*`; all where null. */
  filters: readonly string[] | null;
  start: EventStart;
  limit: number;
};

/** An event with the cursor behind it. */
export type ListedEvent = { event: CloudEvent; cursor: EventCursor };

export type EventPage = {
  events: ListedEvent[];
  /** Behind all that was looked at, also where no event was of a wanted type. */
  next: EventCursor;
  isMore: boolean;
  /** Whether something is committed that cannot be given before an older transaction ends. */
  isHeldBack: boolean;
};

/** By what operation one reads what an event is about: whoever may not do that learns of no such event. */
export const readingOf: Partial<Record<Noun, OperationName>> = {
  organization: "getOrganization",
  invitation: "listInvitations",
  member: "getMember",
  apiKey: "getApiKey",
  site: "getSite",
  flow: "getFlow",
  match: "getMatch",
  exchange: "getExchange",
  programme: "getProgramme",
  webhook: "getWebhook",
  deadLetter: "listDeadLetters",
};

/** The events that the caller may see, oldest first. */
export async function listEvents(context: RequestContext, query: EventQuery): Promise<EventPage> {
  authorize(context.actor, "listEvents");
  const types = findWantedTypes(context.actor, query.filters);
  const slice = await context.services.events.read(context, query.start, types, query.limit);
  if (typeof slice === "string") throw cursorExpired(slice);
  const { rows, next, isMore, isHeldBack } = slice;
  const events = rows.flatMap(({ place, ...row }) => {
    try {
      return [{ event: toCloudEvent(parseEventRow(row)), cursor: { epoch: next.epoch, ...place } }];
    } catch (problem) {
      if (!(problem instanceof EventProblem)) throw problem;
      // A row that is no event of the catalogue stops nobody behind it.
      console.error(JSON.stringify({ level: "error", event: "event_left_out", eventUuid: row.id, code: problem.code }));
      return [];
    }
  });
  return { events, next, isMore, isHeldBack };
}

/**
 * The types that were asked for and that the caller may read. Errors: `forbidden` where there is a filter none of whose types are
 * the caller's to read.
 */
export function findWantedTypes(actor: Actor, filters: readonly string[] | null): EventType[] {
  const isReadable = (type: EventType) => refusalToRead(actor, type) === null;
  if (filters === null) return eventTypes.filter(isReadable);
  const wanted = filters.flatMap((filter) => {
    const types = eventTypes.filter((type) => filtersFor(type).includes(filter));
    const readable = types.filter(isReadable);
    if (readable.length === 0 && types[0]) throw refusalToRead(actor, types[0]);
    return readable;
  });
  return [...new Set(wanted)];
}

function refusalToRead(actor: Actor, type: EventType): AppError | null {
  if (actor.kind === "operator") return null;
  return findRefusal(actor, readingOperation(type));
}

/** What it takes to learn of events of a type, besides being of an organization that may see the event. */
export function permissionToRead(type: EventType): Permission {
  return permissions[readingOperation(type)];
}

function readingOperation(type: EventType): OperationName {
  const { subject } = eventCatalogue[type];
  // What is of no noun is nobody's but the operator's.
  return (subject && readingOf[subject]) ?? "listDeadLetters";
}

function cursorExpired(why: Expired): AppError {
  const cause =
    why === "forgotten"
      ? "Events behind this cursor are kept no longer"
      : "This cursor is of another history of the database, which was restored since";
  return new AppError("conflict", `${cause}: read the records as they are, then begin anew with from=now.`, {
    reason: "cursor_expired",
  });
}
