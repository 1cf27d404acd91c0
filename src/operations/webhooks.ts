import type { Changed } from "../domain/change.ts";
import { conflict, invalidField, notFound, preconditionFailed } from "../domain/errors.ts";
import { createId, type DeliveryId, type WebhookId } from "../domain/ids.ts";
import type { Page, Paged } from "../domain/page.ts";
import { retention } from "../domain/retention.ts";
import { type Webhook, type WebhookContent, webhookContentSchema } from "../domain/webhook.ts";
import type { WebhookDelivery } from "../domain/webhookDelivery.ts";
import type { DeliveryFilter } from "../stores/records/webhookDeliveries.ts";
import type { CurrentWebhook } from "../stores/records/webhooks.ts";
import type { Written } from "../stores/records/written.ts";
import type { RequestContext } from "./context.ts";
import { authorizeMember } from "./permissions.ts";
import { describeChange, mergeContent, revise } from "./revision.ts";

/** An endpoint with its new secret, which is in this answer and nowhere else. */
export type WebhookWithSecret = { webhook: Webhook; secret: string; replayed: boolean };

export async function listWebhooks(context: RequestContext, page: Page): Promise<Paged<Webhook>> {
  authorizeMember(context.actor, "listWebhooks");
  return context.services.webhooks.list(context, page);
}

export async function getWebhook(context: RequestContext, id: WebhookId): Promise<Webhook> {
  authorizeMember(context.actor, "getWebhook");
  const webhook = await context.services.webhooks.find(context, id);
  if (!webhook) throw notFound("webhook");
  return webhook;
}

export async function createWebhook(context: RequestContext, content: WebhookContent): Promise<WebhookWithSecret> {
  const { organizationId, memberId, scopes } = authorizeMember(context.actor, "createWebhook");
  checkAddress(context, content);
  const at = context.at.toISOString();
  const id = createId("webhook");
  const secret = await issueSecret(context, id, 1);
  const webhook: Webhook = {
    ...content,
    id,
    organizationId,
    memberId,
    scopes,
    disabledReason: content.enabled ? null : "owner",
    disabledAt: content.enabled ? null : at,
    failingSince: null,
    previousSecretEndsAt: null,
    version: 1,
    createdAt: at,
    updatedAt: at,
  };
  const changed = await context.services.webhooks.create(context, webhook, secret.sealed, [
    { op: "add", path: "", value: content },
  ]);
  return shown(context, changed, secret.text);
}

/** Sets an endpoint up anew by a merge patch: the caller becomes its maker, and it gets what the caller may read. */
export async function updateWebhook(
  context: RequestContext,
  id: WebhookId,
  patch: object,
  ifMatch: number | null,
): Promise<Webhook> {
  const maker = authorizeMember(context.actor, "updateWebhook");
  const { webhooks } = context.services;
  return revise(
    "webhook",
    ifMatch,
    () => webhooks.find(context, id),
    async (current) => {
      const before = contentOf(current);
      const content = mergeContent(webhookContentSchema, before, patch);
      checkAddress(context, content);
      const changes = describeChange(before, content);
      if (changes.length === 0) return "unchanged";
      return webhooks.update(context, id, current.version, maker, content, changes);
    },
  );
}

export async function deleteWebhook(context: RequestContext, id: WebhookId, ifMatch: number | null): Promise<void> {
  authorizeMember(context.actor, "deleteWebhook");
  const written = await context.services.webhooks.delete(context, id, ifMatch);
  if (written.kind === "missing") throw notFound("webhook");
  if (written.kind === "refused") throw preconditionFailed(written.current.version);
}

/** Gives an endpoint a new secret; until the overlap ends, both sign. */
export async function rotateWebhookSecret(
  context: RequestContext,
  id: WebhookId,
  overlapSeconds: number,
): Promise<WebhookWithSecret> {
  authorizeMember(context.actor, "rotateWebhookSecret");
  const { webhooks } = context.services;
  const current = await getCurrent(context, id);
  const secret = await issueSecret(context, id, current.version + 1);
  const overlapEnds = new Date(context.at.getTime() + overlapSeconds * 1_000);
  const written = await webhooks.rotate(context, id, current.version, secret.sealed, overlapEnds);
  if (written.kind === "missing") throw notFound("webhook");
  if (written.kind === "refused") throw conflict("write_contention", "Others keep changing this; try again.");
  return shown(context, written, secret.text);
}

