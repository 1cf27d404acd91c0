import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import type { Dependency } from "../operations/context.ts";
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
        isNeeded: z.boolean().meta({ description: "whether the API answers nothing without it" }),
        status: z.enum(["up", "down"]),
        latencyMs: z.number().nullable(),
        reason: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: "Readiness" });

type AskedDependency = z.infer<typeof readySchema>["dependencies"][number];

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
      const opened = await open(begin, c);
      const dependencies = await Promise.all(opened.dependencies().map(ask));
      const isReady = dependencies.every(({ isNeeded, status }) => !isNeeded || status === "up");
      return isReady
        ? c.json({ status: "ready" as const, dependencies }, 200)
        : c.json({ status: "not_ready" as const, dependencies }, 503);
    });
}

async function ask({ name, isNeeded, ping }: Dependency): Promise<AskedDependency> {
  const before = performance.now();
  try {
    await ping();
    return { name, isNeeded, status: "up", latencyMs: performance.now() - before, reason: null };
  } catch (error) {
    return { name, isNeeded, status: "down", latencyMs: null, reason: toAppError(error).message };
  }
}
