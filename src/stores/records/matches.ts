import { type SQL, sql } from "drizzle-orm";
import type { Actor } from "../../domain/actor.ts";
import type { ChangeStamp } from "../../domain/change.ts";
import { endedStates } from "../../domain/exchange.ts";
import { type FlowId, idFromUuid, type MatchId, type OrganizationId, uuidOf } from "../../domain/ids.ts";
import { type MatchRecord, type MatchState, matchTransitions } from "../../domain/match.ts";
import type { Page, Paged } from "../../domain/page.ts";
import type { Evaluation } from "../../matching/evaluation.ts";
import { applyChange, auditActor } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { auditEntries } from "../postgres/schema/changes.ts";
import { exchanges } from "../postgres/schema/exchanges.ts";
import { flows, matches } from "../postgres/schema/flows.ts";
import { organizations, sites } from "../postgres/schema/tenants.ts";
import { page } from "./page.ts";
import { isOpenMatch, matchVisibleTo, ownedBy, readAs, timeOf, utc } from "./scope.ts";
import { parseSight, type Sight, type SightDocument, sightFields } from "./sight.ts";
import { wasUsedUp } from "./withdrawal.ts";
import { settle, type Written } from "./written.ts";

/** A stored match with what the engine found when it was last scored, as far as the caller may know it. */
export type StoredMatch = MatchRecord & {
  evaluation: Evaluation;
  /** The flow on the other side of the caller's; null for the operator. */
  counterpart: (Sight & { organizationId: OrganizationId }) | null;
};

type MatchDocument = Omit<
  StoredMatch,
  "id" | "outputFlowId" | "inputFlowId" | "outputOrganizationId" | "inputOrganizationId" | "counterpart"
> & { counterpart: (SightDocument & { organizationId: string }) | null } & Record<
    "id" | "outputFlowId" | "inputFlowId" | "outputOrganizationId" | "inputOrganizationId",
    string
  >;

export type MatchFilter = {
  state?: MatchState | undefined;
  flowId?: FlowId | undefined;
  minScore?: number | undefined;
};

/** Why a move was refused, as it stood before. */
export type CurrentMatch = { version: number; state: MatchState; ownInterest: boolean; flowsActive: boolean };

export type MatchStore = ReturnType<typeof createMatchStore>;