/** Sends an event to the endpoint by the way that all events go. */
export async function testWebhook(context: RequestContext, id: WebhookId): Promise<Changed<Webhook>> {
  authorizeMember(context.actor, "testWebhook");
  return settleSending(await context.services.webhooks.test(context, id), "webhook");
}

export async function listDeliveries(
  context: RequestContext,
  id: WebhookId,
  filter: DeliveryFilter,
  page: Page,
): Promise<Paged<WebhookDelivery>> {
  authorizeMember(context.actor, "listDeliveries");
  const deliveries = await context.services.webhookDeliveries.list(context, id, filter, page);
  if (!deliveries) throw notFound("webhook");
  return deliveries;
}

export async function getDelivery(
  context: RequestContext,
  id: WebhookId,
  deliveryId: DeliveryId,
): Promise<WebhookDelivery> {
  authorizeMember(context.actor, "getDelivery");
  const delivery = await context.services.webhookDeliveries.find(context, id, deliveryId);
  if (!delivery) throw notFound("delivery");
  return delivery;
}

/** Sends one delivery again, at once and whatever became of it. */
export async function redeliver(
  context: RequestContext,
  id: WebhookId,
  deliveryId: DeliveryId,
): Promise<Changed<WebhookDelivery>> {
  authorizeMember(context.actor, "redeliver");
  const { webhookDeliveries } = context.services;
  const { replayed } = settleSending(await webhookDeliveries.redeliver(context, id, deliveryId), "delivery");
  const delivery = await getDelivery(context, id, deliveryId);
  sendBehind(context);
  return { value: delivery, replayed };
}

/** Sends again what came to the endpoint since a time and was not delivered, or all of it; how many, 1,000 at most. */
export async function redeliverSince(
  context: RequestContext,
  id: WebhookId,
  { since, includeDelivered }: { since: string; includeDelivered: boolean },
): Promise<Changed<{ deliveries: number }>> {
  authorizeMember(context.actor, "redeliver");
  const from = new Date(since);
  if (from > context.at) throw invalidField("/since", "out_of_range", "lies in the future");
  if (context.at.getTime() - from.getTime() > retention.webhookDeliveries.days * 86_400_000)
    throw invalidField("/since", "out_of_range", `is more than ${retention.webhookDeliveries.days} days ago`);
  const written = await context.services.webhookDeliveries.redeliverSince(context, id, from, includeDelivered);
  // Nothing was there to be sent, so nothing was changed.
  if (written.kind === "refused" && written.current.enabled) return { value: { deliveries: 0 }, replayed: false };
  const changed = settleSending(written, "webhook");
  sendBehind(context);
  return changed;
}

function settleSending<Value>(written: Written<Value, CurrentWebhook>, noun: string): Changed<Value> {
  if (written.kind === "written") return written;
  if (written.kind === "missing") throw notFound(noun);
  throw conflict("webhook_disabled", "This endpoint is switched off; enable it first.");
}

/** What is due is sent behind the answer; what that does not get to, the schedule sends. */
function sendBehind({ services }: RequestContext): void {
  services.waitUntil(services.deliverDue());
}

async function getCurrent(context: RequestContext, id: WebhookId): Promise<Webhook> {
  const webhook = await context.services.webhooks.find(context, id);
  if (!webhook) throw notFound("webhook");
  return webhook;
}

function checkAddress({ services }: RequestContext, { url }: WebhookContent): void {
  const fault = services.findAddressFault(url);
  if (fault) throw invalidField("/url", fault.code, fault.message);
}

/** With an Idempotency-Key the secret follows from it, the endpoint and the version that it comes with. */
function issueSecret({ services, idempotency }: RequestContext, id: WebhookId, version: number) {
  return services.issueWebhookSecret(id, idempotency && `${idempotency.key} ${id} ${version}`);
}

async function shown(
  context: RequestContext,
  { value: webhook, replayed }: Changed<Webhook>,
  text: string,
): Promise<WebhookWithSecret> {
  const secret = replayed ? (await issueSecret(context, webhook.id, webhook.version)).text : text;
  return { webhook, secret, replayed };
}

function contentOf({ url, events, description, enabled }: Webhook): WebhookContent {
  return { url, events, description, enabled };
}
