import * as z from "zod";
import { eventSource } from "../../domain/event.ts";
import { eventTypes } from "../../domain/eventCatalogue.ts";
import { maximumCursorLength } from "../../domain/eventCursor.ts";
import { eventFiltersSchema } from "../../domain/eventFilter.ts";
import { idSchema } from "../../domain/ids.ts";
import { timestampSchema } from "./answers.ts";

export const cloudEventSchema = z
  .object({
    specversion: z.literal("1.0"),
    id: idSchema("event"),
    source: z.literal(eventSource),
    type: z.enum(eventTypes),
    subject: z.string().optional().meta({
      description: "the id of what it is about",
      example: "flow_01jd7p3v2fe1k9wx5m7t8q4z6c",
    }),
    time: timestampSchema,
    datacontenttype: z.literal("application/json"),
    dataschema: z.string().meta({ example: "urn:turash:event:turash.flow.updated:1" }),
    data: z
      .record(z.string(), z.unknown())
      .meta({ description: "`version` of the subject, and more by type", example: { version: 3 } }),
    traceparent: z.string().optional(),
  })
  .meta({ id: "CloudEvent", description: "CloudEvents 1.0, structured JSON" });

export const cursorSchema = z
  .string()
  .min(1)
  .max(maximumCursorLength)
  .regex(/^[\w-]+$/, "is not a cursor that this API gave");

export const typesParameter = eventFiltersSchema.optional().meta({
  type: "string",
  description:
    "types of events, or beginnings of them that end in .*, with commas between; all that the caller may read where absent",
  example: "turash.match.*,turash.flow.updated",
});

export const afterParameter = cursorSchema.optional().meta({ description: "a cursor: only what comes behind it" });
