import { type SQL, sql } from "drizzle-orm";
import type { Actor } from "../../domain/actor.ts";
import { uuidOf } from "../../domain/ids.ts";
import { programmeParticipants, programmes } from "../postgres/schema/programmes.ts";

/** Whether the caller's organization and that of a column have both joined one and the same open programme. */
export function sharesProgramme(actor: Actor, organization: SQL): SQL {
  if (actor.kind === "operator") return sql`true`;
  // Not correlated, so that a list finds the caller's programmes once and not for every row.
  return sql`${organization} IN (
    SELECT peer.organization_id FROM ${programmeParticipants} own JOIN ${programmes} g ON g.id = own.programme_id AND g.deleted_at IS NULL
      JOIN ${programmeParticipants} peer ON peer.programme_id = own.programme_id AND peer.state = 'joined'
    WHERE own.organization_id = ${uuidOf(actor.organizationId)}::uuid AND own.state = 'joined')`;
}

/**
 * Whether the caller is of the organization that facilitates an open programme which the organization of a column has
 * joined, letting facilitators read its flows.
 */
export function facilitates(actor: Actor, organization: SQL): SQL {
  if (actor.kind !== "member") return sql`false`;
  return sql`${organization} IN (
    SELECT sharing.organization_id FROM ${programmes} g
      JOIN ${programmeParticipants} sharing ON sharing.programme_id = g.id AND sharing.state = 'joined' AND sharing.shares_with_facilitators
    WHERE g.organization_id = ${uuidOf(actor.organizationId)}::uuid AND g.deleted_at IS NULL)`;
}

/** Whether the organization of a column facilitates an open programme that the caller's has joined or is invited to. */
export function facilitatesFor(actor: Actor, organization: SQL): SQL {
  if (actor.kind === "operator") return sql`true`;
  return sql`${organization} IN (
    SELECT g.organization_id FROM ${programmeParticipants} own JOIN ${programmes} g ON g.id = own.programme_id AND g.deleted_at IS NULL
    WHERE own.organization_id = ${uuidOf(actor.organizationId)}::uuid AND own.state <> 'left')`;
}
