import { type SQL, sql } from "drizzle-orm";
import type { Database } from "../../src/stores/postgres/client.ts";

/** How a plan reaches a table: the kind of its node, the indexes it reads and their conditions. */
export type Access = { table: string; node: string; indexes: string[]; conditions: string[] };

type PlanNode = {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Index Cond"?: string;
  Plans?: PlanNode[];
};

/** A database that answers nothing and keeps the statements that it is asked. */
export function createRecorder(): Database & { statements: SQL[] } {
  const statements: SQL[] = [];
  return {
    statements,
    async query(statement) {
      statements.push(statement);
      return [];
    },
    batch: () => Promise.reject(new Error("a batch has no single plan")),
    trips: () => statements.length,
    noteEvents() {},
    hasEvents: () => false,
  };
}

/** How the database would reach each table of a statement. */
export async function explain(database: Database, statement: SQL): Promise<Access[]> {
  const [row] = await database.query<{ "QUERY PLAN": [{ Plan: PlanNode }] }>(sql`EXPLAIN (FORMAT JSON) ${statement}`);
  return collectAccesses(row!["QUERY PLAN"][0].Plan);
}

function collectAccesses(node: PlanNode): Access[] {
  const children = node.Plans ?? [];
  if (node["Relation Name"] === undefined || node["Node Type"] === "ModifyTable")
    return children.flatMap(collectAccesses);
  const parts = [node, ...children.filter(isBitmap).flatMap(collectBitmaps)];
  return [
    {
      table: node["Relation Name"],
      node: node["Node Type"],
      indexes: parts.flatMap((part) => part["Index Name"] ?? []),
      conditions: parts.flatMap((part) => part["Index Cond"] ?? []),
    },
    // Subqueries in the node's conditions.
    ...children.filter((child) => !isBitmap(child)).flatMap(collectAccesses),
  ];
}

/** The index scans under a bitmap heap scan, through any AND or OR of them. */
function collectBitmaps(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(collectBitmaps)];
}

function isBitmap(node: PlanNode): boolean {
  return /^Bitmap(And|Or| Index Scan)$/.test(node["Node Type"]);
}
