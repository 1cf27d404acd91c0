import { type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSqlServer } from "../../scripts/database/sqlServer.ts";
import type { ChangeStamp } from "../../src/domain/change.ts";
import { AppError } from "../../src/domain/errors.ts";
import { createId, idFromUuid, uuidOf } from "../../src/domain/ids.ts";
import { applyChange, type Change } from "../../src/stores/postgres/change.ts";
import { createDatabase } from "../../src/stores/postgres/client.ts";
import { organizations } from "../../src/stores/postgres/schema/tenants.ts";
import { enginesUnderTest } from "../support/engineUnderTest.ts";
import { insertSample, sampleIds, writeSamples } from "../support/sampleRows.ts";
import { openStoresUnderTest, type Row, type StoresUnderTest } from "../support/storesUnderTest.ts";

type Document = { id: string; name: string; version: number };

const hour = 3_600_000;
const begun = Date.parse("2027-03-01T10:00:00.000Z");
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const requestHash = (byte: number) => new Uint8Array(32).fill(byte);

function stampOf(changes: Partial<ChangeStamp> = {}): ChangeStamp {
  return {
    actor: {
      kind: "member",
      organizationId: idFromUuid("organization", sampleIds.acme),
      memberId: idFromUuid("member", sampleIds.acmeMember),
      role: "owner",
      scopes: [],
      credential: idFromUuid("apiKey", sampleIds.acmeKey),
    },
    at: new Date(begun),
    requestId: createId("event"),
    traceparent,
    addressHash: null,
    idempotency: null,
    ...changes,
  };
}

const returned = sql.raw(`RETURNING o.id, o.id AS organization_id, ARRAY[o.id] AS audience, o.version,
  jsonb_build_object('id', o.id, 'name', o.name, 'version', o.version) AS document`);

/** Makes an organization: the smallest change that needs nothing else. */
function creation(stamp: ChangeStamp, values: { name?: string; externalId?: string | null } = {}): Change {
  const { name = "New", externalId = null } = values;
  return {
    stamp,
    action: "organization.create",
    eventType: "turash.organization.created",
    write: sql`INSERT INTO ${organizations} AS o (id, external_id, name, country, created_at, updated_at)
      VALUES (${uuidOf(createId("organization"))}::uuid, ${externalId}, ${name}, 'DK', now(), now()) ${returned}`,
    patch: [{ op: "add", path: "", value: { name } }],
  };
}

function renaming(stamp: ChangeStamp, id: string, name: string, version: number): Change {
  return {
    stamp,
    action: "organization.update",
    eventType: "turash.organization.updated",
    write: sql`UPDATE ${organizations} AS o SET name = ${name}, version = o.version + 1
      WHERE o.id = ${id}::uuid AND o.version = ${version}::integer ${returned}`,
    patch: [{ op: "replace", path: "/name", value: name }],
    current: sql`SELECT jsonb_build_object('version', o.version) FROM ${organizations} o WHERE o.id = ${id}::uuid`,
  };
}

const failureOf = (work: Promise<unknown>): Promise<AppError> =>
  work.then(
    () => expect.fail("it did not fail"),
    (error) => {
      expect(error).toBeInstanceOf(AppError);
      return error;
    },
  );

