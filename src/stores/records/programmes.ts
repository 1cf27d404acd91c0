import { type SQL, sql } from "drizzle-orm";
import type { Operation } from "rfc6902";
import type { Actor, DeviceActor, MemberActor } from "../../domain/actor.ts";
import type { Changed, ChangeStamp } from "../../domain/change.ts";
import { idFromUuid, type ProgrammeId, uuidOf } from "../../domain/ids.ts";
import type { Page, Paged } from "../../domain/page.ts";
import type { Programme, ProgrammeContent } from "../../domain/programme.ts";
import { applyChange } from "../postgres/change.ts";
import type { Database } from "../postgres/client.ts";
import { programmeParticipants, programmes } from "../postgres/schema/programmes.ts";
import { page } from "./page.ts";
import { ownedBy, readAs, timeOf, utc } from "./scope.ts";
import { settle, type Written } from "./written.ts";

type ProgrammeDocument = Omit<Programme, "id" | "organizationId"> & { id: string; organizationId: string };

/** Programmes that the caller's organization facilitates, or has joined, or is invited to. */
export type ProgrammeFilter = { relation?: "facilitates" | "joined" | "invited" | undefined };

export type ProgrammeStore = ReturnType<typeof createProgrammeStore>;

export function createProgrammeStore(database: Database) {
  return {
    async find(stamp: ChangeStamp, id: ProgrammeId): Promise<Programme | null> {
      const select = sql`SELECT g.id, g.organization_id, ${document} AS document FROM ${programmes} g
        WHERE g.id = ${uuidOf(id)}::uuid AND ${programmeVisibleTo(stamp.actor)}`;
      const [row] = await database.query<{ document: ProgrammeDocument }>(readAs(stamp, "programme.read", select));
      return row ? parse(row.document) : null;
    },

    async list(stamp: ChangeStamp, { relation }: ProgrammeFilter, { limit, after }: Page): Promise<Paged<Programme>> {
      const conditions = [programmeVisibleTo(stamp.actor)];
      if (relation === "facilitates") conditions.push(ownedBy(stamp.actor, sql`g.organization_id`));
      else if (relation) conditions.push(participates(stamp.actor, sql`p.state = ${relation}`));
      if (after !== null) conditions.push(sql`g.id < ${after}::uuid`);
      const select = sql`SELECT g.id, g.organization_id, ${document} AS document FROM ${programmes} g
        WHERE ${sql.join(conditions, sql` AND `)} ORDER BY g.id DESC LIMIT ${limit + 1}::integer`;
      const rows = await database.query<{ id: string; document: ProgrammeDocument }>(
        readAs(stamp, "programme.list", select),
      );
      return page(rows, limit, (row) => parse(row.document));
    },

    /** Open programmes that an organization has joined, by id. */
    async listJoined({ organizationId }: MemberActor | DeviceActor): Promise<ProgrammeId[]> {
      const rows = await database.query<{ id: string }>(sql`
        SELECT g.id FROM ${programmeParticipants} p JOIN ${programmes} g ON g.id = p.programme_id AND g.deleted_at IS NULL
        WHERE p.organization_id = ${uuidOf(organizationId)}::uuid AND p.state = 'joined' ORDER BY g.id`);
      return rows.map(({ id }) => idFromUuid("programme", id));
    },

    async create(stamp: ChangeStamp, programme: Programme, patch: readonly Operation[]): Promise<Changed<Programme>> {
      const outcome = await applyChange<ProgrammeDocument>(database, {
        stamp,
        action: "programme.create",
        eventType: "turash.programme.created",
        write: sql`INSERT INTO ${programmes} AS g (id, organization_id, name, description, created_at, updated_at)
          VALUES (${uuidOf(programme.id)}::uuid, ${uuidOf(programme.organizationId)}::uuid, ${programme.name}, ${programme.description}, ${timeOf(stamp)}, ${timeOf(stamp)})
          RETURNING ${changedColumns}`,
        patch,
      });
      return { value: parse(outcome.documents[0]!), replayed: outcome.replayed };
    },

    async update(
      stamp: ChangeStamp,
      id: ProgrammeId,
      version: number,
      { name, description }: ProgrammeContent,
      patch: readonly Operation[],
    ): Promise<Written<Programme>> {
      const outcome = await applyChange<ProgrammeDocument>(database, {
        stamp,
        action: "programme.update",
        eventType: "turash.programme.updated",
        write: sql`UPDATE ${programmes} AS g SET name = ${name}, description = ${description}, version = g.version + 1, updated_at = ${timeOf(stamp)}
          WHERE ${facilitatedBy(stamp.actor, id)} AND g.version = ${version}::integer RETURNING ${changedColumns}`,
        patch,
        current: current(stamp.actor, id),
      });
      return settle(outcome, parse);
    },

    /** Closes a programme for good: nobody sees anything through it any more. */
    async close(stamp: ChangeStamp, id: ProgrammeId, version: number | null): Promise<Written<Programme>> {
      const outcome = await applyChange<ProgrammeDocument>(database, {
        stamp,
        action: "programme.close",
        eventType: "turash.programme.closed",
        write: sql`UPDATE ${programmes} AS g SET deleted_at = ${timeOf(stamp)}, version = g.version + 1, updated_at = ${timeOf(stamp)}
          WHERE ${facilitatedBy(stamp.actor, id)} AND ${version === null ? sql`true` : sql`g.version = ${version}::integer`} RETURNING ${changedColumns}`,
        patch: [{ op: "remove", path: "" }],
        current: current(stamp.actor, id),
      });
      return settle(outcome, parse);
    },
  };
}

