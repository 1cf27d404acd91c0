import { type SQL, sql } from "drizzle-orm";
import type { Actor, MemberActor } from "../../domain/actor.ts";
import type { ChangeStamp } from "../../domain/change.ts";
import { readMeasure } from "../../domain/dimension.ts";
import { type FlowId, idFromUuid, isId, type MatchId, type OrganizationId, uuidOf } from "../../domain/ids.ts";
import { type MatchSide, type MatchState, matchTransitions } from "../../domain/match.ts";
import type { Quantity } from "../../domain/quantity.ts";
import type { RoomEntry, RoomFacts, RoomFlow } from "../../domain/roomFacts.ts";
import { applyChange } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { flows, matches } from "../postgres/schema/flows.ts";
import { programmeParticipants, programmes } from "../postgres/schema/programmes.ts";
import { apiKeys, members } from "../postgres/schema/tenants.ts";
import { matchVisibleTo, ownedBy, timeOf } from "./scope.ts";
import { settle, type Written } from "./written.ts";

type FlowDocument = Omit<RoomFlow, "id" | "minimumLot"> & { id: string; minimumLot: Quantity | null };
type FactsDocument = Omit<RoomFacts, "matchId" | "parties" | "flows"> & {
  id: string;
  parties: Record<MatchSide, string>;
  flows: Record<MatchSide, FlowDocument>;
};

type EntryRow = { document: FactsDocument; side: RoomEntry["side"]; name: string | null; ends_at: string | null };

/** Of whom or what something has changed. */
export type Touched = {
  matchIds: readonly MatchId[];
  flowIds: readonly FlowId[];
  organizationIds: readonly OrganizationId[];
};

/** How a match stands that could not be moved. */
export type CurrentRound = { version: number; state: MatchState; round: number };

export type RoomStore = ReturnType<typeof createRoomStore>;

