import { sql } from "drizzle-orm";
import type { Operation } from "rfc6902";
import type { Changed, ChangeStamp } from "../../domain/change.ts";
import { idFromUuid, type OrganizationId, type ProgrammeId, uuidOf } from "../../domain/ids.ts";
import type { Page, Paged } from "../../domain/page.ts";
import {
  maximumParticipants,
  type Participant,
  type Participation,
  type ParticipationState,
} from "../../domain/programme.ts";
import { applyChange } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { programmeParticipants, programmes } from "../postgres/schema/programmes.ts";
import { organizations } from "../postgres/schema/tenants.ts";
import { page } from "./page.ts";
import {
  type CurrentParticipation,
  changedColumns,
  endParticipation,
  eventData,
  facilitatorOf,
  type ParticipationDocument,
  parseParticipation,
  timeOrNull,
} from "./participationRow.ts";
import { facilitatedBy, programmeVisibleTo } from "./programmes.ts";
import { ownedBy, readAs, timeOf } from "./scope.ts";
import type { Written } from "./written.ts";

type ParticipantDocument = Omit<Participant, "organizationId"> & { organizationId: string };

export type ParticipantStore = ReturnType<typeof createParticipantStore>;

export function createParticipantStore(database: Database) {
  return {
    /**
     * The participants of a programme that the caller sees: with all states for whoever facilitates it, those that have joined
     * for the others who have. Tells why not: there is no such programme, or the caller is only invited.
     */
    async list(
      stamp: ChangeStamp,
      id: ProgrammeId,
      { limit, after }: Page,
    ): Promise<Paged<Participant> | "no_programme" | "not_joined"> {
      const { actor } = stamp;
      const facilitates = ownedBy(actor, sql`g.organization_id`);
      const isOwn = ownedBy(actor, sql`p.organization_id`);
      const whole = sql`(seen.facilitates OR ${isOwn})`;
      const select = sql`
        WITH seen AS MATERIALIZED (
          SELECT g.id, g.organization_id, ${facilitates} AS facilitates, ${facilitates} OR EXISTS (SELECT FROM ${programmeParticipants} p
            WHERE p.programme_id = g.id AND p.state = 'joined' AND ${isOwn}) AS may_list
          FROM ${programmes} g WHERE g.id = ${uuidOf(id)}::uuid AND ${programmeVisibleTo(actor)})
        SELECT seen.id, seen.organization_id, seen.may_list, listed.organization_id AS participant_id, listed.document
        FROM seen LEFT JOIN LATERAL (
          SELECT p.organization_id, jsonb_build_object('organizationId', p.organization_id, 'name', CASE WHEN p.state = 'joined' THEN o.name END,
            'state', p.state, 'sharesWithFacilitators', CASE WHEN ${whole} THEN p.shares_with_facilitators END,
            'invitedAt', CASE WHEN ${whole} THEN p.invited_at END, 'joinedAt', p.joined_at, 'leftAt', p.left_at) AS document
          FROM ${programmeParticipants} p LEFT JOIN ${organizations} o ON o.id = p.organization_id
          WHERE p.programme_id = seen.id AND seen.may_list AND (seen.facilitates OR p.state = 'joined')
            AND ${after === null ? sql`true` : sql`p.organization_id < ${after}::uuid`}
          ORDER BY p.organization_id DESC LIMIT ${limit + 1}::integer) AS listed ON true
        ORDER BY listed.organization_id DESC`;
      const rows = await database.query<{
        may_list: boolean;
        participant_id: string | null;
        document: ParticipantDocument;
      }>(readAs(stamp, "programme.list_participants", select));
      if (rows.length === 0) return "no_programme";
      if (!rows[0]!.may_list) return "not_joined";
      const participants = rows.flatMap(({ participant_id: id, document }) => (id === null ? [] : [{ id, document }]));
      return page(participants, limit, (row) => parseParticipant(row.document));
    },

    /**
     * Invites an organization, or anew one that has left. Tells why not: the caller does not facilitate such a programme, the
     * organization is invited or has joined already, or the programme is full.
     */
    async invite(
      stamp: ChangeStamp,
      id: ProgrammeId,
      organizationId: OrganizationId,
      patch: readonly Operation[],
    ): Promise<Changed<Participation> | "no_programme" | "invited" | "joined" | "full"> {
      const programme = sql`${programmes} g WHERE ${facilitatedBy(stamp.actor, id)}`;
      const invited = sql`${uuidOf(organizationId)}::uuid`;
      const hasRoom = sql`(SELECT count(*) FROM ${programmeParticipants} p WHERE p.programme_id = g.id AND p.state <> 'left') < ${maximumParticipants}::integer`;
      const outcome = await applyChange<ParticipationDocument>(database, {
        stamp,
        action: "programme.invite",
        eventType: "turash.programme.invited",
        write: sql`INSERT INTO ${programmeParticipants} AS p (programme_id, organization_id, state, invited_at)
          SELECT g.id, ${invited}, 'invited', ${timeOf(stamp)} FROM ${programme} AND ${hasRoom}
          ON CONFLICT (programme_id, organization_id) DO UPDATE
            SET state = 'invited', invited_at = excluded.invited_at, joined_at = NULL, left_at = NULL, version = p.version + 1
            WHERE p.state = 'left'
          RETURNING ${changedColumns(facilitatorOf)}`,
        patch,
        eventData: eventData(organizationId),
        current: sql`SELECT jsonb_build_object('hasRoom', ${hasRoom}, 'state', (SELECT p.state FROM ${programmeParticipants} p
          WHERE p.programme_id = g.id AND p.organization_id = ${invited})) FROM ${programme}`,
      });
      const [written] = outcome.documents;
      if (written) return { value: parseParticipation(written), replayed: outcome.replayed };
      const current = outcome.current as { hasRoom: boolean; state: ParticipationState | null } | null;
      if (current === null) return "no_programme";
      if (current.state === "joined") return "joined";
      // What stood before the statement says neither: an equal one was quicker.
      return current.hasRoom || current.state === "invited" ? "invited" : "full";
    },

    /** Takes back an invitation, or puts a participant out of a programme that the caller facilitates. */
    remove(
      stamp: ChangeStamp,
      id: ProgrammeId,
      organizationId: OrganizationId,
      version: number | null,
    ): Promise<Written<Participation, CurrentParticipation>> {
      return endParticipation(database, stamp, organizationId, {
        condition: sql`(p.organization_id = ${uuidOf(organizationId)}::uuid AND p.programme_id = g.id AND ${facilitatedBy(stamp.actor, id)})`,
        actingOrganization: facilitatorOf,
        name: "remove",
        eventType: "turash.programme.removed",
        version,
      });
    },
  };
}

function parseParticipant(row: ParticipantDocument): Participant {
  return {
    organizationId: idFromUuid("organization", row.organizationId),
    name: row.name,
    state: row.state,
    sharesWithFacilitators: row.sharesWithFacilitators,
    invitedAt: timeOrNull(row.invitedAt),
    joinedAt: timeOrNull(row.joinedAt),
    leftAt: timeOrNull(row.leftAt),
  };
}
