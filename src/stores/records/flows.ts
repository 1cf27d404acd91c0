import { type SQL, sql } from "drizzle-orm";
import type { Operation } from "rfc6902";
import type { Actor } from "../../domain/actor.ts";
import type { Changed, ChangeStamp, Expectation } from "../../domain/change.ts";
import { standingStates } from "../../domain/exchange.ts";
import type { Flow, FlowStatus } from "../../domain/flow.ts";
import type { FlowFilter } from "../../domain/flowFilter.ts";
import type { FlowSearchFacts } from "../../domain/flowSearch.ts";
import { type FlowId, uuidOf } from "../../domain/ids.ts";
import type { Page, Paged } from "../../domain/page.ts";
import { applyChange } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { exchanges } from "../postgres/schema/exchanges.ts";
import { flows } from "../postgres/schema/flows.ts";
import { organizations, sites } from "../postgres/schema/tenants.ts";
import { assignments, insertInto } from "../postgres/upsert.ts";
import { tagVersion } from "./cacheTags.ts";
import { failProposalsOf } from "./exchangeEnding.ts";
import { flowConditions } from "./flowFilter.ts";
import { contentColumns, type FlowDocument, fixedColumns, flowDocument, parseFlow } from "./flowRow.ts";
import { page } from "./page.ts";
import { type PutOutcome, putByExternalId } from "./put.ts";
import { flowOpenTo, flowVisibleTo, openedToSomebody, ownedBy, readAs, timeOf } from "./scope.ts";
import { parseSight, type Sight, type SightDocument, sightFields } from "./sight.ts";
import { withdrawMatchesOf } from "./withdrawal.ts";
import { settle, type Written } from "./written.ts";

export type FlowStore = ReturnType<typeof createFlowStore>;

/** A flow as it is, and, where the caller may see it only coarsely, what it may know instead. */
export type SightedFlow = { flow: Flow; hidden: Sight | null };

/** The same, with the version of the cache tag of its organization's flows, and whether a match has opened it to anybody. */
export type FoundFlow = SightedFlow & { tagVersion: string; isOpened: boolean };

type SightedRow = { id: string; document: FlowDocument; hidden: SightDocument | null };

type CurrentFlow = { version: number; status: FlowStatus };

