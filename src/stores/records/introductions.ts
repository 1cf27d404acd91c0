import { type SQL, sql } from "drizzle-orm";
import type { ChangeStamp } from "../../domain/change.ts";
import { type FlowId, idFromUuid, type ProgrammeId, uuidOf } from "../../domain/ids.ts";
import { introducibleStates, type MatchState } from "../../domain/match.ts";
import type { Introduction } from "../../domain/programme.ts";
import { applyChange } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { auditEntries } from "../postgres/schema/changes.ts";
import { flows, matches } from "../postgres/schema/flows.ts";
import { programmeParticipants, programmes } from "../postgres/schema/programmes.ts";
import { facilitatedBy } from "./programmes.ts";
import { flowVisibleTo, timeOf } from "./scope.ts";
import { settle, type Written } from "./written.ts";

/** A flow that is to be introduced, as far as that depends on it. */
export type IntroducedFlow = { id: FlowId; isActive: boolean; consents: boolean };

/** How things stood before, by which a refused introduction is told. */
export type CurrentIntroduction = { state: MatchState; isIntroduced: boolean; consents: boolean; flowsActive: boolean };

type IntroductionDocument = { matchId: string };

export type IntroductionStore = ReturnType<typeof createIntroductionStore>;

export function createIntroductionStore(database: Database) {
  return {
    /** The flows of these that the facilitator sees; null where it facilitates no such programme. */
    async findFlows(
      stamp: ChangeStamp,
      id: ProgrammeId,
      flowIds: readonly FlowId[],
    ): Promise<Map<FlowId, IntroducedFlow> | null> {
      const rows = await database.query<{ id: string | null; is_active: boolean; consents: boolean }>(sql`
        SELECT f.id, f.status = 'active' AS is_active, ${consents(sql`f.organization_id`)} AS consents
        FROM ${programmes} g LEFT JOIN ${flows} f ON f.id IN ${flowIds.map((flowId) => sql`${uuidOf(flowId)}::uuid`)} AND ${flowVisibleTo(stamp.actor)}
        WHERE ${facilitatedBy(stamp.actor, id)}`);
      if (rows.length === 0) return null;
      return new Map(
        rows.flatMap((row) => {
          if (row.id === null) return [];
          const flow = { id: idFromUuid("flow", row.id), isActive: row.is_active, consents: row.consents };
          return [[flow.id, flow]];
        }),
      );
    },

    /**
     * Tells both sides of a recorded match that a facilitator brings them together, once a round and while both let it. Its
     * own organization's audit log says who it was; those of the two sides, that it was done.
     */
    async introduce(
      stamp: ChangeStamp,
      introduction: Introduction,
    ): Promise<Written<Introduction, CurrentIntroduction>> {
      const { programmeId, matchId, note } = introduction;
      const bothConsent = sql`(${consents(sql`m.output_organization_id`)} AND ${consents(sql`m.input_organization_id`)})`;
      const match = sql`m.id = ${uuidOf(matchId)}::uuid AND ${facilitatedBy(stamp.actor, programmeId)}`;
      const outcome = await applyChange<IntroductionDocument>(database, {
        stamp,
        action: "match.introduce",
        eventType: "turash.match.introduced",
        write: sql`UPDATE ${matches} AS m SET version = m.version + 1, updated_at = ${timeOf(stamp)},
            history = m.history || jsonb_build_array(jsonb_build_object('state', m.state, 'round', m.round, 'at', ${stamp.at.toISOString()}::text,
              'by', 'facilitator', 'reason', ${note}::text))
          FROM ${programmes} g WHERE ${match} AND m.state IN ${introducibleStates} AND NOT ${isIntroduced} AND ${flowsActive} AND ${bothConsent}
          RETURNING m.id, g.organization_id, ARRAY[m.output_organization_id, m.input_organization_id] AS audience, m.version,
            jsonb_build_object('matchId', m.id) AS document`,
        alongside: [recordOnBothSides(stamp)],
        patch: [{ op: "add", path: "/introduction", value: { programmeId, note } }],
        eventData: sql`jsonb_build_object('programmeId', ${programmeId}::text, 'note', ${note}::text)`,
        current: sql`SELECT jsonb_build_object('state', m.state, 'isIntroduced', ${isIntroduced}, 'consents', ${bothConsent}, 'flowsActive', ${flowsActive})
          FROM ${matches} m, ${programmes} g WHERE ${match}`,
      });
      return settle(outcome, () => introduction);
    },
  };
}

/** Whether the organization of a column takes part in `programmes g` and lets its facilitators introduce it. */
function consents(organization: SQL): SQL {
  return sql`EXISTS (SELECT FROM ${programmeParticipants} p WHERE p.programme_id = g.id AND p.organization_id = ${organization}
    AND p.state = 'joined' AND p.shares_with_facilitators)`;
}

/** Whether a facilitator has introduced the two sides of `matches m` in this round. */
export const isIntroduced = sql`EXISTS (SELECT FROM jsonb_array_elements(m.history) AS entry
  WHERE entry ->> 'by' = 'facilitator' AND (entry -> 'round')::integer = m.round)`;

const flowsActive = sql`NOT EXISTS (SELECT FROM ${flows} f WHERE f.id IN (m.output_flow_id, m.input_flow_id) AND (f.status <> 'active' OR f.deleted_at IS NOT NULL))`;

/** Who the facilitator was, and the id that it gave its request, are its own organization's to know. */
function recordOnBothSides(stamp: ChangeStamp): SQL {
  const at = timeOf(stamp);
  return sql`introduced AS (
    INSERT INTO ${auditEntries} (id, organization_id, actor, member_id, credential, action, subject_id, patch, request_id, occurred_at)
    SELECT uuid_v7(${at}), side, 'member', NULL, 'facilitator', 'match.introduce', id, '[{"op": "add", "path": "/introduction", "value": true}]'::jsonb,
      'facilitator', ${at}
    FROM changed CROSS JOIN unnest(audience) AS side WHERE side <> organization_id)`;
}
