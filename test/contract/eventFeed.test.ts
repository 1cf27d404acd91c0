import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Actor } from "../../src/domain/actor.ts";
import type { ChangeStamp } from "../../src/domain/change.ts";
import { type EventType, eventTypes } from "../../src/domain/eventCatalogue.ts";
import type { EventCursor } from "../../src/domain/eventCursor.ts";
import { createId, idFromUuid, type OrganizationId, uuidOf } from "../../src/domain/ids.ts";
import { createEventStore, type EventSlice, type EventStart, maximumLooked } from "../../src/stores/records/events.ts";
import { enginesUnderTest } from "../support/engineUnderTest.ts";
import { createRecorder, explain } from "../support/queryPlan.ts";
import { insertSample, sampleIds, writeSamples } from "../support/sampleRows.ts";
import { openStoresUnderTest, type StoresUnderTest } from "../support/storesUnderTest.ts";

const acme = idFromUuid("organization", sampleIds.acme);
const borealis = idFromUuid("organization", sampleIds.borealis);
const operator: Actor = { kind: "operator", credential: "operator:test" };
const memberOf = (organizationId: OrganizationId): Actor => ({
  kind: "member",
  organizationId,
  memberId: null,
  role: "owner",
  scopes: [],
  credential: createId("apiKey"),
});
const stampOf = (actor: Actor): ChangeStamp => ({
  actor,
  at: new Date(),
  requestId: crypto.randomUUID(),
  traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-00`,
  addressHash: null,
  idempotency: null,
});

describe.each(enginesUnderTest)("reading events by cursor on %s", (engine) => {
  let stores: StoresUnderTest;
  beforeAll(async () => {
    stores = await openStoresUnderTest(engine);
    await writeSamples(stores);
  });
  beforeEach(() => stores.script("DELETE FROM outbox; SELECT begin_event_epoch();"));
  afterAll(() => stores?.close());

  const write = async (audience: readonly OrganizationId[], type: EventType = "turash.flow.created") => {
    const id = crypto.randomUUID();
    const ids = audience.map((each) => `"${uuidOf(each)}"`).join(",");
    await stores.run(
      insertSample("outbox", {
        id: `'${id}'`,
        type: `'${type}'`,
        organization_ids: `'{${ids}}'`,
        data: `'{"version": 1}'`,
      }),
    );
    return id;
  };
  const tryToRead = (
    start: EventStart,
    { actor = memberOf(acme), types = eventTypes as readonly EventType[], limit = 100 } = {},
  ) => createEventStore(stores.connect()).read(stampOf(actor), start, types, limit);
  const read = async (...parameters: Parameters<typeof tryToRead>): Promise<EventSlice> => {
    const slice = await tryToRead(...parameters);
    if (typeof slice === "string") throw new Error(slice);
    return slice;
  };
  const idsOf = ({ rows }: EventSlice) => rows.map(({ id }) => id);

  it("gives an organization the events that it may see, oldest first, and no other's", async () => {
    const own = [await write([acme]), await write([borealis, acme])];
    const others = [await write([borealis]), await write([])];
    expect(idsOf(await read("oldest"))).toEqual(own);
    expect(idsOf(await read("oldest", { actor: memberOf(borealis) }))).toEqual([own[1], others[0]]);
    expect(idsOf(await read("oldest", { actor: memberOf(createId("organization")) }))).toEqual([]);
    expect(idsOf(await read("oldest", { actor: operator }))).toEqual([...own, ...others]);
  });

  it("names an organization once that an event names twice", async () => {
    const id = await write([acme, acme]);
    expect(idsOf(await read("oldest"))).toEqual([id]);
  });

  it("goes on behind a cursor, page by page, also behind an empty one, and ends with a cursor", async () => {
    const made: string[] = [];
    for (let count = 0; count < 7; count++) made.push(await write([acme]));
    const seen: string[] = [];
    let slice = await read("oldest", { limit: 3 });
    for (let pages = 1; ; pages++) {
      seen.push(...idsOf(slice));
      expect(slice.isMore).toBe(pages < 3);
      if (!slice.isMore) break;
      slice = await read(slice.next, { limit: 3 });
    }
    expect(seen).toEqual(made);
    slice = await read(slice.next);
    expect(slice).toMatchObject({ rows: [], isMore: false });
    const late = await write([acme]);
    expect(idsOf(await read(slice.next))).toEqual([late]);
  });

  it("begins with what comes from now on, where that is asked for", async () => {
    await write([acme]);
    const now = await read("now");
    expect(now).toMatchObject({ rows: [], isMore: false });
    const id = await write([acme]);
    expect(idsOf(await read(now.next))).toEqual([id]);
  });

  it("gives the types that are asked for, and steps over the others in bounded steps", async () => {
    await stores.run(
      `INSERT INTO outbox (id, type, subject_id, organization_ids, data, occurred_at)
        SELECT gen_random_uuid(), 'turash.site.updated', gen_random_uuid(), ARRAY[$1::uuid], '{"version": 1}', now() FROM generate_series(1, ${2 * maximumLooked})`,
      [sampleIds.acme],
    );
    const wanted = await write([acme], "turash.match.suggested");
    const types: EventType[] = ["turash.match.suggested"];
    const steps: EventSlice[] = [await read("oldest", { types })];
    while (steps.at(-1)!.isMore) steps.push(await read(steps.at(-1)!.next, { types }));
    expect(steps.map(idsOf)).toEqual([[], [], [wanted]]);
  });

  it("enters what the operator reads into the audit logs of those who may see it, and not what is only counted", async () => {
    for (let count = 0; count < 3; count++) await write([acme]);
    const shared = await write([borealis, acme]);
    const before = await stores.run("SELECT count(*) FROM audit_entries WHERE action = 'event.list'");
    await read("oldest", { actor: operator, limit: 2 });
    await read("now", { actor: operator });
    const { next } = await read("oldest", { actor: operator, limit: 3 });
    await read(next, { actor: operator });
    const entries = await stores.run(
      `SELECT organization_id, subject_id FROM audit_entries WHERE action = 'event.list' ORDER BY sequence OFFSET ${before[0]!.count} ROWS`,
    );
    expect(entries.slice(0, 2)).toEqual([
      { organization_id: sampleIds.acme, subject_id: null },
      { organization_id: sampleIds.acme, subject_id: null },
    ]);
    expect(new Set(entries.slice(2).map((row) => `${row.organization_id} ${row.subject_id}`))).toEqual(
      new Set([`${sampleIds.acme} ${shared}`, `${sampleIds.borealis} ${shared}`]),
    );
    expect(entries).toHaveLength(4);
  });

  describe("a cursor", () => {
    const cursor = async (): Promise<EventCursor> => (await read("oldest", { limit: 1 })).next;

    it("of another history leads nowhere, be its epoch ended or only its place ahead of all transactions", async () => {
      await write([acme]);
      const kept = await cursor();
      expect(await tryToRead({ ...kept, xid: String(10n ** 15n) })).toBe("other_epoch");
      await stores.run("SELECT begin_event_epoch()");
      expect(await tryToRead(kept)).toBe("other_epoch");
      expect(idsOf(await read("oldest"))).toHaveLength(1);
    });

    it("before events that are kept no longer leads nowhere; one behind them does", async () => {
      const ids = [await write([acme]), await write([borealis]), await write([acme])];
      const first = (await read("oldest", { limit: 1 })).next;
      const last = (await read(first, { limit: 1 })).next;
      await stores.run("DELETE FROM outbox WHERE id = $1", [ids[0]!]);
      expect(idsOf(await read(first))).toEqual([ids[2]]);
      await stores.run("DELETE FROM outbox WHERE id = $1", [ids[1]!]);
      expect(await tryToRead(first)).toBe("forgotten");
      expect(idsOf(await read(last))).toEqual([]);
      expect(await stores.run("SELECT event_id FROM event_audience")).toEqual([{ event_id: ids[2] }]);
    });

    it("after a restore finds the events of before in their order, ahead of new ones", async () => {
      const old = [await write([acme]), await write([acme])];
      // As a copy of a database whose transactions had come further.
      await stores.script("UPDATE outbox SET xid = '900000000000'; UPDATE event_audience SET xid = '900000000000'");
      expect(await read("oldest")).toMatchObject({ rows: [], isHeldBack: true });
      await stores.run("SELECT begin_event_epoch()");
      const fresh = await write([acme]);
      expect(idsOf(await read("oldest"))).toEqual([...old, fresh]);
    });
  });

  // The embedded database has one connection, so that nothing runs side by side in it.
  if (engine === "postgres")
    describe("while transactions run side by side", () => {
      const connect = async () => {
        const client = new pg.Client({ connectionString: stores.postgresUrl });
        await client.connect();
        onTestFinished(() => client.end());
        return client;
      };
      const insert = async (client: pg.Client) => {
        const id = crypto.randomUUID();
        const changes = { id: `'${id}'`, organization_ids: `'{${sampleIds.acme}}'`, data: `'{"version": 1}'` };
        await client.query(insertSample("outbox", changes));
        return id;
      };

      it("gives nothing behind an older one that has not committed, and then both in order", async () => {
        const [older, younger] = [await connect(), await connect()];
        await older.query("BEGIN");
        const first = await insert(older);
        const second = await insert(younger);
        const before = await read("oldest");
        expect(before).toMatchObject({ rows: [], isMore: false, isHeldBack: true });
        await older.query("COMMIT");
        const after = await read(before.next);
        expect(idsOf(after)).toEqual([first, second]);
        expect(after.isHeldBack).toBe(false);
      });

      it("gives a reader who follows each committed event once, in one order for all, and none that was rolled back", async () => {
        const writers = 6;
        const committed = new Set<string>();
        let isWriting = true;
        const write = async (client: pg.Client) => {
          for (let turn = 0; turn < 60; turn++) {
            await client.query("BEGIN");
            const ids: string[] = [];
            for (let count = 0; count <= turn % 3; count++) {
              ids.push(await insert(client));
              await sleep(Math.random() * 8);
            }
            const isKept = Math.random() < 0.9;
            await client.query(isKept ? "COMMIT" : "ROLLBACK");
            if (isKept) for (const id of ids) committed.add(id);
          }
        };
        const follow = async (limit: number) => {
          const seen: string[] = [];
          let slice = await read("oldest", { limit });
          for (let isLast = false; ; ) {
            seen.push(...idsOf(slice));
            if (isLast && !slice.isMore) return seen;
            isLast = !isWriting;
            slice = await read(slice.next, { limit });
          }
        };
        const writing = Promise.all(Array.from({ length: writers }, async () => write(await connect()))).then(() => {
          isWriting = false;
        });
        const [all, few] = await Promise.all([follow(100), follow(3), writing]);
        expect(new Set(all)).toEqual(committed);
        expect(all).toHaveLength(committed.size);
        expect(few).toEqual(all);
        expect(idsOf(await read("oldest", { limit: 1_000 }))).toEqual(all);
      });
    });

  it("asks an index, in order, however many events the organization and others have", async () => {
    const insert = (audience: string, count: number) =>
      stores.run(
        `INSERT INTO outbox (id, type, subject_id, organization_ids, data, occurred_at)
          SELECT gen_random_uuid(), 'turash.site.updated', gen_random_uuid(), ARRAY[${audience}], '{"version": 1}', now() FROM generate_series(1, ${count})`,
      );
    await insert(`'${sampleIds.acme}'::uuid`, 8_000);
    await insert("gen_random_uuid()", 8_000);
    await stores.script("ANALYZE outbox; ANALYZE event_audience");
    const { next: middle } = await read("oldest", { limit: 100 });
    const { next: end } = await read("now");
    for (const [actor, own] of [
      [memberOf(acme), ["event_audience_pkey", "outbox_pkey"]],
      [operator, ["outbox_order_idx", "outbox_pkey"]],
    ] as const)
      for (const start of ["oldest", middle, end] as const)
        for (const types of [eventTypes, ["turash.match.suggested" as EventType]]) {
          const recorder = createRecorder();
          await createEventStore(recorder)
            .read(stampOf(actor), start, types, 100)
            .catch(() => {});
          const accesses = await explain(stores.connect(), recorder.statements[0]!);
          const indexes = accesses.filter(({ table }) => table !== "event_log").map(({ indexes }) => indexes);
          expect(indexes.length).toBeGreaterThan(2);
          for (const used of indexes) {
            expect(used).toHaveLength(1);
            expect(own).toContain(used[0]);
          }
        }
  });
});