export function createMatchStore(database: Database) {
  return {
    /** One match; the first look of a side at a suggestion makes it `viewed`, in the same statement. */
    async view(stamp: ChangeStamp, id: MatchId): Promise<StoredMatch | null> {
      if (stamp.actor.kind === "operator") {
        const select = sql`SELECT m.id, m.output_organization_id AS organization_id, ${document(stamp.actor)} AS document FROM ${matches} m WHERE m.id = ${uuidOf(id)}::uuid`;
        const [row] = await database.query<{ document: MatchDocument }>(readAs(stamp, "match.read", select));
        return row ? parse(row.document) : null;
      }
      const { from, to } = matchTransitions.view;
      const outcome = await applyChange<MatchDocument>(database, {
        stamp,
        action: "match.view",
        eventType: "turash.match.viewed",
        write: sql`UPDATE ${matches} AS m SET state = ${to}, ${stamped(stamp)}, history = ${appended(stamp, sql`${to}::text`, sql`m.round`, null)}
          WHERE m.id = ${uuidOf(id)}::uuid AND m.state IN ${from} AND ${matchVisibleTo(stamp.actor)} RETURNING ${changedColumns(stamp.actor)}`,
        patch: [{ op: "replace", path: "/state", value: to }],
        current: sql`SELECT ${document(stamp.actor)} FROM ${matches} m WHERE m.id = ${uuidOf(id)}::uuid AND ${matchVisibleTo(stamp.actor)}`,
      });
      const found = outcome.documents[0] ?? (outcome.current as MatchDocument | null);
      return found ? parse(found) : null;
    },

    async list(stamp: ChangeStamp, filter: MatchFilter, { limit, after }: Page): Promise<Paged<StoredMatch>> {
      const conditions = [matchVisibleTo(stamp.actor)];
      if (filter.state) conditions.push(sql`m.state = ${filter.state}`);
      if (filter.flowId) conditions.push(sql`${uuidOf(filter.flowId)}::uuid IN (m.output_flow_id, m.input_flow_id)`);
      if (filter.minScore !== undefined)
        conditions.push(
          sql`(${shownEvaluation(stamp.actor)} ->> 'score')::double precision >= ${filter.minScore}::double precision`,
        );
      // A match's id says nothing of when it was made, so the list goes by id alone and inserts cannot move a page's edge.
      if (after !== null) conditions.push(sql`m.id < ${after}::uuid`);
      const select = sql`SELECT m.id, m.output_organization_id AS organization_id, ${document(stamp.actor)} AS document FROM ${matches} m
        WHERE ${sql.join(conditions, sql` AND `)} ORDER BY m.id DESC LIMIT ${limit + 1}::integer`;
      const rows = await database.query<{ id: string; document: MatchDocument }>(readAs(stamp, "match.list", select));
      return page(rows, limit, (row) => parse(row.document));
    },

    /**
     * Shows interest for the caller's side: the first of a round, the second, or, after the round or what was
     * agreed in it has ended, the first of the next. One conditional UPDATE, so that of two at once each counts once.
     */
    async showInterest(stamp: ChangeStamp, id: MatchId): Promise<Written<StoredMatch, CurrentMatch>> {
      const { actor } = stamp;
      const { interest, reopen } = matchTransitions;
      const isOutput = ownedBy(actor, sql`m.output_organization_id`);
      const isInput = ownedBy(actor, sql`m.input_organization_id`);
      const reopens = sql`(m.state IN ${reopen.from} OR ${exchangeEnded} OR ${wasUsedUp})`;
      const output = sql`(${isOutput} OR (m.output_interested AND NOT ${reopens}))`;
      const input = sql`(${isInput} OR (m.input_interested AND NOT ${reopens}))`;
      const state = sql`CASE WHEN ${output} AND ${input} THEN 'interested_both' ELSE ${interest.to}::text END`;
      const round = sql`(m.round + CASE WHEN ${reopens} THEN 1 ELSE 0 END)`;
      const outcome = await applyChange<MatchDocument>(database, {
        stamp,
        action: "match.interest",
        eventType: "turash.match.interested",
        write: sql`UPDATE ${matches} AS m SET state = ${state}, round = ${round}, output_interested = ${output}, input_interested = ${input}, ${stamped(stamp)},
            history = ${appended(stamp, state, round, null)}
          WHERE m.id = ${uuidOf(id)}::uuid AND ${matchVisibleTo(actor)} AND ${flowsActive}
            AND (m.state IN ${interest.from} OR ${reopens}) AND NOT (m.state = 'interested_one' AND ${ownInterest(actor)})
          RETURNING ${changedColumns(actor)}`,
        alongside: [recordOpening(stamp)],
        patch: [{ op: "add", path: "/interest", value: true }],
        eventData: sql`jsonb_build_object('state', document -> 'state', 'round', document -> 'round')`,
        current: current(stamp, id),
      });
      return settle(outcome, parse);
    },

    async decline(stamp: ChangeStamp, id: MatchId, reason: string): Promise<Written<StoredMatch, CurrentMatch>> {
      const { from, to } = matchTransitions.decline;
      const outcome = await applyChange<MatchDocument>(database, {
        stamp,
        action: "match.decline",
        eventType: "turash.match.declined",
        write: sql`UPDATE ${matches} AS m SET state = ${to}, ${stamped(stamp)}, history = ${appended(stamp, sql`${to}::text`, sql`m.round`, reason)}
          WHERE m.id = ${uuidOf(id)}::uuid AND ${matchVisibleTo(stamp.actor)} AND m.state IN ${from} RETURNING ${changedColumns(stamp.actor)}`,
        patch: [{ op: "replace", path: "/state", value: to }],
        eventData: sql`jsonb_build_object('state', document -> 'state', 'round', document -> 'round')`,
        current: current(stamp, id),
      });
      return settle(outcome, parse);
    },
  };
}

/** What the engine found, as far as the caller may know it: all of it once the two sides know each other. */
function shownEvaluation(actor: Actor): SQL {
  if (actor.kind === "operator") return sql`m.evaluation`;
  return sql`(CASE WHEN ${isOpenMatch} OR m.output_organization_id = m.input_organization_id THEN m.evaluation
    WHEN m.output_organization_id = ${uuidOf(actor.organizationId)}::uuid THEN m.output_view ELSE m.input_view END)`;
}

/** The flow on the other side, and how much of it the caller may know. */
function counterpart(actor: Actor): SQL {
  if (actor.kind === "operator") return sql`NULL::jsonb`;
  return sql`(SELECT jsonb_build_object('organizationId', f.organization_id, ${sightFields(actor, isOpenMatch)})
    FROM ${flows} f JOIN ${sites} s ON s.id = f.site_id JOIN ${organizations} o ON o.id = f.organization_id
    WHERE f.id = CASE WHEN m.output_organization_id = ${uuidOf(actor.organizationId)}::uuid THEN m.input_flow_id ELSE m.output_flow_id END)`;
}

/**
 * That the two sides now know each other enters the audit logs of both. Whose member it was, and the id that it gave its request,
 * are its own organization's to know.
 */
