import { type SQL, sql } from "drizzle-orm";
import type { ChangeStamp } from "../../domain/change.ts";
import { AppError } from "../../domain/errors.ts";
import { type FlowId, idFromUuid, type MatchId, type OrganizationId, uuidOf } from "../../domain/ids.ts";
import { type GateVerdict, matchTransitions } from "../../domain/match.ts";
import type { Evaluation } from "../../matching/evaluation.ts";
import { applyChange } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { isViolation } from "../postgres/constraints.ts";
import { matches } from "../postgres/schema/flows.ts";
import { isIntroduced } from "./introductions.ts";
import { requestDisplaced } from "./matchRefreshes.ts";
import { timeOf } from "./scope.ts";
import { isRescored } from "./withdrawal.ts";

/** What the engine found for two flows as they were at these versions. */
export type ScoredPair = {
  evaluation: Evaluation;
  /** What each side sees before both have consented. */
  outputView: Evaluation;
  inputView: Evaluation;
  /** By what anyone may know of both, on which depends what both can see: whether it holds, and which gates are told. */
  common: { isMatch: boolean; score: number; gates: Readonly<Record<string, GateVerdict>> };
  flowsActive: boolean;
  outputOrganizationId: OrganizationId;
  inputOrganizationId: OrganizationId;
  outputFlowVersion: number;
  inputFlowVersion: number;
  /** Versions of what else each side was scored from, in the order of `matches.output_basis`. */
  outputBasis: readonly number[];
  inputBasis: readonly number[];
};

export type MatchScoreStore = ReturnType<typeof createMatchScoreStore>;

