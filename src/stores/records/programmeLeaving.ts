import { type SQL, sql } from "drizzle-orm";
import type { ChangeStamp } from "../../domain/change.ts";
import { type OrganizationId, uuidOf } from "../../domain/ids.ts";
import { outbox } from "../postgres/schema/changes.ts";
import { programmeParticipants, programmes } from "../postgres/schema/programmes.ts";
import { timeOf } from "./scope.ts";

/**
 * Ends the participations of an organization that closes, and the programmes that it facilitates, each with an event to whom
 * it concerns: expressions to go alongside the change of the organization's row.
 */
export function leaveProgrammesOf(stamp: ChangeStamp, id: OrganizationId): SQL[] {
  const at = timeOf(stamp);
  const closing = sql`(SELECT id FROM changed WHERE id = ${uuidOf(id)}::uuid)`;
  const facilitator = sql`(SELECT g.organization_id FROM ${programmes} g WHERE g.id = programme_id)`;
  return [
    sql`left_programmes AS (
      UPDATE ${programmeParticipants} SET state = 'left', left_at = ${at}, shares_with_facilitators = false, version = version + 1
      WHERE organization_id IN ${closing} AND state <> 'left'
      RETURNING programme_id, version, ARRAY[${facilitator}, organization_id] AS audience)`,
    sql`left_programme_events AS (
      INSERT INTO ${outbox} (id, type, subject_id, organization_ids, data, occurred_at, traceparent)
      SELECT uuid_v7(${at}), 'turash.programme.left', programme_id, audience,
        jsonb_build_object('version', version, 'organizationId', ${id}::text, 'state', 'left'), ${at}, ${stamp.traceparent} FROM left_programmes)`,
    sql`closed_programmes AS (
      UPDATE ${programmes} AS g SET deleted_at = ${at}, version = version + 1, updated_at = ${at}
      WHERE organization_id IN ${closing} AND deleted_at IS NULL
      RETURNING g.id, g.version, g.organization_id || ARRAY(SELECT p.organization_id FROM ${programmeParticipants} p
        WHERE p.programme_id = g.id AND p.state <> 'left' AND p.organization_id <> g.organization_id) AS audience)`,
    sql`closed_programme_events AS (
      INSERT INTO ${outbox} (id, type, subject_id, organization_ids, data, occurred_at, traceparent)
      SELECT uuid_v7(${at}), 'turash.programme.closed', id, audience, jsonb_build_object('version', version), ${at}, ${stamp.traceparent} FROM closed_programmes)`,
  ];
}
