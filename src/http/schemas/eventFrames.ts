import * as z from "zod";
import { type EndReason, endings } from "../../domain/liveEvents.ts";
import { cloudEventSchema, cursorSchema } from "./event.ts";

/** What a client of the live events' WebSocket sends. */
export const clientFrameSchemas = {
  ping: z.strictObject({ type: z.literal("ping") }),
  ack: z.strictObject({
    type: z.literal("ack"),
    cursor: cursorSchema.meta({ description: "of an event that is dealt with, and those before it" }),
  }),
};

const reasons = Object.keys(endings) as [EndReason, ...EndReason[]];

/** What it is sent. */
export const serverFrameSchemas = {
  event: z.strictObject({ type: z.literal("event"), cursor: cursorSchema, event: cloudEventSchema }),
  ready: z.strictObject({ type: z.literal("ready"), cursor: cursorSchema }),
  pong: z.strictObject({ type: z.literal("pong") }),
  dropped: z.strictObject({
    type: z.literal("dropped"),
    reason: z.enum(reasons),
    detail: z.string(),
    cursor: cursorSchema,
    reconnect: z.enum(["never", "later", "now"]),
  }),
};

export type ServerFrame = z.output<(typeof serverFrameSchemas)[keyof typeof serverFrameSchemas]>;
