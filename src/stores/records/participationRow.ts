import { type SQL, sql } from "drizzle-orm";
import type { ChangeStamp } from "../../domain/change.ts";
import { idFromUuid, type OrganizationId } from "../../domain/ids.ts";
import type { Participation, ParticipationState } from "../../domain/programme.ts";
import { applyChange } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { programmeParticipants, programmes } from "../postgres/schema/programmes.ts";
import { timeOf, utc } from "./scope.ts";
import { settle, type Written } from "./written.ts";

export type ParticipationDocument = Omit<Participation, "programmeId" | "organizationId"> & {
  programmeId: string;
  organizationId: string;
};

/** How a participation stood before, by which a refused change is told. */
export type CurrentParticipation = { version: number; state: ParticipationState };

type Ending = {
  /** On `programme_participants p` and `programmes g`. */
  condition: SQL;
  /** Whose audit log it enters. */
  actingOrganization: SQL;
  name: "leave" | "remove";
  eventType: `turash.programme.${string}`;
  version: number | null;
};

/** Ends a participation or an invitation that has not ended yet. */
export async function endParticipation(
  database: Database,
  stamp: ChangeStamp,
  organizationId: OrganizationId,
  { condition, actingOrganization, name, eventType, version }: Ending,
): Promise<Written<Participation, CurrentParticipation>> {
  const ending = sql`${condition} AND p.state <> 'left'`;
  const outcome = await applyChange<ParticipationDocument>(database, {
    stamp,
    action: `programme.${name}`,
    eventType,
    write: sql`UPDATE ${programmeParticipants} AS p SET state = 'left', left_at = ${timeOf(stamp)}, shares_with_facilitators = false, version = p.version + 1
      FROM ${programmes} g WHERE ${ending} AND ${version === null ? sql`true` : sql`p.version = ${version}::integer`} RETURNING ${changedColumns(actingOrganization)}`,
    patch: [{ op: "replace", path: "/state", value: "left" }],
    eventData: eventData(organizationId),
    current: sql`SELECT jsonb_build_object('version', p.version, 'state', p.state) FROM ${programmeParticipants} p, ${programmes} g WHERE ${ending}`,
  });
  return settle(outcome, parseParticipation);
}

export const facilitatorOf = sql`(SELECT own.organization_id FROM ${programmes} own WHERE own.id = p.programme_id)`;

/** The event is the programme's; its version is that of the participation it names. */
export function eventData(organizationId: OrganizationId): SQL {
  return sql`jsonb_build_object('organizationId', ${organizationId}::text, 'state', document -> 'state')`;
}

export const participationDocument = sql`jsonb_build_object('programmeId', p.programme_id, 'organizationId', p.organization_id, 'state', p.state,
  'sharesWithFacilitators', p.shares_with_facilitators, 'invitedAt', p.invited_at, 'joinedAt', p.joined_at, 'leftAt', p.left_at, 'version', p.version)`;

/** A participation is its organization's and the facilitators' to hear of. */
export function changedColumns(auditedOrganization: SQL): SQL {
  return sql`p.programme_id AS id, ${auditedOrganization} AS organization_id,
    CASE WHEN p.organization_id = ${facilitatorOf} THEN ARRAY[p.organization_id] ELSE ARRAY[${facilitatorOf}, p.organization_id] END AS audience,
    p.version, ${participationDocument} AS document`;
}

export function parseParticipation(row: ParticipationDocument): Participation {
  return {
    programmeId: idFromUuid("programme", row.programmeId),
    organizationId: idFromUuid("organization", row.organizationId),
    state: row.state,
    sharesWithFacilitators: row.sharesWithFacilitators,
    invitedAt: utc(row.invitedAt),
    joinedAt: timeOrNull(row.joinedAt),
    leftAt: timeOrNull(row.leftAt),
    version: row.version,
  };
}

export function timeOrNull(text: string | null): string | null {
  return text === null ? null : utc(text);
}
