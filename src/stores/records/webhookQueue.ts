import { type SQL, sql } from "drizzle-orm";
import type { Scope } from "../../domain/actor.ts";
import { type EventId, idFromUuid, type OrganizationId, uuidOf, type WebhookId } from "../../domain/ids.ts";
import { retention } from "../../domain/retention.ts";
import type { DeliveryAnswer } from "../../domain/webhookDelivery.ts";
import type { Database } from "../postgres/client.ts";
import { members } from "../postgres/schema/tenants.ts";
import { webhookDeliveries, webhooks } from "../postgres/schema/webhooks.ts";

/** An event for the endpoints whose filters it passes. */
export type AddressedEvent = {
  id: EventId;
  type: string;
  /** What it is about, where that is the one endpoint that it goes to, whatever the filters. */
  onlyTo: WebhookId | null;
  time: string;
  organizationIds: readonly OrganizationId[];
  filters: readonly string[];
  /** What the credential that set the endpoint up must have been able to read. */
  scope: Scope;
  body: string;
};

export type Queued = {
  /** Deliveries that are due now. */
  due: number;
  /** Endpoints that would have got an event, had whoever set them up still been an owner. */
  orphans: WebhookId[];
};

/** What one endpoint is to be sent, and its sealed secrets, in the order of signing. */
export type Leased = {
  webhookId: WebhookId;
  url: string;
  sealedSecrets: Uint8Array<ArrayBuffer>[];
  /** By which `settle` knows the lease. */
  leasedAt: Date;
  deliveries: { uuid: string; eventId: EventId; body: string; attempts: number }[];
};

export type Settlement = {
  deliveryUuid: string;
  answer: DeliveryAnswer;
  status: "pending" | "delivered" | "failed";
  dueAt: Date | null;
};

/** How many answers of a delivery are kept: two rounds of attempts. */
const keptAnswers = 20;
/** An endpoint that is failing has its turn this much later than its place in the row would be. */
const failingPenaltySeconds = 60;

export type WebhookQueue = ReturnType<typeof createWebhookQueue>;

