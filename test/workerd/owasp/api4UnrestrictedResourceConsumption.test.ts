import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { maximumFieldErrors } from "../../../src/domain/errors.ts";
import { maximumPolygonPoints } from "../../../src/domain/geography.ts";
import { maximumBodyBytes, maximumNesting } from "../../../src/http/middleware/jsonBody.ts";
import { attempts, createWorld, type World } from "../support/attempts.ts";
import { type Answer, call, type Json, operatorKey, pointersOf } from "../support/client.ts";
import { countRows } from "../support/database.ts";
import { listOperations, type Operation } from "../support/openApi.ts";
import { createWorker } from "../support/ownWorker.ts";
import { createTenant, siteContent, steamSupply } from "../support/tenants.ts";
import { ask, attemptOf, pathOf, queryOf } from "../support/walk.ts";

let world: World;
let operations: Operation[];

beforeAll(async () => {
  world = await createWorld();
  operations = await listOperations();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Far above what an answer takes on a busy machine, far below what unbounded work would. */
const soonMs = 5_000;
const keyFor = ({ operationId }: Operation) =>
  attempts[operationId]!.foreign === "refused" ? operatorKey : world.owner.key;
const withBody = () => operations.filter(({ operationId }) => attempts[operationId]!.request(world).body !== undefined);

/** Refused soon, in few words, and with nothing written. */
async function expectCheapRefusal(place: string, run: () => Promise<Answer>, status = 400): Promise<Answer> {
  const begun = performance.now();
  const answer = await run();
  expect(answer.status, `${place}: ${answer.text.slice(0, 300)}`).toBe(status);
  expect(performance.now() - begun, place).toBeLessThan(soonMs);
  expect(answer.text.length, place).toBeLessThan(50_000);
  return answer;
}

/** Where in a body there is a text. */
function textsIn(node: Json, place: string[] = []): string[][] {
  if (typeof node === "string") return [place];
  if (node === null || typeof node !== "object") return [];
  return Object.entries<Json>(node).flatMap(([name, part]) => textsIn(part, [...place, name]));
}

function replaced(body: Json, place: string[], value: unknown): Json {
  const copy = structuredClone(body);
  place.slice(0, -1).reduce((node: Json, name) => node[name], copy)[place.at(-1)!] = value;
  return copy;
}

/** A body that goes on and on, and how much of it was asked for. */
function createEndlessBody() {
  const taken = { bytes: 0 };
  const chunk = new Uint8Array(65_536).fill(0x20);
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      taken.bytes += chunk.byteLength;
      controller.enqueue(chunk);
    },
  });
  return { taken, stream };
}

