import { type SQL, sql } from "drizzle-orm";
import type { Operation } from "rfc6902";
import type { MemberActor, Scope } from "../../domain/actor.ts";
import type { Changed, ChangeStamp } from "../../domain/change.ts";
import { idFromUuid, type OrganizationId, uuidOf, type WebhookId } from "../../domain/ids.ts";
import type { Page, Paged } from "../../domain/page.ts";
import type { DisabledReason, Webhook, WebhookContent } from "../../domain/webhook.ts";
import { applyChange } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { webhookDeliveries, webhooks } from "../postgres/schema/webhooks.ts";
import { page } from "./page.ts";
import { ownedBy, timeOf, utc } from "./scope.ts";
import { settle, type Written } from "./written.ts";

type Document = Omit<Webhook, "id" | "organizationId" | "memberId"> & {
  id: string;
  organizationId: string;
  memberId: string | null;
};

export type CurrentWebhook = { version: number; enabled: boolean };

export type WebhookStore = ReturnType<typeof createWebhookStore>;

/** Endpoints of the caller's organization. None of what this gives holds a secret. */
export function createWebhookStore(database: Database) {
  return {
    async list(stamp: ChangeStamp, { limit, after }: Page): Promise<Paged<Webhook>> {
      const rows = await database.query<{ id: string; document: Document }>(sql`
        SELECT w.id, ${document} AS document FROM ${webhooks} w
        WHERE ${ownedBy(stamp.actor, sql`w.organization_id`)} AND w.deleted_at IS NULL AND ${after === null ? sql`true` : sql`w.id < ${after}::uuid`}
        ORDER BY w.id DESC LIMIT ${limit + 1}::integer`);
      return page(rows, limit, (row) => parse(row.document));
    },

    async find(stamp: ChangeStamp, id: WebhookId): Promise<Webhook | null> {
      const [row] = await database.query<{ document: Document }>(
        sql`SELECT ${document} AS document FROM ${webhooks} w WHERE ${ownWebhook(stamp, id)}`,
      );
      return row ? parse(row.document) : null;
    },

    async create(
      stamp: ChangeStamp,
      webhook: Webhook,
      secret: Uint8Array,
      patch: readonly Operation[],
    ): Promise<Changed<Webhook>> {
      const at = timeOf(stamp);
      const outcome = await applyChange<Document>(database, {
        stamp,
        action: "webhook.create",
        eventType: "turash.webhook.created",
        write: sql`INSERT INTO ${webhooks} AS w (id, organization_id, member_id, scopes, url, description, events, enabled, disabled_reason, disabled_at,
            secret, created_at, updated_at)
          VALUES (${uuidOf(webhook.id)}::uuid, ${uuidOf(webhook.organizationId)}::uuid, ${memberOf(webhook)}, ${texts(webhook.scopes)}, ${webhook.url},
            ${webhook.description}::text, ${texts(webhook.events)}, ${webhook.enabled}::boolean, ${webhook.enabled ? null : "owner"}::text,
            ${webhook.enabled ? sql`NULL::timestamptz` : at}, ${bytes(secret)}, ${at}, ${at})
          RETURNING ${changedColumns}`,
        patch,
      });
      return { value: parse(outcome.documents[0]!), replayed: outcome.replayed };
    },

    /** Sets an endpoint up anew, by whoever does so now: from then on it gets what they may read. */
    async update(
      stamp: ChangeStamp,
      id: WebhookId,
      version: number,
      maker: Pick<MemberActor, "memberId" | "scopes">,
      content: WebhookContent,
      patch: readonly Operation[],
    ): Promise<Written<Webhook>> {
      const at = timeOf(stamp);
      const enabled = sql`${content.enabled}::boolean`;
      const outcome = await applyChange<Document>(database, {
        stamp,
        action: "webhook.update",
        eventType: "turash.webhook.updated",
        write: sql`UPDATE ${webhooks} AS w SET url = ${content.url}, description = ${content.description}::text, events = ${texts(content.events)},
            enabled = ${enabled}, member_id = ${memberOf(maker)}, scopes = ${texts(maker.scopes)},
            disabled_reason = CASE WHEN NOT ${enabled} THEN coalesce(w.disabled_reason, 'owner') END,
            disabled_at = CASE WHEN NOT ${enabled} THEN coalesce(w.disabled_at, ${at}) END,
            failing_since = CASE WHEN w.enabled = ${enabled} AND w.url = ${content.url} THEN w.failing_since END,
            version = w.version + 1, updated_at = ${at}
          WHERE ${ownWebhook(stamp, id)} AND w.version = ${version}::integer RETURNING ${changedColumns}`,
        alongside: [skipPending],
        patch,
        current: currentOf(stamp, id),
      });
      return settle(outcome, parse);
    },

    /** Deletes an endpoint; its secrets are forgotten at once. */
    async delete(stamp: ChangeStamp, id: WebhookId, version: number | null): Promise<Written<Webhook>> {
      const outcome = await applyChange<Document>(database, {
        stamp,
        action: "webhook.delete",
        eventType: "turash.webhook.deleted",
        write: sql`UPDATE ${webhooks} AS w SET ${forgotten(timeOf(stamp))}
          WHERE ${ownWebhook(stamp, id)} AND ${version === null ? sql`true` : sql`w.version = ${version}::integer`} RETURNING ${changedColumns}`,
        alongside: [skipPending],
        patch: [{ op: "remove", path: "" }],
        current: currentOf(stamp, id),
      });
      return settle(outcome, parse);
    },

    /** Gives an endpoint a new secret; the one before signs too until `overlapEnds`, and the one before that no more. */
    async rotate(
      stamp: ChangeStamp,
      id: WebhookId,
      version: number,
      secret: Uint8Array,
      overlapEnds: Date,
    ): Promise<Written<Webhook>> {
      const ends = sql`${overlapEnds.toISOString()}::timestamptz`;
      const outcome = await applyChange<Document>(database, {
        stamp,
        action: "webhook.rotate_secret",
        eventType: "turash.webhook.secret_rotated",
        write: sql`UPDATE ${webhooks} AS w SET secret = ${bytes(secret)}, previous_secret = w.secret, previous_secret_ends_at = ${ends},
            version = w.version + 1, updated_at = ${timeOf(stamp)}
          WHERE ${ownWebhook(stamp, id)} AND w.version = ${version}::integer RETURNING ${changedColumns}`,
        patch: [{ op: "add", path: "/previousSecretEndsAt", value: overlapEnds.toISOString() }],
        current: currentOf(stamp, id),
      });
      return settle(outcome, parse);
    },

    /** Writes an event that goes to this endpoint only, whatever its filters. One that is switched off is told as refused. */
    async test(stamp: ChangeStamp, id: WebhookId): Promise<Written<Webhook, CurrentWebhook>> {
      const outcome = await applyChange<Document>(database, {
        stamp,
        action: "webhook.test",
        eventType: "turash.webhook.tested",
        write: sql`SELECT ${changedColumns} FROM ${webhooks} w WHERE ${ownWebhook(stamp, id)} AND w.enabled`,
        patch: [],
        current: currentOf(stamp, id),
      });
      return settle(outcome, parse);
    },

    /** Switches an endpoint off, once; its organization is told by the event. */
    async disable(stamp: ChangeStamp, id: WebhookId, reason: Exclude<DisabledReason, "owner">): Promise<void> {
      await applyChange<Document>(database, {
        stamp,
        action: "webhook.disable",
        eventType: "turash.webhook.disabled",
        write: sql`UPDATE ${webhooks} AS w SET enabled = false, disabled_reason = ${reason}, disabled_at = ${timeOf(stamp)},
            version = w.version + 1, updated_at = ${timeOf(stamp)}
          WHERE w.id = ${uuidOf(id)}::uuid AND w.deleted_at IS NULL AND w.enabled RETURNING ${changedColumns}`,
        alongside: [skipPending],
        eventData: sql`jsonb_build_object('reason', ${reason}::text)`,
        patch: [{ op: "replace", path: "/enabled", value: false }],
      });
    },
  };
}