/** Where deliveries wait. An endpoint is served by one sender at a time, so that a slow one occupies only its own places. */
export function createWebhookQueue(database: Database) {
  return {
    /** Writes a delivery for each event and endpoint that belong together, once however often the event comes. */
    async enqueue(events: readonly AddressedEvent[], at: Date): Promise<Queued> {
      const given = events.map(({ id, type, onlyTo, time, organizationIds, filters, scope, body }) => ({
        event_id: uuidOf(id),
        type,
        only_to: onlyTo && uuidOf(onlyTo),
        occurred_at: time,
        organizations: organizationIds.map(uuidOf),
        filters,
        scope,
        body,
      }));
      const [row] = await database.query<{ due: number; orphans: string[] | null }>(sql`
        WITH given AS MATERIALIZED (
          SELECT e.event_id, e.type, e.only_to, e.occurred_at, e.scope, e.body, ${textsOf(sql`e.organizations`)}::uuid[] AS organizations, ${textsOf(sql`e.filters`)} AS filters
          FROM jsonb_to_recordset(${JSON.stringify(given)}::jsonb)
            AS e (event_id uuid, type text, only_to uuid, occurred_at timestamptz, organizations jsonb, filters jsonb, scope text, body text)),
        fitting AS MATERIALIZED (
          SELECT e.event_id, e.type, e.body, w.id AS webhook_id, w.enabled,
            w.member_id IS NULL OR EXISTS (SELECT FROM ${members} m WHERE m.id = w.member_id AND m.role = 'owner' AND m.deleted_at IS NULL) AS has_maker
          FROM given e JOIN ${webhooks} w ON w.organization_id = ANY (e.organizations)
          WHERE w.deleted_at IS NULL AND w.created_at <= e.occurred_at
            AND CASE WHEN e.only_to IS NULL THEN w.events && e.filters AND e.scope = ANY (w.scopes) ELSE w.id = e.only_to END
            AND (w.enabled OR w.disabled_at > ${time(at)} - make_interval(days => ${retention.webhookDeliveries.days}::integer))),
        queued AS (
          INSERT INTO ${webhookDeliveries} (id, webhook_id, event_id, type, body, status, due_at, created_at)
          SELECT uuid_v7(${time(at)}), webhook_id, event_id, type, body, CASE WHEN enabled THEN 'pending' ELSE 'skipped' END,
            CASE WHEN enabled THEN ${time(at)} END, ${time(at)}
          FROM fitting WHERE has_maker ORDER BY event_id, webhook_id
          ON CONFLICT (webhook_id, event_id) DO NOTHING RETURNING status)
        SELECT (SELECT count(*)::integer FROM queued WHERE status = 'pending') AS due,
          (SELECT jsonb_agg(DISTINCT webhook_id) FROM fitting WHERE enabled AND NOT has_maker) AS orphans`);
      return { due: row!.due, orphans: (row!.orphans ?? []).map((id) => idFromUuid("webhook", id)) };
    },

    /**
     * Takes endpoints that have something due and that no other sender serves, those first that were served longest ago, with at
     * most `perEndpoint` deliveries each and `limit` in all. Until the lease ends or `settle` comes, no other sender gets them.
     */
    async lease(at: Date, options: { limit: number; perEndpoint: number; leaseSeconds: number }): Promise<Leased[]> {
      const rows = await database.query<LeasedRow>(sql`
        WITH RECURSIVE waiting AS (
          -- the next endpoint in the index, and the next, without its deliveries in between
          (SELECT webhook_id FROM ${webhookDeliveries} WHERE status = 'pending' ORDER BY webhook_id LIMIT 1)
          UNION ALL
          SELECT (SELECT d.webhook_id FROM ${webhookDeliveries} d WHERE d.status = 'pending' AND d.webhook_id > n.webhook_id ORDER BY d.webhook_id LIMIT 1)
          FROM waiting n WHERE n.webhook_id IS NOT NULL),
        free AS MATERIALIZED (
          SELECT w.id, w.url, w.secret, CASE WHEN w.previous_secret_ends_at > ${time(at)} THEN w.previous_secret END AS previous_secret
          FROM waiting n JOIN ${webhooks} w ON w.id = n.webhook_id
          WHERE w.enabled AND w.deleted_at IS NULL AND (w.leased_until IS NULL OR w.leased_until <= ${time(at)})
            AND EXISTS (SELECT FROM ${webhookDeliveries} d WHERE d.webhook_id = w.id AND d.status = 'pending' AND d.due_at <= ${time(at)})
          ORDER BY coalesce(w.leased_at, '-infinity') + CASE WHEN w.failing_since IS NULL THEN interval '0' ELSE make_interval(secs => ${failingPenaltySeconds}::double precision) END, w.id
          LIMIT ${options.limit}::integer FOR NO KEY UPDATE OF w SKIP LOCKED),
        due AS MATERIALIZED (
          SELECT d.*, free.url, free.secret, free.previous_secret, row_number() OVER (PARTITION BY d.webhook_id ORDER BY d.due_at, d.id) AS place
          FROM free CROSS JOIN LATERAL (
            SELECT d.id, d.webhook_id, d.event_id, d.body, d.attempts, d.due_at FROM ${webhookDeliveries} d
            WHERE d.webhook_id = free.id AND d.status = 'pending' AND d.due_at <= ${time(at)} ORDER BY d.due_at, d.id LIMIT ${options.perEndpoint}::integer) d
          ORDER BY place, d.due_at, d.id LIMIT ${options.limit}::integer),
        leased AS (
          UPDATE ${webhooks} w SET leased_at = ${time(at)}, leased_until = ${time(at)} + make_interval(secs => ${options.leaseSeconds}::double precision)
          WHERE w.id IN (SELECT webhook_id FROM due))
        SELECT webhook_id, url, encode(secret, 'base64') AS secret, encode(previous_secret, 'base64') AS previous_secret,
          jsonb_agg(jsonb_build_object('uuid', id, 'eventUuid', event_id, 'body', body, 'attempts', attempts) ORDER BY place) AS deliveries
        FROM due GROUP BY webhook_id, url, secret, previous_secret`);
      return rows.map((row) => parseLeased(row, at));
    },

    /**
     * Notes what became of the deliveries of a lease, which ends with it, and tells since when the endpoint has failed. A delivery
     * that was given up meanwhile keeps the answer only, unless it came through.
     */
    async settle(
      { webhookId, leasedAt }: Pick<Leased, "webhookId" | "leasedAt">,
      settlements: readonly Settlement[],
      at: Date,
    ): Promise<{ failingSince: Date | null }> {
      const given = settlements.map(({ deliveryUuid, answer, status, dueAt }) => ({
        id: deliveryUuid,
        answer,
        status,
        due_at: dueAt?.toISOString() ?? null,
      }));
      const counts = sql`(d.status = 'pending' OR g.status = 'delivered')`;
      const hasDelivered = settlements.some(({ status }) => status === "delivered");
      const [row] = await database.query<{ failing_since: string | null }>(sql`
        WITH given AS (
          SELECT * FROM jsonb_to_recordset(${JSON.stringify(given)}::jsonb) AS g (id uuid, answer jsonb, status text, due_at timestamptz)),
        noted AS (
          UPDATE ${webhookDeliveries} d SET attempts = d.attempts + 1,
            status = CASE WHEN ${counts} THEN g.status ELSE d.status END,
            due_at = CASE WHEN ${counts} THEN g.due_at ELSE d.due_at END,
            answers = CASE WHEN jsonb_array_length(d.answers) >= ${keptAnswers}::integer THEN d.answers - 0 ELSE d.answers END || g.answer
          FROM given g WHERE d.id = g.id)
        UPDATE ${webhooks} w SET leased_until = CASE WHEN w.leased_at IS DISTINCT FROM ${time(leasedAt)} THEN w.leased_until END,
          failing_since = CASE WHEN NOT ${hasDelivered}::boolean THEN coalesce(w.failing_since, ${time(at)}) END
        WHERE w.id = ${uuidOf(webhookId)}::uuid RETURNING to_json(w.failing_since) #>> '{}' AS failing_since`);
      return { failingSince: row?.failing_since ? new Date(row.failing_since) : null };
    },
  };
}

type LeasedRow = {
  webhook_id: string;
  url: string;
  secret: string;
  previous_secret: string | null;
  deliveries: { uuid: string; eventUuid: string; body: string; attempts: number }[];
};

function parseLeased(row: LeasedRow, leasedAt: Date): Leased {
  const sealed = row.previous_secret === null ? [row.secret] : [row.secret, row.previous_secret];
  return {
    webhookId: idFromUuid("webhook", row.webhook_id),
    url: row.url,
    leasedAt,
    sealedSecrets: sealed.map((base64) => Uint8Array.from(atob(base64.replaceAll("\n", "")), (c) => c.charCodeAt(0))),
    deliveries: row.deliveries.map(({ eventUuid, ...rest }) => ({ ...rest, eventId: idFromUuid("event", eventUuid) })),
  };
}

function textsOf(array: SQL): SQL {
  return sql`ARRAY(SELECT jsonb_array_elements_text(${array}))`;
}

function time(at: Date): SQL {
  return sql`${at.toISOString()}::timestamptz`;
}
