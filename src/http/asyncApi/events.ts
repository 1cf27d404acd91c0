import * as z from "zod";
import { type EventType, eventCatalogue, eventTypes } from "../../domain/eventCatalogue.ts";
import { idSchema } from "../../domain/ids.ts";
import { endings, eventsProtocol } from "../../domain/liveEvents.ts";
import { maximumTicketLength } from "../../platform/feeds/tickets.ts";
import { cloudEventSchema, cursorSchema } from "../schemas/event.ts";
import { clientFrameSchemas, serverFrameSchemas } from "../schemas/eventFrames.ts";
import type { JsonSchema, SchemaComponents } from "./components.ts";
import type { ChannelDescription } from "./document.ts";

const closeCodes = Object.entries(endings)
  .map(([reason, { closeCode, reconnect }]) => `${closeCode} ${reason} (come back: ${reconnect})`)
  .join(", ");

/** The live events' WebSocket. */
export const eventSocketChannel: ChannelDescription = {
  address: "/v1/events/stream",
  title: "What happens, as it happens",
  description: `A WebSocket with the subprotocol ${eventsProtocol}, for callers with a credential or a ticket. The same path answers a GET with server-sent events: each event's data is the CloudEvent and its id the cursor; \`ready\` and \`dropped\` are events of those names. Close codes: ${closeCodes}.`,
  query: z.object({
    types: z
      .string()
      .optional()
      .meta({ description: "types of events, or beginnings that end in .*, with commas between" }),
    after: cursorSchema.optional().meta({ description: "only what comes behind this cursor" }),
    from: z.enum(["oldest", "now"]).optional(),
    ticket: z.string().max(maximumTicketLength).optional().meta({ description: "of POST /v1/events/tickets" }),
  }),
  receives: {
    ping: { summary: "Asks whether the connection lives", schema: clientFrameSchemas.ping },
    ack: { summary: "An event and those before it are dealt with", schema: clientFrameSchemas.ack },
  },
  sends: {
    event: {
      summary: "Something happened",
      schema: (components) => ({
        ...components.describe(serverFrameSchemas.event, "output"),
        properties: {
          ...components.describe(serverFrameSchemas.event, "output").properties,
          event: { oneOf: eventTypes.map((type) => describeEvent(type, components)) },
        },
      }),
    },
    ready: { summary: "All that was there is told", schema: serverFrameSchemas.ready },
    pong: { summary: "To a ping", schema: serverFrameSchemas.pong },
    dropped: { summary: "The last frame, and why", schema: serverFrameSchemas.dropped },
  },
};

/** An organization's own address, to which events are posted. */
export const webhookChannel: ChannelDescription = {
  address: null,
  title: "Webhooks",
  description:
    "The address that an owner gave with POST /v1/webhooks. Each event is a POST, signed by Standard Webhooks 1.0 and sent again until the receiver answers 2xx; one that comes again has the same webhook-id.",
  receives: {},
  sends: Object.fromEntries(
    eventTypes.map((type) => [
      type,
      {
        summary: `${type}, version ${eventCatalogue[type].version}`,
        contentType: "application/cloudevents+json",
        headers: z
          .object({
            "webhook-id": idSchema("event"),
            "webhook-timestamp": z.string().meta({ description: "seconds since 1970" }),
            "webhook-signature": z.string().meta({ description: "HMAC-SHA-256 by each valid secret: v1,..." }),
          })
          .meta({ id: "WebhookHeaders" }),
        schema: (components) => describeEvent(type, components),
      },
    ]),
  ),
};

/** A CloudEvent of one type: what all of them have, and what is its own. */
function describeEvent(type: EventType, components: SchemaComponents): JsonSchema {
  const { subject, version, data } = eventCatalogue[type];
  return components.keep(type, {
    allOf: [
      components.describe(cloudEventSchema, "output"),
      {
        type: "object",
        properties: {
          type: { const: type },
          dataschema: { const: `urn:turash:event:${type}:${version}` },
          data: components.describe(data, "output"),
          ...(subject !== null && { subject: components.describe(idSchema(subject), "output") }),
        },
        required: subject === null ? ["data"] : ["data", "subject"],
      },
    ],
  });
}
