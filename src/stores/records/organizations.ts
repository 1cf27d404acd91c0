import { type SQL, sql } from "drizzle-orm";
import type { Operation } from "rfc6902";
import type { Actor, DeviceActor, MemberActor } from "../../domain/actor.ts";
import type { ApiKey } from "../../domain/apiKey.ts";
import type { Changed, ChangeStamp } from "../../domain/change.ts";
import { idFromUuid, type OrganizationId, uuidOf } from "../../domain/ids.ts";
import type { Member } from "../../domain/member.ts";
import type { NaceDivisionOrSection } from "../../domain/nace.ts";
import type { Organization, OrganizationContent } from "../../domain/organization.ts";
import type { Page, Paged } from "../../domain/page.ts";
import { applyChange } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { outbox } from "../postgres/schema/changes.ts";
import { flows } from "../postgres/schema/flows.ts";
import { apiKeys, members, organizations } from "../postgres/schema/tenants.ts";
import { keyColumns } from "./apiKeys.ts";
import { failExchanges } from "./exchangeEnding.ts";
import { page } from "./page.ts";
import { leaveProgrammesOf } from "./programmeLeaving.ts";
import { facilitatesFor, sharesProgramme } from "./programmeScope.ts";
import { deltasOf, settleReservations } from "./reservation.ts";
import { ownedBy, readAs, utc, visibleThroughFlows } from "./scope.ts";
import { industryOf, isDivisionShared } from "./sight.ts";
import { forgetWebhooksOf } from "./webhooks.ts";
import { withdrawMatchesOf } from "./withdrawal.ts";
import { settle, type Written } from "./written.ts";

type OrganizationDocument = Omit<Organization, "id"> & { id: string };

export type OrganizationFilter = { externalId?: string | undefined };

export type OrganizationStore = ReturnType<typeof createOrganizationStore>;

