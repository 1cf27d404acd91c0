import { type TurashEvent, toCloudEvent } from "../domain/event.ts";
import { filtersFor } from "../domain/eventFilter.ts";
import type { WebhookId } from "../domain/ids.ts";
import type { RequestContext } from "../operations/context.ts";
import { permissionToRead } from "../operations/events.ts";
import type { AddressedEvent } from "../stores/records/webhookQueue.ts";
import type { HandleEvents } from "./consume.ts";

/**
 * Queues events for the endpoints that they go to, and has them sent behind that: the queue of events never waits for a
 * receiver.
 */
export function queueForWebhooks(context: RequestContext): HandleEvents {
  return async (events) => {
    const { services } = context;
    const addressed = events.flatMap(address);
    if (addressed.length === 0) return;
    const { due, orphans } = await services.webhookQueue.enqueue(addressed, context.at);
    for (const id of orphans) await services.webhooks.disable(context, id, "maker_left");
    if (due > 0) services.waitUntil(services.deliverDue());
  };
}

/** Nothing for what no member may be told of. An endpoint is an owner's, so that of the permission the scope is left. */
function address(event: TurashEvent): AddressedEvent[] {
  const { role, scope } = permissionToRead(event.type);
  if (role === null || scope === null || event.organizationIds.length === 0) return [];
  return [
    {
      id: event.id,
      type: event.type,
      onlyTo: event.type === "turash.webhook.tested" ? (event.subject as WebhookId) : null,
      time: event.time,
      organizationIds: event.organizationIds,
      filters: filtersFor(event.type),
      scope,
      body: JSON.stringify(toCloudEvent(event)),
    },
  ];
}
