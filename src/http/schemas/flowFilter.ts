import * as z from "zod";
import { invalidField } from "../../domain/errors.ts";
import { directions, externalIdSchema, flowStatuses, gradeSlugSchema, kinds } from "../../domain/flow.ts";
import type { FlowFilter } from "../../domain/flowFilter.ts";
import { type Position, positionSchema } from "../../domain/geography.ts";
import { idSchema } from "../../domain/ids.ts";
import { instantSchema } from "../../domain/instant.ts";

const number = String.raw`-?\d+(?:\.\d+)?`;

/** The filters of a list of flows, as query parameters. */
export const flowFilterSchema = {
  direction: z.enum(directions).optional(),
  kind: z.enum(kinds).optional(),
  grade: gradeSlugSchema.optional(),
  status: z.enum(flowStatuses).optional(),
  siteId: idSchema("site").optional(),
  organizationId: idSchema("organization").optional(),
  externalId: externalIdSchema.optional(),
  updatedAfter: instantSchema.optional().meta({ description: "RFC 3339", example: "2026-11-01T00:00:00Z" }),
  near: z
    .string()
    .max(100)
    .regex(new RegExp(`^${number},${number}$`), "must be longitude,latitude")
    .optional()
    .meta({ description: "longitude,latitude in degrees; needs radiusMeters", example: "11.09,55.66" }),
  radiusMeters: z.coerce
    .number()
    .positive()
    .max(1_000_000)
    .optional()
    .meta({ description: "with `near`: great-circle distance, at most 1,000 km", example: 5_000 }),
  bbox: z
    .string()
    .max(200)
    .regex(new RegExp(`^${number}(?:,${number}){3}$`), "must be west,south,east,north")
    .optional()
    .meta({
      description: "west,south,east,north in degrees; west greater than east crosses the antimeridian",
      example: "11,55.5,11.3,55.8",
    }),
};

type FlowFilterQuery = z.output<z.ZodObject<typeof flowFilterSchema>>;

/** The filter behind the parameters; `invalid` for positions out of range and halves of a pair. */
export function readFlowFilter({ near, radiusMeters, bbox, ...filter }: FlowFilterQuery): FlowFilter {
  if (near === undefined && radiusMeters !== undefined)
    throw invalidField("/query/near", "missing", "radiusMeters needs near");
  if (near !== undefined && radiusMeters === undefined)
    throw invalidField("/query/radiusMeters", "missing", "near needs radiusMeters");
  return {
    ...filter,
    ...(near === undefined || radiusMeters === undefined
      ? {}
      : { near: { position: readPosition("/query/near", numbers(near)), radiusMeters } }),
    ...(bbox === undefined ? {} : { bbox: readBox(numbers(bbox)) }),
  };
}

function numbers(text: string): number[] {
  return text.split(",").map(Number);
}

function readPosition(pointer: string, values: number[]): Position {
  const parsed = positionSchema.safeParse(values);
  if (!parsed.success)
    throw invalidField(pointer, "out_of_range", parsed.error.issues[0]?.message ?? "is not a position");
  return parsed.data;
}

function readBox(values: number[]): readonly [number, number, number, number] {
  const [west, south] = readPosition("/query/bbox", values.slice(0, 2));
  const [east, north] = readPosition("/query/bbox", values.slice(2));
  if (south > north) throw invalidField("/query/bbox", "out_of_range", "south is north of north");
  return [west, south, east, north];
}