function recordOpening(stamp: ChangeStamp): SQL {
  const at = timeOf(stamp);
  const isActors = sql`side = changed.organization_id`;
  return sql`opened AS (
    INSERT INTO ${auditEntries} (id, organization_id, actor, member_id, credential, action, subject_id, patch, request_id, occurred_at)
    SELECT uuid_v7(${at}), side, actor, CASE WHEN ${isActors} THEN member_id END, CASE WHEN ${isActors} THEN credential ELSE 'counterpart' END,
      'match.open', id, '[{"op": "add", "path": "/counterpart", "value": "open"}]'::jsonb, CASE WHEN ${isActors} THEN ${stamp.requestId} ELSE 'counterpart' END, ${at}
    FROM changed CROSS JOIN unnest(audience) AS side CROSS JOIN (SELECT ${auditActor(stamp)}) AS who (actor, member_id, credential)
    WHERE document ->> 'state' = 'interested_both')`;
}

function ownInterest(actor: Actor): SQL {
  return sql`((m.output_interested AND ${ownedBy(actor, sql`m.output_organization_id`)}) OR (m.input_interested AND ${ownedBy(actor, sql`m.input_organization_id`)}))`;
}

/** What was agreed is over, so that the two can deal anew. */
const exchangeEnded = sql`(m.state = 'agreed' AND EXISTS (SELECT FROM ${exchanges} e WHERE e.match_id = m.id AND e.round = m.round AND e.state IN ${endedStates}))`;

const flowsActive = sql`NOT EXISTS (SELECT FROM ${flows} f WHERE f.id IN (m.output_flow_id, m.input_flow_id) AND (f.status <> 'active' OR f.deleted_at IS NOT NULL))`;

function current(stamp: ChangeStamp, id: MatchId): SQL {
  return sql`SELECT jsonb_build_object('version', m.version, 'state', m.state, 'ownInterest', ${ownInterest(stamp.actor)}, 'flowsActive', ${flowsActive})
    FROM ${matches} m WHERE m.id = ${uuidOf(id)}::uuid AND ${matchVisibleTo(stamp.actor)}`;
}

function stamped(stamp: ChangeStamp): SQL {
  return sql`version = m.version + 1, updated_at = ${stamp.at.toISOString()}::timestamptz`;
}

function appended(stamp: ChangeStamp, state: SQL, round: SQL, reason: string | null): SQL {
  return sql`m.history || jsonb_build_array(jsonb_build_object('state', ${state}, 'round', ${round}, 'at', ${stamp.at.toISOString()}::text,
    'by', CASE WHEN ${ownedBy(stamp.actor, sql`m.output_organization_id`)} THEN 'output' ELSE 'input' END, 'reason', ${reason}::text))`;
}

function document(actor: Actor): SQL {
  return sql`jsonb_build_object('id', m.id, 'outputFlowId', m.output_flow_id, 'inputFlowId', m.input_flow_id,
  'outputOrganizationId', m.output_organization_id, 'inputOrganizationId', m.input_organization_id, 'state', m.state, 'round', m.round,
  'interest', jsonb_build_object('output', m.output_interested, 'input', m.input_interested), 'history', m.history, 'evaluation', ${shownEvaluation(actor)},
  'counterpart', ${counterpart(actor)}, 'version', m.version, 'createdAt', m.created_at, 'updatedAt', m.updated_at)`;
}

/** A change enters the audit log of the side that made it. */
function changedColumns(actor: Actor): SQL {
  const side = actor.kind === "operator" ? sql`m.output_organization_id` : sql`${uuidOf(actor.organizationId)}::uuid`;
  return sql`m.id, ${side} AS organization_id, ARRAY[m.output_organization_id, m.input_organization_id] AS audience, m.version, ${document(actor)} AS document`;
}

function parse(row: MatchDocument): StoredMatch {
  return {
    id: idFromUuid("match", row.id),
    outputFlowId: idFromUuid("flow", row.outputFlowId),
    inputFlowId: idFromUuid("flow", row.inputFlowId),
    outputOrganizationId: idFromUuid("organization", row.outputOrganizationId),
    inputOrganizationId: idFromUuid("organization", row.inputOrganizationId),
    state: row.state,
    round: row.round,
    interest: { output: row.interest.output, input: row.interest.input },
    history: row.history,
    evaluation: row.evaluation,
    counterpart: row.counterpart && {
      organizationId: idFromUuid("organization", row.counterpart.organizationId),
      ...parseSight(row.counterpart.sight),
    },
    version: row.version,
    createdAt: utc(row.createdAt),
    updatedAt: utc(row.updatedAt),
  };
}