export function createFlowStore(database: Database) {
  return {
    async find(stamp: ChangeStamp, id: FlowId): Promise<FoundFlow | null> {
      const select = sql`SELECT ${sightedColumns(stamp.actor)}, ${tagVersion(sql`'flows:' || f.organization_id`)} AS tag_version,
          ${openedToSomebody} AS is_opened FROM ${flows} f WHERE f.id = ${uuidOf(id)}::uuid AND ${flowVisibleTo(stamp.actor)}`;
      const [row] = await database.query<SightedRow & { tag_version: string; is_opened: boolean }>(
        readAs(stamp, "flow.read", select),
      );
      return row ? { ...parseSighted(row), tagVersion: row.tag_version, isOpened: row.is_opened } : null;
    },

    async list(stamp: ChangeStamp, filter: FlowFilter, { limit, after }: Page): Promise<Paged<SightedFlow>> {
      const conditions = [flowVisibleTo(stamp.actor), ...flowConditions(stamp.actor, filter)];
      if (after !== null) conditions.push(sql`f.id < ${after}::uuid`);
      const select = sql`SELECT ${sightedColumns(stamp.actor)} FROM ${flows} f
        WHERE ${sql.join(conditions, sql` AND `)} ORDER BY f.id DESC LIMIT ${limit + 1}::integer`;
      const rows = await database.query<SightedRow>(readAs(stamp, "flow.list", select));
      return page(rows, limit, parseSighted);
    },

    async create(
      stamp: ChangeStamp,
      flow: Flow,
      facts: FlowSearchFacts,
      patch: readonly Operation[],
    ): Promise<Changed<Flow>> {
      const outcome = await applyChange<FlowDocument>(database, {
        stamp,
        action: "flow.create",
        eventType: "turash.flow.created",
        write: sql`${insertInto(flows, "f", { ...fixedColumns(flow), ...contentColumns(flow, facts) })} RETURNING ${changedColumns(stamp)}`,
        patch,
      });
      return { value: parseFlow(outcome.documents[0]!), replayed: outcome.replayed };
    },

    /** Replaces all but the status, which moves reach: a repeated import neither wakes a paused flow nor a withdrawn one. */
    put(
      stamp: ChangeStamp,
      flow: Flow,
      facts: FlowSearchFacts,
      expectation: Expectation,
      patch: readonly Operation[],
    ): Promise<PutOutcome<Flow>> {
      const { status, ...content } = contentColumns(flow, facts);
      return putByExternalId(database, stamp, {
        noun: "flow",
        table: flows,
        alias: "f",
        fixed: { ...fixedColumns(flow), status: status! },
        content,
        document: flowDocument(stamp.actor),
        parse: parseFlow,
        expectation,
        patch,
      });
    },

    async update(
      stamp: ChangeStamp,
      flow: Flow,
      facts: FlowSearchFacts,
      patch: readonly Operation[],
    ): Promise<Written<Flow, CurrentFlow>> {
      const { status: _, ...columns } = contentColumns(flow, facts);
      const outcome = await applyChange<FlowDocument>(database, {
        stamp,
        action: "flow.update",
        eventType: "turash.flow.updated",
        write: sql`UPDATE ${flows} AS f SET ${assignments(columns)}, version = f.version + 1, updated_at = ${timeOf(stamp)}
          WHERE ${own(stamp, flow.id)} AND f.version = ${flow.version}::integer RETURNING ${changedColumns(stamp)}`,
        patch,
        current: current(stamp, flow.id),
      });
      return settle(outcome, parseFlow);
    },

    /**
     * Moves a flow to another status where its own is one of `from`. A withdrawn one ends its open matches and proposed
     * exchanges; an exchange that both sides stand by goes on.
     */
    async move(
      stamp: ChangeStamp,
      id: FlowId,
      move: { name: string; from: readonly FlowStatus[]; to: FlowStatus; eventType: `turash.flow.${string}` },
      version: number | null,
    ): Promise<Written<Flow, CurrentFlow>> {
      const outcome = await applyChange<FlowDocument>(database, {
        stamp,
        action: `flow.${move.name}`,
        eventType: move.eventType,
        write: sql`UPDATE ${flows} AS f SET status = ${move.to}, version = f.version + 1, updated_at = ${timeOf(stamp)}
          WHERE ${own(stamp, id)} AND f.status IN ${move.from} AND ${expected(version)} RETURNING ${changedColumns(stamp)}`,
        alongside: move.to === "withdrawn" ? endWith(stamp) : [],
        patch: [{ op: "replace", path: "/status", value: move.to }],
        current: current(stamp, id),
      });
      return settle(outcome, parseFlow);
    },

    /** Deletes a flow, leaving a tombstone, and ends as much. One that agreements have reserved from, or of which an exchange goes on, stays. */
    async delete(stamp: ChangeStamp, id: FlowId, version: number | null): Promise<Written<Flow, CurrentFlow>> {
      const outcome = await applyChange<FlowDocument>(database, {
        stamp,
        action: "flow.delete",
        eventType: "turash.flow.deleted",
        write: sql`UPDATE ${flows} AS f SET deleted_at = ${timeOf(stamp)}, version = f.version + 1, updated_at = ${timeOf(stamp)}
          WHERE ${own(stamp, id)} AND f.reserved_amount = 0 AND NOT ${isExchanged} AND ${expected(version)} RETURNING ${changedColumns(stamp)}`,
        alongside: endWith(stamp),
        patch: [{ op: "remove", path: "" }],
        current: current(stamp, id),
      });
      return settle(outcome, parseFlow);
    },
  };
}

const isExchanged = sql`EXISTS (SELECT FROM ${exchanges} e WHERE f.id IN (e.output_flow_id, e.input_flow_id) AND e.is_confirmed AND e.state IN ${standingStates})`;

/** What ends with a flow that is no longer to be had. */
function endWith(stamp: ChangeStamp): SQL[] {
  return [...withdrawMatchesOf(stamp, sql`SELECT id FROM changed`), ...failProposalsOf(stamp)];
}

function sightedColumns(actor: Actor): SQL {
  return sql`f.id, f.organization_id, ${flowDocument(actor)} AS document,
    CASE WHEN ${flowOpenTo(actor)} THEN NULL ELSE (SELECT jsonb_build_object(${sightFields(actor)})
      FROM ${sites} s JOIN ${organizations} o ON o.id = s.organization_id WHERE s.id = f.site_id) END AS hidden`;
}

function parseSighted({ document, hidden }: SightedRow): SightedFlow {
  return { flow: parseFlow(document), hidden: hidden && parseSight(hidden.sight) };
}

function own(stamp: ChangeStamp, id: FlowId): SQL {
  return sql`(f.id = ${uuidOf(id)}::uuid AND f.deleted_at IS NULL AND ${ownedBy(stamp.actor, sql`f.organization_id`)})`;
}

function expected(version: number | null): SQL {
  return version === null ? sql`true` : sql`f.version = ${version}::integer`;
}

function current(stamp: ChangeStamp, id: FlowId): SQL {
  return sql`SELECT jsonb_build_object('version', f.version, 'status', f.status) FROM ${flows} f WHERE ${own(stamp, id)}`;
}

function changedColumns(stamp: ChangeStamp): SQL {
  return sql`f.id, f.organization_id, ARRAY[f.organization_id] AS audience, f.version, ${flowDocument(stamp.actor)} AS document`;
}
