import { type SQL, sql } from "drizzle-orm";
import type { Operation } from "rfc6902";
import type { ChangeStamp } from "../../domain/change.ts";
import { type OrganizationId, type ProgrammeId, uuidOf } from "../../domain/ids.ts";
import type { Participation, ParticipationContent } from "../../domain/programme.ts";
import { applyChange } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { programmeParticipants, programmes } from "../postgres/schema/programmes.ts";
import {
  type CurrentParticipation,
  changedColumns,
  endParticipation,
  eventData,
  type ParticipationDocument,
  parseParticipation,
  participationDocument,
} from "./participationRow.ts";
import { ownedBy, timeOf } from "./scope.ts";
import { settle, type Written } from "./written.ts";

export type ParticipationStore = ReturnType<typeof createParticipationStore>;

export function createParticipationStore(database: Database) {
  return {
    /** The caller's own part in a programme, while it is invited or has joined. */
    async findOwn(stamp: ChangeStamp, organizationId: OrganizationId, id: ProgrammeId): Promise<Participation | null> {
      const [row] = await database.query<{ document: ParticipationDocument }>(sql`
        SELECT ${participationDocument} AS document FROM ${programmeParticipants} p JOIN ${programmes} g ON g.id = p.programme_id
        WHERE ${ofOrganization(stamp, organizationId, id)} AND p.state <> 'left'`);
      return row ? parseParticipation(row.document) : null;
    },

    /** Lets an invited organization in. */
    async join(
      stamp: ChangeStamp,
      organizationId: OrganizationId,
      id: ProgrammeId,
      { sharesWithFacilitators }: ParticipationContent,
      patch: readonly Operation[],
    ): Promise<Written<Participation, CurrentParticipation>> {
      const outcome = await applyChange<ParticipationDocument>(database, {
        stamp,
        action: "programme.join",
        eventType: "turash.programme.joined",
        write: sql`UPDATE ${programmeParticipants} AS p SET state = 'joined', joined_at = ${timeOf(stamp)}, shares_with_facilitators = ${sharesWithFacilitators}::boolean,
            version = p.version + 1
          FROM ${programmes} g WHERE ${ofOrganization(stamp, organizationId, id)} AND p.state = 'invited' RETURNING ${changedColumns(sql`p.organization_id`)}`,
        patch,
        eventData: eventData(organizationId),
        current: current(stamp, organizationId, id),
      });
      return settle(outcome, parseParticipation);
    },

    /** Gives consent to facilitators or takes it back, for one that has joined. */
    async update(
      stamp: ChangeStamp,
      { organizationId, programmeId, version }: Participation,
      { sharesWithFacilitators }: ParticipationContent,
      patch: readonly Operation[],
    ): Promise<Written<Participation, CurrentParticipation>> {
      const outcome = await applyChange<ParticipationDocument>(database, {
        stamp,
        action: "programme.consent",
        eventType: "turash.programme.consent_changed",
        write: sql`UPDATE ${programmeParticipants} AS p SET shares_with_facilitators = ${sharesWithFacilitators}::boolean, version = p.version + 1
          FROM ${programmes} g WHERE ${ofOrganization(stamp, organizationId, programmeId)} AND p.state = 'joined' AND p.version = ${version}::integer
          RETURNING ${changedColumns(sql`p.organization_id`)}`,
        patch,
        eventData: eventData(organizationId),
        current: current(stamp, organizationId, programmeId),
      });
      return settle(outcome, parseParticipation);
    },

    /** Ends the caller's own part, or declines the invitation. */
    leave(
      stamp: ChangeStamp,
      organizationId: OrganizationId,
      id: ProgrammeId,
    ): Promise<Written<Participation, CurrentParticipation>> {
      return endParticipation(database, stamp, organizationId, {
        condition: ofOrganization(stamp, organizationId, id),
        actingOrganization: sql`p.organization_id`,
        name: "leave",
        eventType: "turash.programme.left",
        version: null,
      });
    },
  };
}

/** A row of `programme_participants p` in the open programme `programmes g`, of an organization that is the caller's own. */
function ofOrganization({ actor }: ChangeStamp, organizationId: OrganizationId, id: ProgrammeId): SQL {
  return sql`(p.organization_id = ${uuidOf(organizationId)}::uuid AND ${ownedBy(actor, sql`p.organization_id`)}
    AND p.programme_id = ${uuidOf(id)}::uuid AND g.id = p.programme_id AND g.deleted_at IS NULL)`;
}

function current(stamp: ChangeStamp, organizationId: OrganizationId, id: ProgrammeId): SQL {
  return sql`SELECT jsonb_build_object('version', p.version, 'state', p.state) FROM ${programmeParticipants} p, ${programmes} g
    WHERE ${ofOrganization(stamp, organizationId, id)} AND p.state <> 'left'`;
}