/** Row `w` of one of the organization's endpoints. */
export function ownWebhook(stamp: Pick<ChangeStamp, "actor">, id: WebhookId): SQL {
  return sql`(w.id = ${uuidOf(id)}::uuid AND w.deleted_at IS NULL AND ${ownedBy(stamp.actor, sql`w.organization_id`)})`;
}

export function currentOf(stamp: Pick<ChangeStamp, "actor">, id: WebhookId): SQL {
  return sql`SELECT jsonb_build_object('version', w.version, 'enabled', w.enabled) FROM ${webhooks} w WHERE ${ownWebhook(stamp, id)}`;
}

/** What a deleted row `w` loses. */
function forgotten(at: SQL): SQL {
  return sql`deleted_at = ${at}, secret = NULL, previous_secret = NULL, previous_secret_ends_at = NULL, version = w.version + 1, updated_at = ${at}`;
}

/** Deletes all endpoints of organizations that `changed` closes. */
export function forgetWebhooksOf(stamp: ChangeStamp): SQL {
  return sql`forgotten_webhooks AS (UPDATE ${webhooks} AS w SET ${forgotten(timeOf(stamp))}
    WHERE w.organization_id IN (SELECT id FROM changed) AND w.deleted_at IS NULL)`;
}

/** What waits for an endpoint that is switched off or gone is given up. */
const skipPending = sql`skipped AS (UPDATE ${webhookDeliveries} AS d SET status = 'skipped', due_at = NULL
  FROM changed WHERE d.webhook_id = changed.id AND d.status = 'pending' AND NOT (changed.enabled AND changed.is_there))`;

