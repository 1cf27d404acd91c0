import { createApp } from "./app.ts";
import { openSchedule, receiveBatch } from "./background.ts";
import { readGatewaySettings } from "./env.ts";
import { runSchedule } from "./operations/schedule.ts";
import { openRequest } from "./request.ts";
import { openRoomRecords } from "./roomRecords.ts";
import { defineMatchRoom } from "./rooms/MatchRoom.ts";

export { OrganizationFeed } from "./platform/feeds/OrganizationFeed.ts";
export { OrganizationQuota } from "./platform/limits/OrganizationQuota.ts";

export class MatchRoom extends defineMatchRoom(openRoomRecords) {}

const app = createApp(openRequest, readGatewaySettings);

export default {
  fetch: app.fetch,

  /** Batches of the queues; each message is settled by itself. */
  queue: (batch, env, context) => receiveBatch(batch, env, context.waitUntil.bind(context)),

  /** Cron triggers: one structured line for each call, and a failed one where a job failed. */
  async scheduled({ cron, scheduledTime }, env, context) {
    try {
      const done = await runSchedule(cron, openSchedule(env, new Date(scheduledTime), context.waitUntil.bind(context)));
      console.log(
        JSON.stringify({
          level: "info",
          event: "schedule",
          cron,
          done: done.filter(({ count, hasMore }) => count > 0 || hasMore),
        }),
      );
    } catch (error) {
      console.error(JSON.stringify({ level: "error", event: "schedule", cron, cause: String(error) }));
      throw error;
    }
  },
} satisfies ExportedHandler<Env>;