export function createOrganizationStore(database: Database) {
  return {
    async find(stamp: ChangeStamp, id: OrganizationId): Promise<Organization | null> {
      const rows = await database.query<{ document: OrganizationDocument }>(
        readAs(
          stamp,
          "organization.read",
          sql`SELECT o.id, o.id AS organization_id, ${document(stamp.actor)} AS document FROM ${organizations} o
            WHERE o.id = ${uuidOf(id)}::uuid AND ${visible(stamp.actor)}`,
        ),
      );
      return rows[0] ? parse(rows[0].document) : null;
    },

    /** A member's own organization, and the member where the credential is a person's; one round trip. */
    async findCaller(
      actor: MemberActor | DeviceActor,
    ): Promise<{ organization: Organization; member: Member | null } | null> {
      const memberId = actor.kind === "member" ? actor.memberId : null;
      const [row] = await database.query<{
        document: OrganizationDocument;
        member: Omit<Member, "id" | "organizationId"> | null;
      }>(sql`
        SELECT ${document(actor)} AS document, (
          SELECT jsonb_build_object('name', m.name, 'email', m.email, 'role', m.role) FROM ${members} m
          WHERE m.organization_id = o.id AND m.id = ${memberId ? uuidOf(memberId) : null}::uuid AND m.deleted_at IS NULL) AS member
        FROM ${organizations} o WHERE ${own(actor, actor.organizationId)}`);
      if (!row) return null;
      const { organizationId } = actor;
      return {
        organization: parse(row.document),
        member: row.member && memberId ? { id: memberId, organizationId, ...row.member } : null,
      };
    },

    async list(stamp: ChangeStamp, filter: OrganizationFilter, { limit, after }: Page): Promise<Paged<Organization>> {
      const rows = await database.query<{ id: string; document: OrganizationDocument }>(
        readAs(
          stamp,
          "organization.list",
          sql`SELECT o.id, o.id AS organization_id, ${document(stamp.actor)} AS document FROM ${organizations} o
            WHERE ${visible(stamp.actor)}
              AND ${filter.externalId === undefined ? sql`true` : sql`(o.external_id = ${filter.externalId} AND ${ownedBy(stamp.actor, sql`o.id`)})`}
              AND ${after ? sql`o.id < ${after}::uuid` : sql`true`}
            ORDER BY o.id DESC LIMIT ${limit + 1}::integer`,
        ),
      );
      return page(rows, limit, (row) => parse(row.document));
    },

    /**
     * What anybody may know of the industry of organizations that a part of the network shows; the operator's look at them
     * enters their audit logs.
     */
    async readIndustries(
      stamp: ChangeStamp,
      ids: readonly OrganizationId[],
    ): Promise<Map<OrganizationId, NaceDivisionOrSection | null>> {
      if (ids.length === 0) return new Map();
      const select = sql`SELECT o.id, o.id AS organization_id, "left"(o.nace, 2) AS division, ${isDivisionShared} AS is_shared
        FROM ${organizations} o WHERE o.id = ANY(${`{${ids.map(uuidOf).join()}}`}::uuid[])`;
      const rows = await database.query<{ id: string; division: string | null; is_shared: boolean }>(
        readAs(stamp, "network.read", select),
      );
      return new Map(rows.map((row) => [idFromUuid("organization", row.id), industryOf(row.division, row.is_shared)]));
    },

    /** Creates an organization with its first owner, where one is named, and its first owner key. */
    async create(
      stamp: ChangeStamp,
      organization: Organization,
      key: ApiKey,
      owner: Member | null,
      patch: readonly Operation[],
    ): Promise<Changed<Organization>> {
      const at = stamp.at.toISOString();
      const outcome = await applyChange<OrganizationDocument>(database, {
        stamp,
        action: "organization.create",
        eventType: "turash.organization.created",
        write: sql`INSERT INTO ${organizations} AS o (id, external_id, name, country, nace, verified, created_at, updated_at)
          VALUES (${uuidOf(organization.id)}::uuid, ${organization.externalId}, ${organization.name}, ${organization.country}, ${organization.nace},
            ${organization.verified}::boolean, ${at}::timestamptz, ${at}::timestamptz)
          RETURNING ${changedColumns(stamp.actor)}`,
        alongside: [
          ...(owner ? [sql`owned AS (${insertOwner(owner, at)})`] : []),
          sql`keyed AS (INSERT INTO ${apiKeys} ${keyColumns(key, sql`(SELECT id FROM changed)`, at)})`,
        ],
        patch,
      });
      return { value: parse(outcome.documents[0]!), replayed: outcome.replayed };
    },

    async update(
      stamp: ChangeStamp,
      id: OrganizationId,
      version: number,
      content: OrganizationContent,
      patch: readonly Operation[],
    ): Promise<Written<Organization>> {
      const at = stamp.at.toISOString();
      const outcome = await applyChange<OrganizationDocument>(database, {
        stamp,
        action: "organization.update",
        eventType: "turash.organization.updated",
        write: sql`UPDATE ${organizations} AS o SET external_id = ${content.externalId}, name = ${content.name}, country = ${content.country},
            nace = ${content.nace}, verified = ${content.verified}::boolean, version = o.version + 1, updated_at = ${at}::timestamptz
          WHERE ${own(stamp.actor, id)} AND o.version = ${version}::integer RETURNING ${changedColumns(stamp.actor)}`,
        patch,
        current: currentVersion(stamp.actor, id),
      });
      return settle(outcome, parse);
    },

    /**
     * Closes an organization: its exchanges fail and give back what they held, its flows are withdrawn, its keys revoked, its
     * webhooks deleted, its open matches withdrawn, its programmes left; one statement.
     */
    async close(stamp: ChangeStamp, id: OrganizationId, version: number | null): Promise<Written<Organization>> {
      const at = stamp.at.toISOString();
      const outcome = await applyChange<OrganizationDocument>(database, {
        stamp,
        action: "organization.close",
        eventType: "turash.organization.deleted",
        write: sql`UPDATE ${organizations} AS o SET deleted_at = ${at}::timestamptz, version = o.version + 1, updated_at = ${at}::timestamptz
          WHERE ${own(stamp.actor, id)} AND ${version === null ? sql`true` : sql`o.version = ${version}::integer`}
          RETURNING ${changedColumns(stamp.actor)}`,
        alongside: [
          sql`revoked AS (UPDATE ${apiKeys} SET revoked_at = ${at}::timestamptz, version = version + 1
            WHERE organization_id IN (SELECT id FROM changed) AND revoked_at IS NULL)`,
          ...failExchanges(
            stamp,
            sql`(SELECT id FROM changed) IN (e.output_organization_id, e.input_organization_id)`,
            sql`(SELECT id FROM changed)`,
            "organization_closed",
          ),
          sql`withdrawn AS (UPDATE ${flows} AS f SET status = 'withdrawn', version = version + 1, updated_at = ${at}::timestamptz,
              reserved_amount = greatest(0, reserved_amount + coalesce((SELECT d.delta FROM (${deltasOf(sql`failed_exchanges`)}) AS d WHERE d.id = f.id), 0))
            WHERE organization_id IN (SELECT id FROM changed) AND deleted_at IS NULL AND status <> 'withdrawn'
            RETURNING id, organization_id, version)`,
          sql`withdrawn_events AS (INSERT INTO ${outbox} (id, type, subject_id, organization_ids, data, occurred_at, traceparent)
            SELECT uuid_v7(${at}::timestamptz), 'turash.flow.withdrawn', id, ARRAY[organization_id], jsonb_build_object('version', version), ${at}::timestamptz,
              ${stamp.traceparent} FROM withdrawn)`,
          ...settleReservations(stamp, sql`failed_exchanges`, sql`EXISTS (SELECT FROM withdrawn w WHERE w.id = f.id)`),
          forgetWebhooksOf(stamp),
          ...withdrawMatchesOf(stamp, sql`SELECT id FROM withdrawn`),
          ...leaveProgrammesOf(stamp, id),
        ],
        patch: [{ op: "remove", path: "" }],
        current: currentVersion(stamp.actor, id),
      });
      return settle(outcome, parse);
    },
  };
}

