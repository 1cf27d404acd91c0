import * as z from "zod";
import { maximumFieldErrors } from "../../domain/errors.ts";

const fieldErrorSchema = z
  .object({
    pointer: z.string().meta({
      description: "JSON pointer to the field in the body; /path, /query or /headers lead elsewhere",
      example: "/quantity/unit",
    }),
    code: z.string().meta({ example: "unknown_unit" }),
    message: z.string().meta({ example: "kWh is not UCUM; write kW.h" }),
  })
  .meta({ id: "FieldError" });

/** RFC 9457 problem details. */
export const problemSchema = z
  .object({
    type: z.string().meta({ example: "urn:turash:problem:invalid_fields" }),
    title: z.string().meta({ example: "The request is not valid" }),
    status: z.int().meta({ example: 400 }),
    detail: z.string().meta({ example: "One field is wrong." }),
    code: z.enum([
      "invalid",
      "unauthenticated",
      "forbidden",
      "not_found",
      "conflict",
      "precondition_failed",
      "rate_limited",
      "unavailable",
      "deadline_exceeded",
      "internal",
    ]),
    reason: z.string().meta({ description: "finer than the code and as stable", example: "invalid_fields" }),
    requestId: z.string().meta({ example: "9b2f6c1e6b5c4f0e9d3a2f1b7c8d9e0f" }),
    required: z
      .object({ role: z.string().optional(), scope: z.string().optional() })
      .optional()
      .meta({ description: "with 403: the role or the scope that is needed" }),
    errors: z
      .array(fieldErrorSchema)
      .max(maximumFieldErrors)
      .optional()
      .meta({ description: `the first ${maximumFieldErrors} of the wrong fields; \`detail\` says how many there are` }),
  })
  .meta({ id: "Problem", description: "RFC 9457 problem details" });

const titles: Record<number, string> = {
  400: "Something in the request is wrong; `errors` names every field",
  401: "The credential is missing, malformed or refused",
  403: "The caller's role or scope is too small",
  404: "There is none, or it is not the caller's to see",
  409: "In conflict with what stands",
  410: "The cursor leads nowhere any more: read the records, then begin anew",
  412: "The version asked for in If-Match is not the one that stands",
  413: "The body is too large",
  415: "The body is of another media type",
  429: "The address, the credential or the organization has had its share of requests for now",
  422: "The Idempotency-Key was used with another request",
};

const limitHeaders = {
  "Retry-After": {
    description: "seconds until the window ends",
    schema: { type: "integer" as const, minimum: 1 },
    example: 17,
  },
  "RateLimit-Policy": {
    description: "each limit that the request was counted against: its quota and its window in seconds",
    schema: { type: "string" as const },
    example: '"addressPerMinute";q=12000;w=60, "credentialPerMinute";q=6000;w=60',
  },
  RateLimit: {
    description: "what is left of each, and the seconds until it begins anew; on every answer that was counted",
    schema: { type: "string" as const },
    example: '"addressPerMinute";r=11999;t=17, "credentialPerMinute";r=0;t=17',
  },
};

/** The problems that a route may answer with, for its `responses`. */
export function problems<Status extends number>(...statuses: Status[]) {
  const answer = (description: string) => ({
    description,
    content: { "application/problem+json": { schema: problemSchema } },
  });
  const listed = Object.fromEntries(statuses.map((status) => [status, answer(titles[status] ?? "A problem")]));
  return {
    ...listed,
    429: { ...answer(titles[429]!), headers: limitHeaders },
    "4XX": answer("Another fault of the request"),
    "5XX": answer("A fault on this side; try again"),
  } as Record<never, never>;
}

export const listQuery = {
  limit: z.coerce.number().int().min(1).max(200).default(50).meta({ description: "entries a page, 1 to 200" }),
  cursor: z.string().max(500).optional().meta({ description: "`nextCursor` of the page before" }),
};

/** One page of a list. */
export function listOf<Item extends z.ZodType>(id: string, item: Item) {
  return z
    .object({
      data: z.array(item),
      nextCursor: z.string().nullable().meta({ description: "asks for the next page; null on the last" }),
    })
    .meta({ id });
}

export const etagHeader = {
  ETag: {
    description: "version of the resource as a strong entity tag",
    schema: { type: "string" as const },
    example: '"3"',
  },
};

export const ifMatchHeader = z
  .string()
  .max(200)
  .optional()
  .meta({ description: "ETag that must still be current; else 412", example: '"3"' });

export const ifNoneMatchHeader = z
  .string()
  .optional()
  .meta({ description: "ETag that the caller has; the same is answered with 304", example: '"3"' });

export const idempotencyKeyHeader = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[\x21-\x7e]+$/, "printable ASCII without spaces")
  .optional()
  .meta({
    description: "a repeat of the request with the same key within 24 hours gets the first answer again",
    example: "0c5d7a0e-6f0c-4c1e-8a9e-5b7d1f2a3c4d",
  });

export const timestampSchema = z.iso
  .datetime()
  .meta({ description: "RFC 3339 in UTC", example: "2026-11-23T09:30:00.000Z" });

/** What every stored resource has besides its content. */
export const recordFields = {
  version: z.int().positive().meta({ example: 3 }),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
};
