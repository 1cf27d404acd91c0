import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { createRouter } from "./environment.ts";
import { type BeginRequest, open } from "./middleware/authenticated.ts";
import { toAppError } from "./problem.ts";
import { problems } from "./schemas/answers.ts";

const liveSchema = z.object({ status: z.literal("live") }).meta({ id: "Live" });
const readySchema = z
  .object({
    status: z.enum(["ready", "not_ready"]),
    dependencies: z.array(
      z.object({
        name: z.string(),
        status: z.enum(["up", "down"]),
        latencyMs: z.number().nullable(),
        reason: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: "Readiness" });

const liveRoute = createRoute({
  operationId: "getLiveness",
  tags: ["health"],
  summary: "Whether the Worker runs",
  description: "Asks nothing of anything else.",
  method: "get",
  path: "/health/live",
  security: [],
  responses: {
    200: { description: "It runs", content: { "application/json": { schema: liveSchema } } },
    ...problems(400),
  },
});

const readyRoute = createRoute({
  operationId: "getReadiness",
  tags: ["health"],
  summary: "Whether everything that the Worker needs answers, and how fast",
  description: "Asks each dependency; 503 when one that is needed is away.",
  method: "get",
  path: "/health/ready",
  security: [],
  responses: {
    200: { description: "All that is needed is there", content: { "application/json": { schema: readySchema } } },
    503: { description: "Something that is needed is away", content: { "application/json": { schema: readySchema } } },
    ...problems(400),
  },
});

export function health(begin: BeginRequest) {
  return createRouter()
    .openapi(liveRoute, (c) => c.json({ status: "live" as const }, 200))
    .openapi(readyRoute, async (c) => {
      c.header("cache-control", "no-store");
      try {
        const opened = await open(begin, c);
        const latencyMs = await opened.pingDatabase();
        return c.json(
          {
            status: "ready" as const,
            dependencies: [{ name: "postgresql", status: "up" as const, latencyMs, reason: null }],
          },
          200,
        );
      } catch (error) {
        const { code, message } = toAppError(error);
        if (code === "rate_limited") throw error;
        return c.json(
          {
            status: "not_ready" as const,
            dependencies: [{ name: "postgresql", status: "down" as const, latencyMs: null, reason: message }],
          },
          503,
        );
      }
    });
}
