import * as z from "zod";
import { type EventType, eventCatalogue, isEventType } from "./eventCatalogue.ts";
import { type EventId, type Id, idFromUuid, idSchema, type Noun, type OrganizationId } from "./ids.ts";

/** Something that happened, as it is kept with the change that caused it. */
export type TurashEvent = {
  id: EventId;
  type: EventType;
  /** The id of what it is about; null for what is of no noun. */
  subject: Id<Noun> | null;
  /** RFC 3339 in UTC. */
  time: string;
  /** As the catalogue says for the type. */
  data: Record<string, unknown>;
  /** Who may see it. */
  organizationIds: readonly OrganizationId[];
  /** The W3C trace context of the change. */
  traceparent: string | null;
};

/** CloudEvents 1.0, structured JSON: what listeners and subscribers get. It names nobody who may see it. */
export type CloudEvent = {
  specversion: "1.0";
  id: EventId;
  source: typeof eventSource;
  type: EventType;
  subject?: Id<Noun>;
  time: string;
  datacontenttype: "application/json";
  /** The shape of `data`, which changes with its last part. */
  dataschema: string;
  data: Record<string, unknown>;
  traceparent?: string;
};

export const eventSource = "urn:turash:api";

export function toCloudEvent({ id, type, subject, time, data, traceparent }: TurashEvent): CloudEvent {
  return {
    specversion: "1.0",
    id,
    source: eventSource,
    type,
    ...(subject !== null && { subject }),
    time,
    datacontenttype: "application/json",
    dataschema: `urn:turash:event:${type}:${eventCatalogue[type].version}`,
    data,
    ...(traceparent !== null && { traceparent }),
  };
}

/** Why something that should be an event is none; `code` is stable. */
export class EventProblem extends Error {
  override name = "EventProblem";
  readonly code: "malformed" | "unknown_type" | "unknown_version" | "undeliverable";

  constructor(code: EventProblem["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** An event as a row of the outbox gives it, its ids still UUIDs. */
export type EventRow = {
  id: string;
  type: string;
  subjectId: string;
  organizationIds: readonly string[];
  time: string;
  data: unknown;
  traceparent: string | null;
};

/** Errors: `EventProblem` for a type that the catalogue does not have and for data of another shape. */
export function parseEventRow(row: EventRow): TurashEvent {
  const definition = definitionOf(row.type);
  return {
    id: idFromUuid("event", row.id),
    type: row.type as EventType,
    subject: definition.subject && idFromUuid(definition.subject, row.subjectId),
    time: new Date(row.time).toISOString(),
    data: parseData(row.type, definition.data, row.data),
    organizationIds: row.organizationIds.map((id) => idFromUuid("organization", id)),
    traceparent: row.traceparent,
  };
}

/** What a queue carries: the event as others see it, and beside it who may see it. */
export type EventMessage = { event: CloudEvent; organizationIds: readonly OrganizationId[] };

export function toMessage(event: TurashEvent): EventMessage {
  return { event: toCloudEvent(event), organizationIds: event.organizationIds };
}

const messageSchema = z.object({
  event: z.object({
    specversion: z.literal("1.0"),
    id: idSchema("event"),
    type: z.string(),
    subject: z.string().optional(),
    time: z.string(),
    dataschema: z.string(),
    data: z.unknown(),
    traceparent: z.string().optional(),
  }),
  organizationIds: z.array(idSchema("organization")),
});

/** Errors: `EventProblem` that says why a message is none of ours, or of a version that this code does not know. */
export function parseMessage(body: unknown): TurashEvent {
  const parsed = messageSchema.safeParse(body);
  if (!parsed.success) throw new EventProblem("malformed", `The message is no event: ${z.prettifyError(parsed.error)}`);
  const { event, organizationIds } = parsed.data;
  const { id, type, time, traceparent = null } = event;
  const definition = definitionOf(type);
  const version = event.dataschema.split(":").at(-1);
  if (version !== String(definition.version))
    throw new EventProblem(
      "unknown_version",
      `${type} of version ${version} is not known, only ${definition.version}.`,
    );
  const data = parseData(type, definition.data, event.data);
  if ((definition.subject === null) !== (event.subject === undefined))
    throw new EventProblem("malformed", `${type} ${definition.subject ? "lacks its" : "has a"} subject.`);
  const subject = (event.subject ?? null) as TurashEvent["subject"];
  return { id, type: type as EventType, subject, time, data, organizationIds, traceparent };
}

/** The id of the event that a refused message speaks of, where it can be made out. */
export function readEventId(body: unknown): EventId | null {
  const parsed = z.object({ event: z.object({ id: idSchema("event") }) }).safeParse(body);
  return parsed.success ? parsed.data.event.id : null;
}

function definitionOf(type: string) {
  if (!isEventType(type)) throw new EventProblem("unknown_type", `${type} is not in the catalogue of events.`);
  return eventCatalogue[type];
}

function parseData(type: string, schema: z.ZodObject, data: unknown): Record<string, unknown> {
  const parsed = schema.safeParse(data);
  if (!parsed.success)
    throw new EventProblem("malformed", `The data of ${type} is wrong: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