function memberOf({ memberId }: Pick<MemberActor, "memberId">): SQL {
  return sql`${memberId ? uuidOf(memberId) : null}::uuid`;
}

function texts(values: readonly string[]): SQL {
  return sql`ARRAY(SELECT jsonb_array_elements_text(${JSON.stringify(values)}::jsonb))`;
}

function bytes(value: Uint8Array): SQL {
  return sql`decode(${btoa(String.fromCharCode(...value))}, 'base64')`;
}

const document = sql`jsonb_build_object('id', w.id, 'organizationId', w.organization_id, 'memberId', w.member_id, 'scopes', w.scopes, 'url', w.url,
  'description', w.description, 'events', w.events, 'enabled', w.enabled, 'disabledReason', w.disabled_reason, 'disabledAt', w.disabled_at,
  'failingSince', w.failing_since, 'previousSecretEndsAt', w.previous_secret_ends_at, 'version', w.version, 'createdAt', w.created_at, 'updatedAt', w.updated_at)`;

const changedColumns = sql`w.id, w.organization_id, ARRAY[w.organization_id] AS audience, w.version, w.enabled, w.deleted_at IS NULL AS is_there,
  ${document} AS document`;

function parse(row: Document): Webhook {
  const time = (text: string | null) => (text === null ? null : utc(text));
  return {
    ...row,
    id: idFromUuid("webhook", row.id),
    organizationId: idFromUuid("organization", row.organizationId) as OrganizationId,
    memberId: row.memberId === null ? null : idFromUuid("member", row.memberId),
    scopes: row.scopes as readonly Scope[],
    disabledAt: time(row.disabledAt),
    failingSince: time(row.failingSince),
    previousSecretEndsAt: time(row.previousSecretEndsAt),
    createdAt: utc(row.createdAt),
    updatedAt: utc(row.updatedAt),
  };
}
