import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findStrayWrites, type SourceFile } from "../../support/writeStatements.ts";

const root = join(import.meta.dirname, "../../..");
/** All but Durable Objects, whose storage is their own and not the database. */
const sources: SourceFile[] = globSync("src/**/*.ts", { cwd: root })
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }))
  .filter(({ path, text }) => !path.startsWith("src/rooms/object/") && !/\bextends DurableObject\b/.test(text));

/** What writes without an event of its own, with why. */
const exemptions = {
  "src/stores/graph/sql/graph.ts: createSqlGraph": "keeps the graph's generations, which are copies of records",
  "src/stores/graph/sql/graph.ts: writesOf": "copies into the graph what events tell of",
  "src/stores/graph/sql/graph.ts: firstGeneration": "begins a graph, of which nothing is to be told",
  "src/stores/records/graphTasks.ts: createGraphTaskStore": "keeps how far a rebuild of the graph has come",
  "src/stores/postgres/change.ts: changeStatement":
    "writes the event, the audit entry and the idempotency record themselves",
  "src/stores/postgres/change.ts: applyAfterExpiry":
    "forgets an expired idempotency record with the change that replaces it",
  "src/stores/records/apiKeys.ts: findAndTouch": "keeps when a key was last used, which changes nothing that is told",
  "src/stores/records/auditChain.ts: sealStatement": "seals the audit log itself",
  "src/stores/records/matchRefreshes.ts: createMatchRefreshStore":
    "keeps which flows are to be matched anew, which nobody sees",
  "src/stores/records/matchRefreshes.ts: insertRequests": "likewise",
  "src/stores/records/outbox.ts: createOutboxStore": "keeps how far events have come, of which nothing is to be told",
  "src/stores/records/outbox.ts: insertLetters": "keeps what consumers gave up on, which changes nobody's records",
  "src/stores/records/retention.ts: createRetentionStore":
    "forgets what is over its time, of which nothing is to be told",
  "src/stores/records/scope.ts: noteAccess": "writes what the operator read into the audit log",
  "src/stores/records/webhookQueue.ts: createWebhookQueue":
    "keeps what is to be posted where, and what came back, which changes nobody's records",
};

const store = (body: string, rest = ""): SourceFile[] => [
  {
    path: "things.ts",
    text: `import { keep } from "./keep.ts";\nexport function createStore() {\n${body}\n}\n${rest}`,
  },
];
const inChange = (part: string) => `return applyChange<Thing>(database, { stamp, ${part}, patch: [] });`;

describe("everything that changes a row", () => {
  it("is part of a change, with its event and its audit entry", () => {
    expect(findStrayWrites(sources, exemptions)).toEqual([]);
  });

  it("is found in the stores, and each exemption is needed", () => {
    const strays = findStrayWrites(sources);
    expect(new Set(strays.map((stray) => stray.slice(0, stray.lastIndexOf(": "))))).toEqual(
      new Set(Object.keys(exemptions)),
    );
  });

  it.each([
    ["INSERT INTO", `database.query(sql\`INSERT INTO \${things} (id) VALUES (1)\`)`],
    [`UPDATE \${things} AS t SET`, `database.query(sql\`UPDATE \${things} AS t SET a = 1\`)`],
    ["UPDATE things SET", "database.batch([sql`UPDATE things SET a = 1`])"],
    ["DELETE FROM", `database.query(sql\`DELETE FROM \${things}\`)`],
    ["insert into", "database.query(sql`WITH x AS (insert into things values (1)) SELECT 1`)"],
    ["INSERT INTO", inChange(`current: sql\`INSERT INTO things VALUES (1)\`, write: sql\`SELECT \${[1, 2]}\``)],
    ["DELETE FROM", `${inChange("write: sql`UPDATE t SET a = 1`")} database.query(sql\`DELETE FROM t\`);`],
  ])("is refused outside one: %s", (statement, body) => {
    expect(findStrayWrites(store(body))).toEqual([`things.ts: createStore: ${statement}`]);
  });

  it.each([
    ["write", inChange(`write: sql\`UPDATE \${things} AS t SET a = \${f({ b: sql\`}, \${1}\` })} RETURNING id\``)],
    ["alongside", inChange("write: sql`SELECT 1`, alongside: [sql`a AS (SELECT 1)`, sql`b AS (DELETE FROM t)`]")],
    ["a comment", "// INSERT INTO things\n/** DELETE FROM things */"],
    ["a lock", "database.query(sql`SELECT 1 FOR UPDATE SKIP LOCKED`)"],
  ])("may stand in %s", (_, body) => {
    expect(findStrayWrites(store(body))).toEqual([]);
  });

  it("may be a part of a part, as long as only changes use that", () => {
    const keep = "export function keep() {\n  return sql`INSERT INTO kept VALUES (1)`;\n}\n";
    const keepBoth = "function keepBoth() {\n  return [keep(), keep()];\n}\n";
    expect(findStrayWrites(store(inChange("write: sql`x`, alongside: keepBoth()"), keep + keepBoth))).toEqual([]);
    const stray = ["things.ts: keep: INSERT INTO"];
    expect(findStrayWrites(store("return database.batch(keepBoth());", keep + keepBoth))).toEqual(stray);
    expect(findStrayWrites(store("", keep + keepBoth))).toEqual(stray);
    const inCircles = "function one() {\n  return [keep(), other()];\n}\nfunction other() {\n  return one();\n}\n";
    expect(findStrayWrites(store("", keep + inCircles))).toEqual(stray);
  });

  it("may be a part of its own, as long as only changes use it", () => {
    const keep = "export function keep() {\n  return sql`INSERT INTO kept VALUES (1)`;\n}\n";
    expect(findStrayWrites(store(inChange("write: keep()"), keep))).toEqual([]);
    expect(findStrayWrites(store(inChange("write: sql`x`, alongside: wanted ? keep() : []"), keep))).toEqual([]);
    const stray = ["things.ts: keep: INSERT INTO"];
    expect(findStrayWrites(store(`${inChange("write: keep()")} database.query(keep());`, keep))).toEqual(stray);
    expect(findStrayWrites(store("", keep))).toEqual(stray);
  });
});
