import { type SQL, sql } from "drizzle-orm";
import type { ChangeStamp } from "../../domain/change.ts";
import { type DeliveryId, idFromUuid, uuidOf, type WebhookId } from "../../domain/ids.ts";
import type { Page, Paged } from "../../domain/page.ts";
import type { DeliveryStatus, WebhookDelivery } from "../../domain/webhookDelivery.ts";
import { applyChange } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { webhookDeliveries, webhooks } from "../postgres/schema/webhooks.ts";
import { page } from "./page.ts";
import { timeOf, utc } from "./scope.ts";
import { type CurrentWebhook, currentOf, ownWebhook } from "./webhooks.ts";
import { settle, type Written } from "./written.ts";

export type DeliveryFilter = {
  status?: DeliveryStatus | undefined;
  type?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
};

type Document = Omit<WebhookDelivery, "id" | "webhookId" | "eventId"> & Record<"id" | "webhookId" | "eventId", string>;

/** In one call; the rest with the next. */
export const maximumRedelivered = 1_000;

export type WebhookDeliveryStore = ReturnType<typeof createWebhookDeliveryStore>;

export function createWebhookDeliveryStore(database: Database) {
  return {
    /** Null where the caller's organization has no such endpoint. */
    async list(
      stamp: ChangeStamp,
      webhookId: WebhookId,
      filter: DeliveryFilter,
      { limit, after }: Page,
    ): Promise<Paged<WebhookDelivery> | null> {
      const conditions = conditionsOf(filter);
      if (after !== null) conditions.push(sql`d.id < ${after}::uuid`);
      // The endpoint's own row comes first and alone where it has no delivery, so that none can be told from no endpoint.
      const rows = await database.query<{ id: string | null; document: Document }>(sql`
        SELECT d.id, d.document FROM ${webhooks} w LEFT JOIN LATERAL (
          SELECT d.id, ${document} AS document FROM ${webhookDeliveries} d WHERE d.webhook_id = w.id AND ${all(conditions)}
          ORDER BY d.id DESC LIMIT ${limit + 1}::integer) d ON true
        WHERE ${ownWebhook(stamp, webhookId)} ORDER BY d.id DESC`);
      if (rows.length === 0) return null;
      const found = rows.filter((row): row is { id: string; document: Document } => row.id !== null);
      return page(found, limit, (row) => parse(row.document));
    },

    async find(stamp: ChangeStamp, webhookId: WebhookId, id: DeliveryId): Promise<WebhookDelivery | null> {
      const [row] = await database.query<{ document: Document }>(
        sql`SELECT ${document} AS document FROM ${ownDelivery(stamp, webhookId, id)}`,
      );
      return row ? parse(row.document) : null;
    },

    /** Sends one again, at once and with all its attempts, whatever became of it. Refused while the endpoint is switched off. */
    async redeliver(
      stamp: ChangeStamp,
      webhookId: WebhookId,
      id: DeliveryId,
    ): Promise<Written<{ deliveries: number }, CurrentWebhook>> {
      const chosen = sql`SELECT d.id FROM ${ownDelivery(stamp, webhookId, id)}`;
      const isThere = sql`EXISTS (${chosen})`;
      const outcome = await applyChange<Redelivered>(database, {
        ...redelivery(stamp),
        write: chosenOf(stamp, webhookId, chosen),
        alongside: [sentAgain(stamp)],
        current: sql`${currentOf(stamp, webhookId)} AND ${isThere}`,
      });
      return settle(outcome, countOf);
    },

    /**
     * The same for what came to the endpoint since a time and was not delivered, or for all of it; the oldest first, at most
     * `maximumRedelivered`.
     */
    async redeliverSince(
      stamp: ChangeStamp,
      webhookId: WebhookId,
      since: Date,
      includesDelivered: boolean,
    ): Promise<Written<{ deliveries: number }, CurrentWebhook>> {
      const statuses = includesDelivered ? sql`('failed', 'skipped', 'delivered')` : sql`('failed', 'skipped')`;
      const chosen = sql`SELECT d.id FROM ${webhookDeliveries} d WHERE d.webhook_id = w.id
        AND d.created_at >= ${since.toISOString()}::timestamptz AND d.status IN ${statuses} ORDER BY d.id LIMIT ${maximumRedelivered}::integer`;
      const outcome = await applyChange<Redelivered>(database, {
        ...redelivery(stamp),
        write: chosenOf(stamp, webhookId, chosen),
        alongside: [sentAgain(stamp)],
        current: currentOf(stamp, webhookId),
      });
      return settle(outcome, countOf);
    },
  };
}