/** Which rows of `programmes g` the caller may see: open ones that its organization facilitates, has joined or is invited to. */
export function programmeVisibleTo(actor: Actor): SQL {
  return sql`(g.deleted_at IS NULL AND (${ownedBy(actor, sql`g.organization_id`)} OR ${participates(actor, sql`p.state <> 'left'`)}))`;
}

/** The open programme `programmes g` with this id, where the caller's organization facilitates it. */
export function facilitatedBy(actor: Actor, id: ProgrammeId): SQL {
  return sql`(g.id = ${uuidOf(id)}::uuid AND g.deleted_at IS NULL AND ${ownedBy(actor, sql`g.organization_id`)})`;
}

function participates(actor: Actor, condition: SQL): SQL {
  if (actor.kind === "operator") return sql`true`;
  return sql`g.id IN (SELECT p.programme_id FROM ${programmeParticipants} p
    WHERE p.organization_id = ${uuidOf(actor.organizationId)}::uuid AND p.state <> 'left' AND ${condition})`;
}

function current(actor: Actor, id: ProgrammeId): SQL {
  return sql`SELECT jsonb_build_object('version', g.version) FROM ${programmes} g WHERE ${facilitatedBy(actor, id)}`;
}

const document = sql`jsonb_build_object('id', g.id, 'organizationId', g.organization_id, 'name', g.name, 'description', g.description,
  'version', g.version, 'createdAt', g.created_at, 'updatedAt', g.updated_at)`;

/** Whoever has joined or is invited hears of what becomes of a programme. */
const changedColumns = sql`g.id, g.organization_id, g.organization_id || ARRAY(SELECT p.organization_id FROM ${programmeParticipants} p
    WHERE p.programme_id = g.id AND p.state <> 'left' AND p.organization_id <> g.organization_id) AS audience, g.version, ${document} AS document`;

function parse(row: ProgrammeDocument): Programme {
  return {
    id: idFromUuid("programme", row.id),
    organizationId: idFromUuid("organization", row.organizationId),
    name: row.name,
    description: row.description,
    version: row.version,
    createdAt: utc(row.createdAt),
    updatedAt: utc(row.updatedAt),
  };
}