/** What rooms ask and tell the records. */
export function createRoomStore(database: Database) {
  return {
    /** Null for a match in which the two sides never showed interest both, and for whoever has nothing to do with it. */
    async findEntry(actor: MemberActor, id: MatchId): Promise<RoomEntry | null> {
      const me = sql`${uuidOf(actor.organizationId)}::uuid`;
      const side = sql`CASE WHEN m.output_organization_id = ${me} THEN 'output' WHEN m.input_organization_id = ${me} THEN 'input'
        WHEN ${brings(sql`g.organization_id = ${me}`)} THEN 'facilitator' END`;
      const name = sql`(SELECT p.name FROM ${members} p WHERE p.id = ${actor.memberId && uuidOf(actor.memberId)}::uuid AND p.organization_id = ${me})`;
      const key = isId("apiKey", actor.credential) ? uuidOf(actor.credential) : null;
      const endsAt = sql`(SELECT k.expires_at FROM ${apiKeys} k WHERE k.id = ${key}::uuid)`;
      const [row] = await database.query<EntryRow>(sql`
        SELECT * FROM (SELECT ${facts} AS document, ${side} AS side, ${name} AS name, ${endsAt} AS ends_at ${fromMatches}
          WHERE m.id = ${uuidOf(id)}::uuid AND ${hasRoom}) AS entry
        WHERE side IS NOT NULL`);
      if (!row) return null;
      const { side: at, name: called, ends_at } = row;
      return {
        facts: parse(row.document),
        side: at,
        name: called,
        endsAt: ends_at === null ? null : Date.parse(ends_at),
      };
    },

    /** What rooms are told who ask nobody: the records of one match as they stand. */
    async findFacts(id: MatchId): Promise<RoomFacts | null> {
      const [row] = await database.query<{ document: FactsDocument }>(
        sql`SELECT ${facts} AS document ${fromMatches} WHERE m.id = ${uuidOf(id)}::uuid AND ${hasRoom}`,
      );
      return row ? parse(row.document) : null;
    },

    /** The matches with rooms that a change touches, in the order of ids behind `after`; those of an organization are all in which it may sit. */
    async listTouched(
      { matchIds, flowIds, organizationIds }: Touched,
      after: MatchId | null,
      limit: number,
    ): Promise<RoomFacts[]> {
      const [ofMatches, ofFlows, ofOrganizations] = [matchIds, flowIds, organizationIds].map(uuids);
      const rows = await database.query<{ document: FactsDocument }>(sql`
        SELECT ${facts} AS document ${fromMatches} WHERE m.id IN (
          SELECT unnest(${ofMatches}) UNION SELECT id FROM ${matches} WHERE output_flow_id = ANY(${ofFlows})
          UNION SELECT id FROM ${matches} WHERE input_flow_id = ANY(${ofFlows})
          UNION SELECT id FROM ${matches} WHERE output_organization_id = ANY(${ofOrganizations})
          UNION SELECT id FROM ${matches} WHERE input_organization_id = ANY(${ofOrganizations})
          UNION SELECT b.id FROM ${programmes} g JOIN ${programmeParticipants} p ON p.programme_id = g.id AND p.state = 'joined'
            JOIN ${matches} b ON p.organization_id IN (b.output_organization_id, b.input_organization_id) WHERE g.organization_id = ANY(${ofOrganizations}))
        AND ${hasRoom} AND ${behind(after)} ORDER BY m.id LIMIT ${limit}::integer`);
      return rows.map(({ document }) => parse(document));
    },

    /** The matches whose rooms may have somebody in them, in the order of ids behind `after`. */
    async listRooms(after: MatchId | null, limit: number): Promise<MatchId[]> {
      const rows = await database.query<{ id: string }>(
        sql`SELECT m.id FROM ${matches} m WHERE ${hasRoom} AND ${behind(after)} ORDER BY m.id LIMIT ${limit}::integer`,
      );
      return rows.map(({ id }) => idFromUuid("match", id));
    },

    /** The first offer of a round has been made. */
    async negotiate(stamp: ChangeStamp, id: MatchId, round: number): Promise<Written<CurrentRound, CurrentRound>> {
      return move(database, stamp, { id, round, move: "offer", reason: null });
    },

    /** A round has ended without an agreement: a side closed its room, or nobody came any more. */
    async end(
      stamp: ChangeStamp,
      id: MatchId,
      round: number,
      by: "decline" | "expire",
      reason: string,
    ): Promise<Written<CurrentRound, CurrentRound>> {
      return move(database, stamp, { id, round, move: by, reason });
    },
  };
}

const eventTypes = {
  offer: "turash.match.negotiating",
  decline: "turash.match.declined",
  expire: "turash.match.expired",
} as const;

type Move = { id: MatchId; round: number; move: keyof typeof eventTypes; reason: string | null };

async function move(database: Database, stamp: ChangeStamp, { id, round, move, reason }: Move) {
  const { from, to } = matchTransitions[move];
  const { actor } = stamp;
  const by =
    actor.kind === "operator"
      ? sql`'engine'::text`
      : sql`CASE WHEN ${ownedBy(actor, sql`m.output_organization_id`)} THEN 'output' ELSE 'input' END`;
  const stands = sql`jsonb_build_object('version', m.version, 'state', m.state, 'round', m.round)`;
  const outcome = await applyChange<CurrentRound>(database, {
    stamp,
    action: `match.${move}`,
    eventType: eventTypes[move],
    write: sql`UPDATE ${matches} AS m SET state = ${to}, version = m.version + 1, updated_at = ${timeOf(stamp)},
        history = m.history || jsonb_build_array(jsonb_build_object('state', ${to}::text, 'round', m.round, 'at', ${stamp.at.toISOString()}::text,
          'by', ${by}, 'reason', ${reason}::text))
      WHERE m.id = ${uuidOf(id)}::uuid AND m.round = ${round}::integer AND m.state IN ${from} AND ${matchVisibleTo(actor)}
      RETURNING m.id, ${auditedSide(actor)} AS organization_id, ARRAY[m.output_organization_id, m.input_organization_id] AS audience, m.version, ${stands} AS document`,
    patch: [{ op: "replace", path: "/state", value: to }],
    eventData: sql`jsonb_build_object('state', document -> 'state', 'round', document -> 'round')`,
    current: sql`SELECT ${stands} FROM ${matches} m WHERE m.id = ${uuidOf(id)}::uuid AND ${matchVisibleTo(actor)}`,
  });
  return settle<CurrentRound, CurrentRound, CurrentRound>(outcome, (document) => document);
}

