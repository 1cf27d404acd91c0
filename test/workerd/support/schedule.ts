import { createExecutionContext, createScheduledController, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../../src/index.ts";
import { crons } from "../../../src/operations/schedule.ts";

/** What the platform does each minute. */
export async function runMinute(): Promise<void> {
  const context = createExecutionContext();
  const controller = createScheduledController({ cron: crons.everyMinute, scheduledTime: new Date() });
  await worker.scheduled(controller, env as never, context);
  await waitOnExecutionContext(context);
}