describe("API4:2023 Unrestricted Resource Consumption", () => {
  it("reads of a body without end no more than it takes, by any operation, and of a stranger's nothing", async () => {
    for (const operation of withBody()) {
      const { taken, stream } = createEndlessBody();
      const key = keyFor(operation);
      await expectCheapRefusal(operation.operationId, () => ask(operation, world, { key, rawBody: stream }), 413);
      expect(taken.bytes, operation.operationId).toBeLessThan(2 * maximumBodyBytes);
      const unasked = createEndlessBody();
      await expectCheapRefusal(operation.operationId, () => ask(operation, world, { rawBody: unasked.stream }), 401);
      expect(unasked.taken.bytes, operation.operationId).toBeLessThan(maximumBodyBytes / 2);
    }
  });

  it("waits for a body that stops coming no longer than for the answer", async () => {
    const stalled = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"name": ')),
      pull: () => new Promise(() => {}),
    });
    const work = createWorker({ REQUEST_TIMEOUT_SECONDS: "0.3", LOG_REQUESTS: "none" });
    const begun = performance.now();
    const answer = await work({ method: "POST", path: "/v1/sites", key: world.owner.key, rawBody: stalled });
    expect([answer.status, answer.body.code]).toEqual([504, "deadline_exceeded"]);
    expect(performance.now() - begun).toBeLessThan(soonMs);
  });

  it("takes no compressed body, so that a small one cannot become a large one", async () => {
    const bomb = new Blob([" ".repeat(20_000_000)]).stream().pipeThrough(new CompressionStream("gzip"));
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };
    const rawBody = await new Response(bomb).arrayBuffer();
    expect(rawBody.byteLength).toBeLessThan(100_000);
    await expectCheapRefusal("gzip", () => call("POST", "/v1/sites", { key: world.owner.key, headers, rawBody }));
  });

  it("takes a body as deep as its bound by no operation that has no use for it, and none deeper", async () => {
    for (const operation of withBody()) {
      const key = keyFor(operation);
      for (const depth of [maximumNesting - 1, maximumNesting, 100_000]) {
        const rawBody = `{"a": ${"[".repeat(depth)}${"]".repeat(depth)}}`;
        const { body } = await expectCheapRefusal(operation.operationId, () => ask(operation, world, { key, rawBody }));
        const codes = body.errors.map(({ code }: Json) => code);
        expect(codes.includes("too_deep"), `${operation.operationId} ${depth}`).toBe(depth >= maximumNesting);
      }
    }
  });

  it("answers forty-five thousand faults with the first hundred, and says how many there are", async () => {
    const names = Array.from({ length: 45_000 }, (_, index) => `"a${index}"`);
    for (const operation of withBody()) {
      const rawBody = `{${names.map((name) => `${name}:1`).join(",")}}`;
      const place = operation.operationId;
      const answer = await expectCheapRefusal(place, () => ask(operation, world, { key: keyFor(operation), rawBody }));
      expect(answer.body.errors.length, place).toBe(maximumFieldErrors);
      expect(answer.body.detail, place).toMatch(/^45\d{3} fields are wrong/);
    }
    const rawBody = `{"a": [${'"\\u0000",'.repeat(90_000)}1]}`;
    await expectCheapRefusal("zeros", () => call("POST", "/v1/sites", { key: world.owner.key, rawBody }));
  });

  it("takes a text without end at no place of any body", async () => {
    const before = await countRows();
    let tried = 0;
    for (const operation of withBody()) {
      const { body } = attemptOf(operation).request(world);
      for (const place of textsIn(body))
        for (const part of ["x", "1", "(", "a@", "🏭"]) {
          tried++;
          const spoiled = replaced(body, place, part.repeat(150_000));
          await expectCheapRefusal(`${operation.operationId} ${place.join("/")} ${part}`, () =>
            ask(operation, world, { key: keyFor(operation), body: spoiled }),
          );
        }
    }
    expect(tried).toBeGreaterThan(100);
    expect(await countRows()).toEqual(before);
  });

  it("takes a text without end by no query parameter, and a page of no more entries than it names", async () => {
    let lists = 0;
    for (const operation of operations) {
      const path = pathOf(operation, world);
      const asking = (query: string) => call(operation.method, `${path}?${query}`, { key: keyFor(operation) });
      for (const name of queryOf(operation))
        for (const part of ["x", "1", "%F0%9F%8F%AD"])
          await expectCheapRefusal(`${path} ${name}`, () => asking(`${name}=${part.repeat(2_000)}`));
      if (!queryOf(operation).includes("limit")) continue;
      lists++;
      for (const limit of ["0", "-1", "401", "1e9", "Infinity", "9007199254740993", "50.5", ""])
        await expectCheapRefusal(`${path} limit=${limit}`, () => asking(`limit=${limit}`));
    }
    expect(lists).toBeGreaterThan(10);
  });

  it.each([
    ...["((((((((((t/a))))))))))", "t/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a", "m9999999999999", "10*-999999999.t/a"],
    ...[
      "t.t.t.t.t.t.t.t.t.t.t.t.t.t.t.t.t.t.t.t",
      "{{{{{{{{{{{{",
      "[[[[[[[[[[[[",
      "////////////t",
      "kkkkkkkkkkkkkkkkg/a",
    ],
  ])("reads no unit that is made to be dear to read: %s", async (unit) => {
    const body = steamSupply(world.siteId, { quantity: { amount: 1, unit } });
    const asking = () => call("POST", "/v1/flows", { key: world.owner.key, body });
    expect(pointersOf((await expectCheapRefusal(unit, asking)).body)).toEqual(["/quantity/unit"]);
  });

  it.each([
    ...["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=HOURLY;INTERVAL=999;BYMONTH=2;BYMONTHDAY=30"],
    ...["FREQ=DAILY;INTERVAL=1000;COUNT=10000", "FREQ=WEEKLY;BYSETPOS=366;BYDAY=MO", "FREQ=MINUTELY;BYHOUR=1"],
    `FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=${Array.from({ length: 24 }, (_, hour) => hour).join(",")}`,
  ])("expands no recurrence rule that never occurs, or without end: %s", async (rrule) => {
    const body = steamSupply(world.siteId, { availability: { pattern: "windowed", rrule } });
    const asking = () => call("POST", "/v1/matches/preview", { key: world.owner.key, body });
    expect(pointersOf((await expectCheapRefusal(rrule, asking)).body)).toEqual(["/availability/rrule"]);
  });

  it("takes a footprint of so many points and no more, in however many rings", async () => {
    const ring = (points: number, radius: number) => {
      const at = (index: number) => {
        const angle = (2 * Math.PI * (index % (points - 1))) / (points - 1);
        return [10 + radius * Math.cos(angle), 50 + radius * Math.sin(angle)];
      };
      return Array.from({ length: points }, (_, index) => at(index));
    };
    const half = maximumPolygonPoints / 2;
    const draw = (...coordinates: number[][][]) =>
      call("POST", "/v1/sites", {
        key: world.owner.key,
        body: siteContent({ footprint: { type: "Polygon", coordinates } }),
      });
    expect((await draw(ring(maximumPolygonPoints, 0.1))).status).toBe(201);
    await expectCheapRefusal("one ring", () => draw(ring(maximumPolygonPoints + 1, 0.1)));
    await expectCheapRefusal("two rings", () => draw(ring(half, 0.1), ring(half + 1, 0.05)));
  });

  it("counts requests that fail, and by no address that the caller names itself", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Math.floor(Date.now() / 60_000) * 60_000 + 30_000 });
    const { id, key } = await createTenant();
    const off = { probesPerMinute: null, probesPerDay: null };
    const quota = createWorker({ LIMITS: JSON.stringify({ ...off, addressPerMinute: null, requestsPerDay: 3 }) });
    const nothing = { path: "/v1/flows/flow_1", key };
    expect(
      [await quota(nothing), await quota({ ...nothing, method: "PATCH", body: {} })].map(({ status }) => status),
    ).toEqual([400, 400]);
    expect((await quota({ path: `/v1/organizations/${id}`, key })).status).toBe(200);
    expect((await quota(nothing)).body.reason).toBe("daily_limit_reached");

    const door = createWorker({ LIMITS: JSON.stringify({ ...off, addressPerMinute: 3, requestsPerDay: null }) });
    const statuses: number[] = [];
    for (const other of ["203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4"]) {
      const headers = {
        "x-forwarded-for": other,
        "x-real-ip": other,
        forwarded: `for=${other}`,
        "true-client-ip": other,
      };
      statuses.push((await door({ path: "/v1/flows", address: "192.0.2.41", headers })).status);
    }
    expect(statuses).toEqual([401, 401, 401, 429]);
  });
});
