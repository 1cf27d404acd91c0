import { NeonDbError, neon, neonConfig } from "@neondatabase/serverless";
import { sql as statement } from "drizzle-orm";
import { drizzle } from "drizzle-orm/neon-http";
import { integer, jsonb, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SqlServer, startSqlServer } from "../../scripts/database/sqlServer.ts";
import { type EngineUnderTest, enginesUnderTest, openEngineUnderTest } from "../support/engineUnderTest.ts";

const password = "a secret / with : signs @ in it";

describe.each(enginesUnderTest)("SQL over HTTP in front of %s", (engineName) => {
  let opened: EngineUnderTest;
  let server: SqlServer;
  const connectTo = () => {
    neonConfig.fetchEndpoint = server.fetchEndpoint;
    return server.connectionString;
  };
  const connect = () => neon(connectTo());
  const failure = (work: Promise<unknown>): Promise<NeonDbError> =>
    work.then(
      () => expect.fail("it did not fail"),
      (error) => {
        expect(error).toBeInstanceOf(NeonDbError);
        return error;
      },
    );

  beforeAll(async () => {
    opened = await openEngineUnderTest(engineName);
    server = await startSqlServer({
      engine: opened.engine,
      password,
      deadlineMs: 20_000,
      maxRequestBytes: 1_000_000,
      maxResponseBytes: 2_000_000,
      maxRows: 20_000,
    });
    await opened.engine.script(`
      CREATE SCHEMA probe;
      CREATE TABLE probe.parents (id integer PRIMARY KEY, label text NOT NULL CONSTRAINT parents_label_check CHECK (label <> ''));
      CREATE TABLE probe.children (id integer PRIMARY KEY,
        parent_id integer CONSTRAINT children_parent_id_fkey REFERENCES probe.parents (id) DEFERRABLE INITIALLY DEFERRED);
      CREATE TABLE probe.notes (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL, tags text[], data jsonb, at timestamptz);`);
  });
  afterAll(async () => {
    await server?.close();
    await opened?.close();
  });

  describe("values", () => {
    it("gives what the driver reads from each type", async () => {
      const [row] = await connect()`SELECT
        ${[1, 2, null]}::int[] AS ints, ${["a,b", 'c"d\\', null, "NULL", ""]}::text[] AS texts, ${{ a: [1, { b: null }] }}::jsonb AS json,
        ${"12345678901234567890.10"}::numeric AS numeric, ${"9007199254740993"}::bigint AS bigint, ${true}::bool AS yes, ${false}::bool AS no,
        ${Buffer.from([0, 255, 92, 39])}::bytea AS bytes, ${"2027-02-28T23:59:59.123456Z"}::timestamptz AS at, ${"2027-02-28"}::date::text AS day,
        ${null}::text AS nothing, ${"018f4d6e-7b3a-7cc0-8000-000000000001"}::uuid AS id, ${1.5}::float8 AS float, ${"grün, ☃ 𝄞"} AS words,
        'NaN'::float8 AS nan, '{{1,2},{3,4}}'::int[] AS matrix, '1 day 02:00'::interval::text AS span`;
      // As a Date or as text: drizzle, used further down, changes the driver's reading of times for the whole process.
      expect(new Date(row!.at as string)).toEqual(new Date("2027-02-28T23:59:59.123Z"));
      expect(row).toEqual({
        at: expect.anything(),
        ints: [1, 2, null],
        texts: ["a,b", 'c"d\\', null, "NULL", ""],
        json: { a: [1, { b: null }] },
        numeric: "12345678901234567890.10",
        bigint: "9007199254740993",
        yes: true,
        no: false,
        bytes: Buffer.from([0, 255, 92, 39]),
        day: "2027-02-28",
        nothing: null,
        id: "018f4d6e-7b3a-7cc0-8000-000000000001",
        float: 1.5,
        words: "grün, ☃ 𝄞",
        nan: Number.NaN,
        matrix: [
          [1, 2],
          [3, 4],
        ],
        span: "1 day 02:00:00",
      });
    });

    it("computes with PostGIS and gives geography as EWKB in hex", async () => {
      const [row] = await connect()`SELECT ST_SetSRID(ST_MakePoint(11.09, 55.68), 4326)::geography AS point,
        round(ST_Distance('POINT(11.09 55.68)'::geography, 'POINT(11.10 55.68)'::geography))::int AS meters`;
      expect(row!.point).toBe("0101000020E6100000AE47E17A142E2640D7A3703D0AD74B40");
      expect(row!.meters).toBe(629);
    });

    it("prints timestamps in UTC", async () => {
      const [row] = await connect()`SELECT ${"2027-07-01T12:00:00+02:00"}::timestamptz::text AS at`;
      expect(row!.at).toBe("2027-07-01 10:00:00+00");
    });

    it("tells command, row count and field types", async () => {
      const sql = neon<false, true>(connectTo(), { fullResults: true });
      const inserted = await sql`INSERT INTO probe.parents VALUES (1, 'one'), (2, 'two') RETURNING id, label`;
      expect(inserted).toMatchObject({
        command: "INSERT",
        rowCount: 2,
        rows: [
          { id: 1, label: "one" },
          { id: 2, label: "two" },
        ],
      });
      expect(inserted.fields.map(({ name, dataTypeID }) => [name, dataTypeID])).toEqual([
        ["id", 23],
        ["label", 25],
      ]);
      expect(await sql`UPDATE probe.parents SET label = 'x' WHERE id = 9`).toMatchObject({
        command: "UPDATE",
        rowCount: 0,
      });
      expect(await sql`CREATE TABLE probe.made (a int)`).toMatchObject({ command: "CREATE", rowCount: null, rows: [] });
    });

    it("gives rows as arrays when asked to, with columns of the same name", async () => {
      expect(await neon(connectTo(), { arrayMode: true })`SELECT 1 AS a, 2 AS a, NULL::int AS b`).toEqual([
        [1, 2, null],
      ]);
    });

    it("gives JSON values when raw text is not asked for", async () => {
      const ask = async (headers: Record<string, string>) => {
        const query = `SELECT 1 AS a, true AS b, '{"c":[1]}'::jsonb AS d, 9007199254740993 AS e, '{1,NULL}'::int[] AS f, 'x' AS g, 0.5::float8 AS h, 'Infinity'::float8 AS i`;
        const response = await post({ query, params: [] }, headers);
        return ((await response.json()) as { rows: unknown[] }).rows;
      };
      const values = [1, true, { c: [1] }, "9007199254740993", [1, null], "x", 0.5, "Infinity"];
      expect(await ask({})).toEqual([Object.fromEntries([..."abdefghi"].map((name, index) => [name, values[index]]))]);
      expect(await ask({ "neon-array-mode": "true" })).toEqual([values]);
      expect(await ask({ "neon-array-mode": "true", "neon-raw-text-output": "true" })).toEqual([
        ["1", "t", '{"c": [1]}', "9007199254740993", "{1,NULL}", "x", "0.5", "Infinity"],
      ]);
    });

    it("takes JSON values as parameters", async () => {
      const response = await post(
        {
          query: "SELECT $1::int + 1 AS a, $2::text[] AS b, $3::jsonb AS c, $4::bool AS d, $5::int AS e",
          params: [1, ["x y", null], { f: 1 }, true, null],
        },
        {},
      );
      expect(await response.json()).toMatchObject({
        rows: [{ a: 2, b: ["x y", null], c: { f: 1 }, d: true, e: null }],
      });
    });
  });

  describe("errors", () => {
    it("name code, constraint, table and detail of a violation", async () => {
      const sql = connect();
      await sql`INSERT INTO probe.parents VALUES (10, 'ten')`;
      expect(await failure(sql`INSERT INTO probe.parents VALUES (10, 'again')`)).toMatchObject({
        message: 'duplicate key value violates unique constraint "parents_pkey"',
        severity: "ERROR",
        code: "23505",
        detail: "Key (id)=(10) already exists.",
        schema: "probe",
        table: "parents",
        constraint: "parents_pkey",
      });
      expect(await failure(sql`INSERT INTO probe.parents VALUES (11, '')`)).toMatchObject({
        code: "23514",
        constraint: "parents_label_check",
      });
      expect(await failure(sql`INSERT INTO probe.parents VALUES (11, ${null})`)).toMatchObject({
        code: "23502",
        column: "label",
      });
    });

    it("name the position of a mistake and a hint", async () => {
      expect(await failure(connect()`SELECT labell FROM probe.parents`)).toMatchObject({
        code: "42703",
        position: "8",
      });
      const error = await failure(connect()`SELECT labell FROM probe.parents`);
      expect(error.hint).toContain("parents.label");
    });

    it("refuse a value that does not fit its type", async () => {
      expect(await failure(connect()`SELECT ${"abc"}::int`)).toMatchObject({ code: "22P02" });
    });

    it("refuse several statements in one query and leave nothing of them", async () => {
      const work = connect().query(
        "INSERT INTO probe.parents VALUES (20, 'a'); INSERT INTO probe.parents VALUES (21, 'b')",
      );
      expect(await failure(work)).toMatchObject({ code: "42601" });
      expect(await connect()`SELECT * FROM probe.parents WHERE id IN (20, 21)`).toEqual([]);
    });

    it("refuse to begin a transaction that nobody could end", async () => {
      expect(await failure(connect().query("BEGIN"))).toMatchObject({ code: "0A000" });
      expect(await connect()`SELECT 1 AS fine`).toEqual([{ fine: 1 }]);
    });

    it("end a statement that outlasts its deadline, and go on", async () => {
      const impatient = await startSqlServer({ engine: opened.engine, password, deadlineMs: 700 });
      try {
        neonConfig.fetchEndpoint = impatient.fetchEndpoint;
        const sql = neon(impatient.connectionString);
        const endless = sql`SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b`;
        expect(await failure(endless)).toMatchObject({ code: "57014" });
      } finally {
        await impatient.close();
      }
      expect(await connect()`SELECT label FROM probe.parents WHERE id = 10`).toEqual([{ label: "ten" }]);
    });
  });

  describe("batches", () => {
    it("give each statement's rows", async () => {
      const sql = connect();
      const results = await sql.transaction([
        sql`SELECT 1 AS a`,
        sql`SELECT 2 AS b WHERE false`,
        sql`SELECT ${"3"} AS c`,
      ]);
      expect(results).toEqual([[{ a: 1 }], [], [{ c: "3" }]]);
      expect(await sql.transaction([])).toEqual([]);
    });

    it("are one transaction: when one fails, none is done", async () => {
      const sql = connect();
      const work = sql.transaction([
        sql`INSERT INTO probe.parents VALUES (30, 'thirty')`,
        sql`INSERT INTO probe.parents VALUES (30, 'again')`,
      ]);
      expect(await failure(work)).toMatchObject({ code: "23505" });
      expect(await sql`SELECT * FROM probe.parents WHERE id = 30`).toEqual([]);
    });

    it("fail as a whole when a constraint refuses the commit", async () => {
      const sql = connect();
      const work = sql.transaction([
        sql`INSERT INTO probe.parents VALUES (31, 'x')`,
        sql`INSERT INTO probe.children VALUES (1, 999)`,
      ]);
      expect(await failure(work)).toMatchObject({ code: "23503", constraint: "children_parent_id_fkey" });
      expect(await sql`SELECT * FROM probe.parents WHERE id = 31`).toEqual([]);
    });

    it("cannot write when they are read-only", async () => {
      const sql = connect();
      const work = sql.transaction([sql`INSERT INTO probe.parents VALUES (32, 'x')`], { readOnly: true });
      expect(await failure(work)).toMatchObject({ code: "25006" });
    });

    it.each([
      ["ReadUncommitted", "read uncommitted"],
      ["ReadCommitted", "read committed"],
      ["RepeatableRead", "repeatable read"],
      ["Serializable", "serializable"],
    ] as const)("run at isolation level %s", async (isolationLevel, expected) => {
      const sql = connect();
      const [isolation, deferrable] = (await sql.transaction(
        [sql`SHOW transaction_isolation`, sql`SHOW transaction_deferrable`],
        { isolationLevel, deferrable: true, readOnly: true },
      )) as Record<string, unknown>[][];
      expect(isolation).toEqual([{ transaction_isolation: expected }]);
      expect(deferrable).toEqual([{ transaction_deferrable: "on" }]);
    });

    it("refuse an isolation level that does not exist", async () => {
      const response = await post({ queries: [] }, { "neon-batch-isolation-level": "Serializable; DROP TABLE x" });
      expect(response.status).toBe(400);
    });

    it("cannot be ended by one of their statements", async () => {
      const sql = connect();
      expect(await failure(sql.transaction([sql.query("COMMIT"), sql`SELECT 1`]))).toMatchObject({ code: "0A000" });
      expect(await sql`SELECT 1 AS fine`).toEqual([{ fine: 1 }]);
    });
  });

  it("hides one caller's settings from the next", async () => {
    const sql = connect();
    await sql`SET TimeZone = 'Europe/Copenhagen'`;
    await sql.transaction([sql`SET search_path = probe`, sql`SELECT * FROM parents LIMIT 1`]);
    const seen = await Promise.all(
      Array.from(
        { length: 8 },
        () => sql`SELECT current_setting('TimeZone') AS zone, current_setting('search_path') AS path`,
      ),
    );
    for (const [row] of seen) {
      expect(row!.zone).toBe("UTC");
      expect(row!.path).not.toBe("probe");
    }
  });

  it("serves callers at the same time without mixing their rows", async () => {
    const sql = connect();
    const answers = await Promise.all(
      Array.from(
        { length: 60 },
        (_, index) => sql`SELECT ${index}::int AS mine, repeat('x', ${index * 100}::int) AS fill`,
      ),
    );
    const expected = answers.map((_, index) => [{ mine: index, fill: "x".repeat(index * 100) }]);
    expect(answers).toEqual(expected);
  });

  describe("the door", () => {
    it("stays shut without the password", async () => {
      const wrong = server.connectionString.replace(/:[^:@]*@/, ":wrong@");
      neonConfig.fetchEndpoint = server.fetchEndpoint;
      const before = server.trips();
      expect(await failure(neon(wrong)`SELECT 1`)).toMatchObject({ code: "28P01" });
      expect(server.trips()).toBe(before);
      const without = await fetch(server.fetchEndpoint, {
        method: "POST",
        body: JSON.stringify({ query: "SELECT 1", params: [] }),
      });
      expect(without.status).toBe(400);
      for (const odd of ["nonsense", "http://turash:x@127.0.0.1/turash", "postgresql://turash:%ff@127.0.0.1/turash"])
        expect((await post({ query: "SELECT 1" }, { "neon-connection-string": odd })).status).toBe(400);
      const elsewhere = server.connectionString.replace(/turash$/, "other");
      expect(await failure(neon(elsewhere)`SELECT 1`)).toMatchObject({ code: "3D000" });
    });

    it("knows one path and one method", async () => {
      expect((await fetch(server.fetchEndpoint.replace("/sql", "/other"), { method: "POST" })).status).toBe(404);
      const get = await fetch(server.fetchEndpoint);
      expect(get.status).toBe(405);
      expect(get.headers.get("allow")).toBe("POST");
    });

    it.each([
      ["{"],
      ["null"],
      ["[]"],
      ['{"query": 1}'],
      ['{"queries": [{"params": []}]}'],
      ['{"query": "SELECT 1", "params": {}}'],
      [""],
    ])("refuses the body %j", async (body) => {
      const response = await post(body, {});
      expect(response.status).toBe(400);
      expect(((await response.json()) as { message: string }).message).toContain("could not parse the request body");
    });

    it("refuses a body that is too large, and says so before it has read it all", async () => {
      const error = await failure(connect()`SELECT length(${"x".repeat(1_000_001)})`);
      expect(error.message).toContain("413");
      expect(error.message).toContain("request is too large (max is 1000000 bytes)");
      const endless = new ReadableStream({
        pull: (controller) => controller.enqueue(new TextEncoder().encode("x".repeat(100_000))),
      });
      const response = await fetch(server.fetchEndpoint, {
        method: "POST",
        headers: headersOf({}),
        body: endless,
        duplex: "half",
      } as RequestInit).catch(() => null);
      expect(response?.status ?? 413).toBe(413);
      expect(await connect()`SELECT 1 AS fine`).toEqual([{ fine: 1 }]);
    });

    it("refuses an answer that is too large in bytes or rows", async () => {
      expect((await failure(connect()`SELECT repeat('x', 2000001)`)).message).toContain("response is too large");
      expect((await failure(connect()`SELECT * FROM generate_series(1, 20001)`)).message).toContain("20000 rows");
      const sql = connect();
      const halves = [sql`SELECT repeat('x', 1500000)`, sql`SELECT repeat('x', 1500000)`];
      expect((await failure(sql.transaction(halves))).message).toContain("response is too large");
      expect(await sql`SELECT count(*)::int AS n FROM (SELECT * FROM generate_series(1, 20000)) x`).toEqual([
        { n: 20_000 },
      ]);
    });

    it("answers what is running before it closes, and nothing after", async () => {
      const another = await startSqlServer({ engine: opened.engine, password, delayMs: 300 });
      neonConfig.fetchEndpoint = another.fetchEndpoint;
      const sql = neon(another.connectionString);
      // Sent when somebody waits for it, not before.
      const running = sql`SELECT 1 AS fine`.then((rows) => rows);
      while (another.trips() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      const begun = performance.now();
      await Promise.all([another.close(), expect(running).resolves.toEqual([{ fine: 1 }])]);
      expect(performance.now() - begun).toBeLessThan(5000);
      expect((await failure(sql`SELECT 1`)).message).toContain("Error connecting to database");
    });

    it("counts trips and delays them", async () => {
      const before = server.trips();
      await connect()`SELECT 1`;
      server.setDelay(120);
      const begun = performance.now();
      await connect()`SELECT 1`;
      server.setDelay(0);
      expect(performance.now() - begun).toBeGreaterThan(115);
      expect(server.trips() - before).toBe(2);
    });
  });

  describe("drizzle-orm/neon-http", () => {
    const notes = pgTable("notes", {
      id: integer().generatedAlwaysAsIdentity().primaryKey(),
      body: text().notNull(),
      tags: text().array(),
      data: jsonb(),
      at: timestamp({ withTimezone: true }),
    });
    // Its schema is named by search_path here, in each batch: the table is not one of the product's.
    const database = () => drizzle(connect());

    it("writes and reads through it", async () => {
      const at = new Date("2027-01-01T00:00:00Z");
      const insert = database()
        .insert(notes)
        .values({ body: "b", tags: ["x", "y"], data: { z: 1 }, at })
        .returning();
      const [, written] = await database().batch([
        database().execute(statement`SET LOCAL search_path = probe, public`),
        insert,
      ]);
      expect(written[0]).toMatchObject({ body: "b", tags: ["x", "y"], data: { z: 1 }, at });
    });

    it("makes a batch atomic", async () => {
      const path = database().execute(statement`SET LOCAL search_path = probe, public`);
      const good = database().insert(notes).values({ body: "never" });
      const bad = database().execute(statement`SELECT 1 / 0`);
      expect(await failure(database().batch([path, good, bad]))).toMatchObject({ code: "22012" });
      const { rows } = await database().execute(
        statement`SELECT count(*)::int AS n FROM probe.notes WHERE body = 'never'`,
      );
      expect(rows).toEqual([{ n: 0 }]);
    });

    it("changes, emits and selects in one statement", async () => {
      const { rows } = await database().execute(statement`
        WITH changed AS (INSERT INTO probe.parents VALUES (50, 'fifty') RETURNING *),
          emitted AS (INSERT INTO probe.notes (body) SELECT label FROM changed RETURNING id)
        SELECT (SELECT jsonb_agg(changed) FROM changed) AS documents, (SELECT count(*)::int FROM emitted) AS events`);
      expect(rows).toEqual([{ documents: [{ id: 50, label: "fifty" }], events: 1 }]);
    });
  });

  function headersOf(headers: Record<string, string>): Record<string, string> {
    return { "neon-connection-string": server.connectionString, "content-type": "application/json", ...headers };
  }

  function post(body: unknown, headers: Record<string, string>): Promise<Response> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return fetch(server.fetchEndpoint, { method: "POST", headers: headersOf(headers), body: text });
  }
});