function insertOwner(owner: Member, at: string): SQL {
  return sql`INSERT INTO ${members} (id, organization_id, email, name, role, created_at, updated_at)
    SELECT ${uuidOf(owner.id)}::uuid, changed.id, ${owner.email}, ${owner.name}, ${owner.role}, ${at}::timestamptz, ${at}::timestamptz FROM changed`;
}

function visible(actor: Actor): SQL {
  return sql`(o.deleted_at IS NULL AND (${visibleThroughFlows(actor, sql`o.id`, sql`f.organization_id`, sql`o.id`)}
    OR ${sharesProgramme(actor, sql`o.id`)} OR ${facilitatesFor(actor, sql`o.id`)}))`;
}

function own(actor: Actor, id: OrganizationId): SQL {
  return sql`(o.id = ${uuidOf(id)}::uuid AND o.deleted_at IS NULL AND ${ownedBy(actor, sql`o.id`)})`;
}

function currentVersion(actor: Actor, id: OrganizationId): SQL {
  return sql`SELECT jsonb_build_object('version', o.version) FROM ${organizations} o WHERE ${own(actor, id)}`;
}

/** An organization's own key for itself is nobody else's to see. */
function document(actor: Actor): SQL {
  return sql`jsonb_build_object('id', o.id, 'externalId', CASE WHEN ${ownedBy(actor, sql`o.id`)} THEN o.external_id END, 'name', o.name,
    'country', o.country, 'nace', o.nace, 'verified', o.verified, 'version', o.version, 'createdAt', o.created_at, 'updatedAt', o.updated_at)`;
}

function changedColumns(actor: Actor): SQL {
  return sql`o.id, o.id AS organization_id, ARRAY[o.id] AS audience, o.version, ${document(actor)} AS document`;
}

function parse(row: OrganizationDocument): Organization {
  return {
    id: idFromUuid("organization", row.id),
    externalId: row.externalId,
    name: row.name,
    country: row.country,
    nace: row.nace,
    verified: row.verified,
    version: row.version,
    createdAt: utc(row.createdAt),
    updatedAt: utc(row.updatedAt),
  };
}