/** A change enters the audit log of the side that made it. */
function auditedSide(actor: Actor): SQL {
  return actor.kind === "operator" ? sql`m.output_organization_id` : sql`${uuidOf(actor.organizationId)}::uuid`;
}

/** Whether both sides of `matches m` have shown interest at the same time, in whatever round: from then on there is a room. */
const hasRoom = sql`m.history @> '[{"state": "interested_both"}]'::jsonb`;

/** Whether a programme that somebody runs has one of the two sides of `matches m` in it. */
function brings(runs: SQL): SQL {
  return sql`EXISTS (SELECT FROM ${programmes} g JOIN ${programmeParticipants} p ON p.programme_id = g.id AND p.state = 'joined'
    WHERE g.deleted_at IS NULL AND ${runs} AND p.organization_id IN (m.output_organization_id, m.input_organization_id))`;
}

const fromMatches = sql`FROM ${matches} m JOIN ${flows} o ON o.id = m.output_flow_id JOIN ${flows} i ON i.id = m.input_flow_id`;

const flowFacts = (alias: "o" | "i") => {
  const column = (name: string) => sql.raw(`${alias}.${name}`);
  return sql`jsonb_build_object('id', ${column("id")}, 'version', ${column("version")}, 'status', ${column("status")}, 'grade', ${column("grade")},
    'unit', ${column("quantity_unit")}, 'amount', ${column("quantity_amount")}, 'remaining', ${column("remaining_amount")}, 'minimumLot', ${column("minimum_lot")})`;
};

const facts = sql`jsonb_build_object('id', m.id, 'version', m.version, 'state', m.state, 'round', m.round, 'reason', m.history -> -1 ->> 'reason',
  'parties', jsonb_build_object('output', m.output_organization_id, 'input', m.input_organization_id),
  'flows', jsonb_build_object('output', ${flowFacts("o")}, 'input', ${flowFacts("i")}), 'score', m.score, 'holds', m.holds, 'gates', m.gates)`;

function behind(after: MatchId | null): SQL {
  return after === null ? sql`true` : sql`m.id > ${uuidOf(after)}::uuid`;
}

function uuids(ids: readonly (MatchId | FlowId | OrganizationId)[]): SQL {
  return sql`${`{${ids.map(uuidOf).join(",")}}`}::uuid[]`;
}

function parse({ id, parties, flows: both, ...rest }: FactsDocument): RoomFacts {
  return {
    ...rest,
    matchId: idFromUuid("match", id),
    parties: {
      output: idFromUuid("organization", parties.output),
      input: idFromUuid("organization", parties.input),
    },
    flows: { output: parseFlow(both.output), input: parseFlow(both.input) },
  };
}

function parseFlow({ id, minimumLot, ...flow }: FlowDocument): RoomFlow {
  return { ...flow, id: idFromUuid("flow", id), minimumLot: minimumLot && lotIn(flow.unit, minimumLot) };
}

/** A lot is an amount; of a flow that is a rate, a year has one at the least, as the engine's gate has it. */
function lotIn(unit: string, lot: Quantity): number | null {
  const [each, whole] = [readMeasure(lot.unit), readMeasure(unit)];
  return each.ok && whole.ok ? (lot.amount * each.measure.factor) / whole.measure.factor : null;
}
