import type { SQL } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import type { MemberActor } from "../../src/domain/actor.ts";
import { scopes } from "../../src/domain/actor.ts";
import type { ChangeStamp } from "../../src/domain/change.ts";
import { createId, type FlowId, type OrganizationId, uuidOf } from "../../src/domain/ids.ts";
import type { Database } from "../../src/stores/postgres/client.ts";
import { createFlowStore } from "../../src/stores/records/flows.ts";

/** A statement as it goes to the database. */
export type SentStatement = { query: string; parameters: unknown[] };

const dialect = new PgDialect();

function toSent(statement: SQL): SentStatement {
  const { sql, params } = dialect.sqlToQuery(statement);
  return { query: sql, parameters: params };
}

/** A database that notes what a store asks, and hands on to another one or answers nothing. */
export function recordStatements(next?: Database): { database: Database; sent: SentStatement[] } {
  const sent: SentStatement[] = [];
  return {
    sent,
    database: {
      async query<Row>(statement: SQL) {
        sent.push(toSent(statement));
        return next ? next.query<Row>(statement) : [];
      },
      batch: () => Promise.reject(new Error("a single statement was expected")),
      trips: () => sent.length,
      noteEvents() {},
      hasEvents: () => false,
    },
  };
}

/** An owner of an organization, as its key would make one. */
export function actAs(organizationId: OrganizationId): MemberActor {
  return {
    kind: "member",
    organizationId,
    memberId: null,
    role: "owner",
    scopes,
    credential: createId("apiKey"),
  };
}

/** The one statement by which GET /v1/flows/{id} reads its row, with `{id}` for the flow's UUID. */
export async function captureFlowRead(organizationId: OrganizationId, flowId: FlowId): Promise<SentStatement> {
  const { database, sent } = recordStatements();
  const stamp: ChangeStamp = {
    actor: actAs(organizationId),
    at: new Date(),
    requestId: "bench",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    addressHash: null,
    idempotency: null,
  };
  await createFlowStore(database).find(stamp, flowId);
  const [statement] = sent;
  if (!statement || sent.length > 1) throw new Error("reading a flow is not one statement");
  const uuid = uuidOf(flowId);
  return {
    query: statement.query,
    parameters: statement.parameters.map((value) => (value === uuid ? "{id}" : value)),
  };
}