type Redelivered = { deliveryIds: string[] };

function countOf({ deliveryIds }: Redelivered) {
  return { deliveries: deliveryIds.length };
}

function redelivery(stamp: ChangeStamp) {
  return {
    stamp,
    action: "webhook.redeliver",
    eventType: "turash.webhook.redelivered",
    eventData: sql`jsonb_build_object('deliveries', jsonb_array_length(document -> 'deliveryIds'))`,
    patch: [],
  } as const;
}

/** The endpoint with the ids of the deliveries that `chosen` gives for it as row `w`; none where it gives none. */
function chosenOf(stamp: ChangeStamp, webhookId: WebhookId, chosen: SQL): SQL {
  return sql`SELECT w.id, w.organization_id, ARRAY[w.organization_id] AS audience, w.version, jsonb_build_object('deliveryIds', chosen.ids) AS document
    FROM ${webhooks} w CROSS JOIN LATERAL (SELECT jsonb_agg(c.id) AS ids FROM (${chosen}) c) chosen
    WHERE ${ownWebhook(stamp, webhookId)} AND w.enabled AND chosen.ids IS NOT NULL`;
}

function sentAgain(stamp: ChangeStamp): SQL {
  return sql`again AS (UPDATE ${webhookDeliveries} AS d SET status = 'pending', due_at = ${timeOf(stamp)}, attempts = 0
    FROM changed WHERE d.id IN (SELECT jsonb_array_elements_text(changed.document -> 'deliveryIds')::uuid))`;
}

function ownDelivery(stamp: ChangeStamp, webhookId: WebhookId, id: DeliveryId): SQL {
  return sql`${webhookDeliveries} d JOIN ${webhooks} own ON own.id = d.webhook_id
    WHERE d.id = ${uuidOf(id)}::uuid AND own.id IN (SELECT w.id FROM ${webhooks} w WHERE ${ownWebhook(stamp, webhookId)})`;
}

function conditionsOf({ status, type, since, until }: DeliveryFilter): SQL[] {
  const conditions: SQL[] = [];
  if (status) conditions.push(sql`d.status = ${status}`);
  if (type) conditions.push(sql`d.type = ${type}`);
  if (since) conditions.push(sql`d.created_at >= ${since}::timestamptz`);
  if (until) conditions.push(sql`d.created_at < ${until}::timestamptz`);
  return conditions;
}

function all(conditions: readonly SQL[]): SQL {
  return conditions.length === 0 ? sql`true` : sql.join([...conditions], sql` AND `);
}

const document = sql`jsonb_build_object('id', d.id, 'webhookId', d.webhook_id, 'eventId', d.event_id, 'type', d.type, 'status', d.status,
  'attempts', d.attempts, 'nextAttemptAt', d.due_at, 'createdAt', d.created_at, 'answers', d.answers)`;

function parse({ id, webhookId, eventId, nextAttemptAt, createdAt, ...rest }: Document): WebhookDelivery {
  return {
    ...rest,
    id: idFromUuid("delivery", id),
    webhookId: idFromUuid("webhook", webhookId),
    eventId: idFromUuid("event", eventId),
    nextAttemptAt: nextAttemptAt === null ? null : utc(nextAttemptAt),
    createdAt: utc(createdAt),
  };
}