export function createMatchScoreStore(database: Database) {
  return {
    /**
     * Records pairs that have no record, and suggests those anew that were superseded, with an event to both sides; every other
     * one stays as it is. Under `leastScore` they will hold no longer. Gives the ids of those that it recorded.
     */
    async suggest(
      stamp: ChangeStamp,
      organizationId: OrganizationId,
      pairs: readonly ScoredPair[],
      leastScore: number,
    ): Promise<MatchId[]> {
      if (pairs.length === 0) return [];
      const { from, to } = matchTransitions.resuggest;
      const least = sql`${leastScore}::double precision`;
      const scored = sql.join(scoredColumns, sql`, `);
      const values = sql.join(
        scoredColumns.map((column) => sql`s.${column}`),
        sql`, `,
      );
      const record = () =>
        applyChange<{ id: string }>(database, {
          stamp: { ...stamp, idempotency: null },
          action: "match.suggest",
          eventType: "turash.match.suggested",
          // In the order of ids, so that two of these wait for each other and never both.
          write: sql`INSERT INTO ${matches} AS m (id, output_flow_id, input_flow_id, output_organization_id, input_organization_id, state, ${scored},
            holds, least_score, history, created_at, updated_at)
          SELECT s.id, s.output_flow_id, s.input_flow_id, s.output_organization_id, s.input_organization_id, ${to}, ${values},
            ${holds(sql`s`, least)}, ${least}, jsonb_build_array(${entry(stamp, to, sql`1`)}), ${timeOf(stamp)}, ${timeOf(stamp)}
          FROM ${given(pairs)} ORDER BY s.id
          ON CONFLICT (id) DO UPDATE SET state = ${to}, ${assigned(sql`excluded`)}, holds = excluded.holds, least_score = excluded.least_score,
            version = m.version + 1, updated_at = excluded.updated_at, history = m.history || ${entry(stamp, to, sql`m.round`)}
          WHERE m.state IN ${from} AND ${isNotOlder(sql`excluded`)}
          RETURNING m.id, ${uuidOf(organizationId)}::uuid AS organization_id, ${audience} AS audience, m.version,
            jsonb_build_object('id', m.id, 'round', m.round) AS document`,
          patch: [{ op: "add", path: "", value: { state: to } }],
          eventData: sql`jsonb_build_object('round', document -> 'round')`,
        });
      const outcome = await record().catch((error) => {
        if (!isRecordedMeanwhile(error)) throw error;
        return record();
      });
      return outcome.documents.map(({ id }) => idFromUuid("match", id));
    },

    /**
     * Gives recorded pairs of a flow what the engine finds now, where that is from no older versions than what they have: whatever the order
     * of computations, the end is the same. One that holds no longer and that nobody has acted on is superseded. Both sides get an
     * event that says what changed; of a pair where nothing has, only the versions are noted.
     */
    async rescore(
      stamp: ChangeStamp,
      { organizationId, flowId }: { organizationId: OrganizationId; flowId: FlowId },
      pairs: readonly ScoredPair[],
    ): Promise<void> {
      if (pairs.length === 0) return;
      const { from, to } = matchTransitions.supersede;
      const nowHolds = holds(sql`s`, sql`m.least_score`);
      const lapses = sql`(m.state IN ${from} AND NOT ${nowHolds} AND NOT ${isIntroduced})`;
      await applyChange(database, {
        stamp: { ...stamp, idempotency: null },
        action: sql`CASE WHEN document ->> 'state' = ${to} THEN 'match.supersede' ELSE 'match.rescore' END`,
        eventType: sql`CASE WHEN document ->> 'state' = ${to} THEN 'turash.match.superseded' ELSE 'turash.match.rescored' END`,
        // Locked in the order of ids, as they stand then.
        write: sql`WITH given AS MATERIALIZED (SELECT * FROM ${given(pairs)}),
            stood AS MATERIALIZED (SELECT m.id, m.gates FROM ${matches} m JOIN given s ON s.id = m.id ORDER BY m.id FOR UPDATE OF m)
          UPDATE ${matches} AS m SET state = CASE WHEN ${lapses} THEN ${to} ELSE m.state END, ${assigned(sql`s`)}, holds = ${nowHolds},
            version = m.version + 1, updated_at = ${timeOf(stamp)},
            history = CASE WHEN ${lapses} THEN m.history || ${entry(stamp, to, sql`m.round`)} ELSE m.history END
          FROM stood JOIN given s ON s.id = stood.id
          WHERE m.id = stood.id AND ${isRescored} AND (m.state <> 'withdrawn' OR s.flows_active) AND ${isNotOlder(sql`s`)}
            AND (${lapses} OR (m.evaluation, m.output_view, m.input_view, m.gates, m.holds) IS DISTINCT FROM
              (s.evaluation, s.output_view, s.input_view, s.gates, ${nowHolds}))
          RETURNING m.id, ${uuidOf(organizationId)}::uuid AS organization_id, ${audience} AS audience, m.version, m.output_flow_id, m.input_flow_id,
            jsonb_build_object('state', m.state, 'round', m.round, 'holds', m.holds, 'flowsActive', s.flows_active,
              'gates', ${movedGates(sql`stood.gates`, sql`s.gates`)}) AS document`,
        alongside: [
          sql`confirmed AS (
            UPDATE ${matches} AS m SET ${sql.join(
              versionColumns.map((column) => sql`${column} = s.${column}`),
              sql`, `,
            )}
            FROM ${givenVersions(pairs)} WHERE m.id = s.id AND m.id NOT IN (SELECT id FROM changed) AND ${isRescored} AND ${isNotOlder(sql`s`)})`,
          requestDisplaced(
            stamp,
            sql`SELECT CASE WHEN output_flow_id = ${uuidOf(flowId)}::uuid THEN input_flow_id ELSE output_flow_id END FROM changed`,
          ),
        ],
        patch: sql`jsonb_build_array(jsonb_build_object('op', 'replace', 'path', '/evaluation', 'value', document))`,
        eventData: sql`document`,
      });
    },
  };
}

/**
 * Whether another transaction recorded a pair at the same moment. An upsert that meets the new row by its id waits for it and goes on;
 * one that meets it by the key of the two flows, as it may where both began together, is refused. Then the row is there to be found.
 */
