import type { ConsumerName } from "../domain/consumer.ts";
import type { RequestContext } from "../operations/context.ts";
import { wakeListeners } from "../operations/listeners.ts";
import { followChanges } from "../operations/matchFollowing.ts";
import { projectEvents } from "../operations/networkProjection.ts";
import { followInRooms } from "../operations/roomFollowing.ts";
import type { HandleEvents } from "./consume.ts";
import { queueForWebhooks } from "./webhooks.ts";

/** What each consumer does with events. */
const handlers: Record<ConsumerName, (context: RequestContext) => HandleEvents> = {
  graph: (context) => (events) => projectEvents(context, events),
  matching: (context) => (events) => followChanges(context, events),
  // Rooms are told after the streams, so that one that does not answer keeps nobody waiting.
  feeds: (context) => async (events) => {
    await wakeListeners(context, events);
    await followInRooms(context, events);
  },
  webhooks: queueForWebhooks,
};

export function createHandler(consumer: ConsumerName, context: RequestContext): HandleEvents {
  return handlers[consumer](context);
}