describe.each(enginesUnderTest)("a change on %s", (engine) => {
  let stores: StoresUnderTest;
  beforeAll(async () => {
    stores = await openStoresUnderTest(engine);
    await writeSamples(stores);
  });
  afterAll(() => stores?.close());

  const apply = (change: Change) => applyChange<Document>(stores.connect(), change);

  /** How many rows each table of a change has. */
  const counts = async (): Promise<Row> =>
    (
      await stores.run(`SELECT (SELECT count(*) FROM organizations) AS organizations, (SELECT count(*) FROM outbox) AS outbox,
        (SELECT count(*) FROM audit_entries) AS audits, (SELECT count(*) FROM idempotency_records) AS records`)
    )[0]!;

  it("is one statement with its event, its audit entry and its idempotency record", async () => {
    const stamp = stampOf({
      addressHash: new Uint8Array([0, 255]),
      idempotency: { key: "once", requestHash: requestHash(1) },
    });
    const database = stores.connect();
    const before = stores.server.trips();
    const outcome = await applyChange<Document>(database, {
      ...creation(stamp, { name: "Væ'rk; DROP" }),
      eventData: sql`jsonb_build_object('name', document -> 'name')`,
    });
    expect(stores.server.trips() - before).toBe(1);
    expect(database.trips()).toBe(1);
    expect(outcome).toEqual({
      documents: [{ id: expect.any(String), name: "Væ'rk; DROP", version: 1 }],
      current: null,
      replayed: false,
    });
    const { id } = outcome.documents[0]!;
    const [event] = await stores.run("SELECT *, data::text AS data FROM outbox WHERE subject_id = $1", [id]);
    expect(event).toMatchObject({
      type: "turash.organization.created",
      organization_ids: `{${id}}`,
      traceparent,
      data: `{"name": "Væ'rk; DROP", "version": 1}`,
    });
    expect(new Date(event!.occurred_at!)).toEqual(stamp.at);
    // UUIDv7 of the time of the change.
    expect(Number.parseInt(event!.id!.replaceAll("-", "").slice(0, 12), 16)).toBe(begun);
    expect(await stores.run("SELECT * FROM audit_entries WHERE subject_id = $1", [id])).toMatchObject([
      {
        id: expect.any(String),
        organization_id: id,
        actor: "member",
        member_id: sampleIds.acmeMember,
        credential: idFromUuid("apiKey", sampleIds.acmeKey),
        action: "organization.create",
        subject_id: id,
        patch: `[{"op": "add", "path": "", "value": {"name": "Væ'rk; DROP"}}]`,
        request_id: stamp.requestId,
        address_hash: "\\x00ff",
        occurred_at: event!.occurred_at,
      },
    ]);
    const [record] = await stores.run(
      "SELECT scope, answer::text, expires_at - created_at AS kept FROM idempotency_records WHERE key = 'once'",
    );
    expect(record).toMatchObject({ scope: idFromUuid("organization", sampleIds.acme), kept: "1 day" });
    expect(JSON.parse(record!.answer!)).toEqual(outcome.documents);
  });

  it("names the operator in the audit entry and has no member then", async () => {
    const { documents } = await apply(creation(stampOf({ actor: { kind: "operator", credential: "op_7" } })));
    const columns = "actor, member_id, credential, address_hash";
    expect(await stores.run(`SELECT ${columns} FROM audit_entries WHERE subject_id = $1`, [documents[0]!.id])).toEqual([
      { actor: "operator", member_id: null, credential: "op_7", address_hash: null },
    ]);
  });

  it("of several rows writes an event and an audit entry for each", async () => {
    const before = await counts();
    const outcome = await apply({
      ...creation(stampOf()),
      write: sql`INSERT INTO ${organizations} AS o (id, name, country, created_at, updated_at)
        SELECT gen_random_uuid(), 'Many ' || n, 'DK', now(), now() FROM generate_series(1, 3) n ${returned}`,
    });
    expect(outcome.documents.map(({ name }) => name)).toEqual(["Many 1", "Many 2", "Many 3"]);
    expect(await counts()).toEqual({
      organizations: String(Number(before.organizations) + 3),
      outbox: String(Number(before.outbox) + 3),
      audits: String(Number(before.audits) + 3),
      records: before.records,
    });
  });

  const idempotency = { key: "never", requestHash: requestHash(9) };
  const faults: [string, Partial<Change>][] = [
    ["its event", { eventType: "turash.Wrong.type" }],
    ["its event's data", { eventData: sql`'[1, {}]'::jsonb -> 'x' -> (1 / (version - version))` }],
    ["its audit entry", { patch: { op: "not a list" } as unknown as Change["patch"] }],
    ["its idempotency record", { stamp: stampOf({ idempotency: { ...idempotency, key: "x".repeat(256) } }) }],
    [
      "what is done alongside",
      { alongside: [sql`more AS (INSERT INTO ${organizations} SELECT * FROM ${organizations} LIMIT 1)`] },
    ],
  ];
  it.each(faults)("leaves nothing when %s fails", async (_, fault) => {
    const before = await counts();
    await expect(apply({ ...creation(stampOf({ idempotency })), ...fault })).rejects.toThrow();
    expect(await counts()).toEqual(before);
  });

  it("of a version that is not there any more changes nothing and tells what stands", async () => {
    const { documents } = await apply(creation(stampOf()));
    const { id } = documents[0]!;
    expect((await apply(renaming(stampOf(), id, "Second", 1))).documents).toEqual([{ id, name: "Second", version: 2 }]);
    const before = await counts();
    const stamp = stampOf({ idempotency: { key: "stale", requestHash: requestHash(2) } });
    expect(await apply(renaming(stamp, id, "Stale", 1))).toEqual({
      documents: [],
      current: { version: 2 },
      replayed: false,
    });
    expect(await counts()).toEqual(before);
    const missing = renaming(stampOf(), sampleIds.match, "None", 1);
    expect(await apply(missing)).toEqual({ documents: [], current: null, replayed: false });
  });

  it("has one winner among many at once", async () => {
    const { documents } = await apply(creation(stampOf()));
    const { id } = documents[0]!;
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) => apply(renaming(stampOf(), id, `Name ${index}`, 1))),
    );
    expect(outcomes.filter((outcome) => outcome.documents.length === 1)).toHaveLength(1);
    const events = await stores.run(
      "SELECT data ->> 'version' AS version FROM outbox WHERE subject_id = $1 ORDER BY xid, sequence",
      [id],
    );
    expect(events).toEqual([{ version: "1" }, { version: "2" }]);
  });

  describe("with an Idempotency-Key", () => {
    const keyed = (key: string, byte = 1, at = begun) =>
      stampOf({ at: new Date(at), idempotency: { key, requestHash: requestHash(byte) } });
    const named = (name: string) => stores.run("SELECT count(*) AS n FROM organizations WHERE name = $1", [name]);

    it("is made once, and its first answer given again", async () => {
      const first = await apply(creation(keyed("again"), { name: "Again" }));
      const second = await apply(creation(keyed("again", 1, begun + 23 * hour), { name: "Again" }));
      expect(first.replayed).toBe(false);
      expect(second).toEqual({ ...first, replayed: true });
      expect(await named("Again")).toEqual([{ n: "1" }]);
    });

    it("gives the first answer of an update again, though the version has moved on", async () => {
      const { id } = (await apply(creation(stampOf()))).documents[0]!;
      const first = await apply(renaming(keyed("renamed"), id, "Renamed", 1));
      await apply(renaming(stampOf(), id, "Later", 2));
      expect(await apply(renaming(keyed("renamed"), id, "Renamed", 1))).toMatchObject({
        documents: first.documents,
        replayed: true,
      });
    });

    it("gives the first answer where a repetition would break another rule", async () => {
      const values = { name: "Ruled", externalId: "ruled" };
      const first = await apply(creation(keyed("ruled"), values));
      expect(await apply(creation(keyed("ruled"), values))).toEqual({ ...first, replayed: true });
    });

    it("is refused with another request, and the first stands", async () => {
      await apply(creation(keyed("other"), { name: "First" }));
      const error = await failureOf(apply(creation(keyed("other", 2), { name: "Other" })));
      expect(error).toMatchObject({ code: "invalid", details: { reason: "idempotency_key_reused" } });
      expect(await named("Other")).toEqual([{ n: "0" }]);
    });

    it("belongs to one organization", async () => {
      const operator = { ...keyed("shared"), actor: { kind: "operator" as const, credential: "op" } };
      await apply(creation(keyed("shared"), { name: "Shared" }));
      expect(await apply(creation(operator, { name: "Shared" }))).toMatchObject({ replayed: false });
      expect(await named("Shared")).toEqual([{ n: "2" }]);
    });

    it("is forgotten after a day", async () => {
      await apply(creation(keyed("old"), { name: "Old" }));
      const later = await apply(creation(keyed("old", 2, begun + 24 * hour), { name: "Newer" }));
      expect(later).toMatchObject({ replayed: false, documents: [{ name: "Newer" }] });
      expect(await apply(creation(keyed("old", 2, begun + 25 * hour), { name: "Newer" }))).toMatchObject({
        replayed: true,
        documents: later.documents,
      });
    });

    it("that is forgotten still names the field of a broken rule, and keeps the old record", async () => {
      await apply(creation(keyed("expired"), { name: "Expired" }));
      const wrong = { ...creation(keyed("expired", 2, begun + 48 * hour)), write: flowWrite("grade", "'nothing'") };
      expect(await failureOf(apply(wrong))).toMatchObject({
        code: "invalid",
        details: { fields: [{ pointer: "/grade" }] },
      });
      expect(await apply(creation(keyed("expired"), { name: "Expired" }))).toMatchObject({ replayed: true });
    });

    it.each([
      ["new", 0],
      ["a forgotten one", 48 * hour],
    ])("that is %s makes one of thirty at once", async (kind, elapsed) => {
      const key = `thirty ${kind}`;
      if (elapsed > 0) await apply(creation(keyed(key), { name: "Before" }));
      const before = await counts();
      const outcomes = await Promise.all(
        Array.from({ length: 30 }, () => apply(creation(keyed(key, 3, begun + elapsed), { name: key }))),
      );
      expect(new Set(outcomes.map(({ documents }) => documents[0]!.id)).size).toBe(1);
      expect(outcomes.filter(({ replayed }) => !replayed)).toHaveLength(1);
      expect(await named(key)).toEqual([{ n: "1" }]);
      const plusOne = (count: string | null | undefined) => String(Number(count) + 1);
      expect(await counts()).toEqual({
        organizations: plusOne(before.organizations),
        outbox: plusOne(before.outbox),
        audits: plusOne(before.audits),
        records: elapsed > 0 ? before.records : plusOne(before.records),
      });
    });
  });

  describe("that breaks a rule", () => {
    it.each([
      ["site_id", `'${sampleIds.borealisSite}'`, "invalid", "/siteId", undefined],
      ["grade", "'nothing'", "invalid", "/grade", undefined],
      ["ewc", "'999998'", "invalid", "/codes/ewc", undefined],
      ["reserved_amount", "101", "conflict", "/quantity/amount", "quantity_reserved"],
      ["external_id", "'heat'", "conflict", "/externalId", "external_id_taken"],
    ])("of the flow's %s names the field", async (column, value, code, pointer, reason) => {
      const error = await failureOf(apply({ ...creation(stampOf()), write: flowWrite(column, value) }));
      expect(error).toMatchObject({ code, details: { fields: [{ pointer, message: expect.any(String) }] } });
      if (reason) expect(error.details.reason).toBe(reason);
    });

    it("of a site's polygon or externalId names the field", async () => {
      const write = (column: string, value: string) =>
        sql.raw(`${insertSample("sites", { [column]: value }).replace("INTO sites", "INTO sites AS o")} RETURNING o.id, o.organization_id,
          ARRAY[o.id] AS audience, o.version, '{}'::jsonb AS document`);
      const crossed = "'SRID=4326;POLYGON((0 0, 2 2, 2 0, 0 2, 0 0))'";
      const broken = (column: string, value: string) =>
        failureOf(apply({ ...creation(stampOf()), write: write(column, value) }));
      expect(await broken("footprint", crossed)).toMatchObject({
        code: "invalid",
        details: { fields: [{ pointer: "/footprint" }] },
      });
      expect(await broken("external_id", "'works'")).toMatchObject({
        code: "conflict",
        details: { fields: [{ pointer: "/externalId" }] },
      });
    });

    it("of an organization's externalId names the field", async () => {
      const error = await failureOf(apply(creation(stampOf(), { externalId: "acme" })));
      expect(error).toMatchObject({ code: "conflict", details: { fields: [{ pointer: "/externalId" }] } });
    });

    it("that callers cannot break is an internal error that tells nothing of the database", async () => {
      const error = await failureOf(apply({ ...creation(stampOf()), write: flowWrite("months_mask", "0") }));
      expect(error).toMatchObject({ code: "internal", message: "The database refused the change." });
      expect(error.details).toEqual({});
    });
  });

  describe("that does not come through", () => {
    it("in its time is given up as late", async () => {
      stores.server.setDelay(2000);
      const started = performance.now();
      try {
        const database = stores.connect(AbortSignal.timeout(100));
        expect(await failureOf(applyChange(database, creation(stampOf())))).toMatchObject({
          code: "deadline_exceeded",
        });
        expect(await failureOf(database.batch([sql`SELECT 1`]))).toMatchObject({ code: "deadline_exceeded" });
      } finally {
        stores.server.setDelay(0);
      }
      expect(performance.now() - started).toBeLessThan(1500);
    });

    it("because the caller had gone leaves nothing", async () => {
      const before = await counts();
      stores.server.setDelay(300);
      try {
        const gone = AbortSignal.timeout(50);
        await failureOf(applyChange(stores.connect(gone), creation(stampOf(), { name: "Gone" })));
        await new Promise((resolve) => setTimeout(resolve, 500));
      } finally {
        stores.server.setDelay(0);
      }
      expect(await counts()).toEqual(before);
    });

    it("because the database gives it up is late, and told to come again when it is overloaded", async () => {
      const refusing = (code: string) => {
        const raise = `DO $$ BEGIN RAISE SQLSTATE '${code}'; END $$`;
        return failureOf(stores.connect().query(sql.raw(raise)));
      };
      expect(await refusing("57014")).toMatchObject({ code: "deadline_exceeded" });
      for (const code of ["40001", "40P01", "53300", "57P01"])
        expect(await refusing(code)).toMatchObject({ code: "unavailable", details: { retryAfterSeconds: 1 } });
    });

    it("because nobody answers is unavailable, with a time to try again", async () => {
      const closed = await startSqlServer({ engine: null as never, password: "x" });
      await closed.close();
      const { connectionString, fetchEndpoint } = closed;
      const away = createDatabase({ connectionString, fetchEndpoint, signal: new AbortController().signal });
      const unavailable = { code: "unavailable", details: { retryAfterSeconds: 1 } };
      expect(await failureOf(applyChange(away, creation(stampOf())))).toMatchObject(unavailable);
      expect(await failureOf(away.batch([sql`SELECT 1`]))).toMatchObject(unavailable);
      expect((await apply(creation(stampOf()))).documents).toHaveLength(1);
    });
  });

  /** Inserts a flow with one value changed. */
  function flowWrite(column: string, value: string): SQL {
    const insert = insertSample("flows", { [column]: value }).replace("INTO flows", "INTO flows AS f");
    return sql.raw(
      `${insert} RETURNING f.id, f.organization_id, ARRAY[f.organization_id] AS audience, f.version, '{}'::jsonb AS document`,
    );
  }
});