function isRecordedMeanwhile(error: unknown): boolean {
  return error instanceof AppError && isViolation(error.cause) && error.cause.constraint === "matches_pair_key";
}

const audience = sql`ARRAY[m.output_organization_id, m.input_organization_id]`;
const versionColumns = ["output_flow_version", "input_flow_version", "output_basis", "input_basis"].map(sql.raw);
const scoredColumns = [
  ...["score", "evaluation", "output_view", "input_view", "gates"].map(sql.raw),
  ...versionColumns,
];

function assigned(from: SQL): SQL {
  return sql.join(
    scoredColumns.map((column) => sql`${column} = ${from}.${column}`),
    sql`, `,
  );
}

/** Whether what `from` was scored from is no older than what the stored row `m` was. */
function isNotOlder(from: SQL): SQL {
  return sql`((${from}.output_flow_version, ${from}.output_basis) >= (m.output_flow_version, m.output_basis)
    AND (${from}.input_flow_version, ${from}.input_basis) >= (m.input_flow_version, m.input_basis))`;
}

function holds(from: SQL, leastScore: SQL): SQL {
  return sql`(${from}.flows_active AND ${from}.is_match AND ${from}.common_score >= ${leastScore})`;
}

function entry(stamp: ChangeStamp, state: string, round: SQL): SQL {
  return sql`jsonb_build_object('state', ${state}::text, 'round', ${round}, 'at', ${stamp.at.toISOString()}::text, 'by', 'engine', 'reason', NULL)`;
}

/** The gates whose verdict is another; none where what was before is not known. */
function movedGates(before: SQL, after: SQL): SQL {
  return sql`(SELECT coalesce(jsonb_agg(jsonb_build_object('gate', gate, 'before', ${before} -> gate, 'after', ${after} -> gate) ORDER BY gate), '[]')
    FROM (SELECT jsonb_object_keys(${before}) UNION SELECT jsonb_object_keys(${after})) AS named (gate)
    WHERE ${before} <> '{}' AND ${before} -> gate IS DISTINCT FROM ${after} -> gate)`;
}

/** The pairs as rows `s`. */
function given(pairs: readonly ScoredPair[]): SQL {
  const rows = pairs.map(({ evaluation, outputView, inputView, common, ...pair }) => ({
    ...versionsOf(pair, evaluation),
    output_flow_id: uuidOf(evaluation.outputFlowId),
    input_flow_id: uuidOf(evaluation.inputFlowId),
    output_organization_id: uuidOf(pair.outputOrganizationId),
    input_organization_id: uuidOf(pair.inputOrganizationId),
    score: evaluation.score,
    evaluation,
    output_view: outputView,
    input_view: inputView,
    gates: common.gates,
    is_match: common.isMatch,
    common_score: common.score,
    flows_active: pair.flowsActive,
  }));
  return sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS s (id uuid, output_flow_id uuid, input_flow_id uuid, output_organization_id uuid,
    input_organization_id uuid, score double precision, evaluation jsonb, output_view jsonb, input_view jsonb, gates jsonb, is_match boolean,
    common_score double precision, flows_active boolean, ${versionTypes})`;
}

function givenVersions(pairs: readonly ScoredPair[]): SQL {
  const rows = pairs.map((pair) => versionsOf(pair, pair.evaluation));
  return sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS s (id uuid, ${versionTypes})`;
}

const versionTypes = sql`output_flow_version integer, input_flow_version integer, output_basis bigint[], input_basis bigint[]`;

function versionsOf(
  pair: Omit<ScoredPair, "evaluation" | "outputView" | "inputView" | "common">,
  { matchId }: Evaluation,
) {
  return {
    id: uuidOf(matchId),
    output_flow_version: pair.outputFlowVersion,
    input_flow_version: pair.inputFlowVersion,
    output_basis: pair.outputBasis,
    input_basis: pair.inputBasis,
  };
}
