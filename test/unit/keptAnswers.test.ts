import { beforeEach, describe, expect, it, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import { AppError } from "../../src/domain/errors.ts";
import { RememberingRouter } from "../../src/http/rememberingRouter.ts";
import type { OpenRequest } from "../../src/operations/context.ts";
import { createIsolateMemory, type IsolateMemory } from "../../src/platform/cache/isolateMemory.ts";
import { limitSettingsSchema } from "../../src/platform/limits/settings.ts";

let memory: IsolateMemory;
let ask: (path: string, init?: RequestInit) => Response | Promise<Response>;
let admit: ReturnType<typeof vi.fn<() => null>>;
let pages: string[];

beforeEach(() => {
  admit = vi.fn(() => null);
  pages = [];
  memory = createIsolateMemory(null, limitSettingsSchema.parse({}));
  const { answers, searches } = memory;
  const opened = { answers, searches, limits: [], admit, databaseTrips: () => 0, identify } as unknown as OpenRequest;
  const app = createApp(
    () => opened,
    () => ({ corsOrigins: pages, logRequests: "none" }),
  );
  const waiting = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
  ask = (path, init = {}) => app.request(path, init, {}, waiting);
});

function identify(header: string | undefined) {
  throw new AppError("unauthenticated", `Nobody is known by ${header?.length} characters.`);
}

/** Under what the answers to these paths are kept, all of them together. */
async function keptUnder(...paths: string[]): Promise<string[]> {
  const keeping = [vi.spyOn(memory.answers, "keep"), vi.spyOn(memory.searches, "keep")];
  for (const path of paths) await ask(path);
  return keeping.flatMap(({ mock }) => mock.calls.map(([address]) => address));
}

describe("answers that are kept for anyone", () => {
  it("are kept once for each question, however it is written", async () => {
    const spellings = [
      "q=watt&limit=5",
      "limit=5&q=watt",
      "&q=w%61tt&&limit=5&",
      "q=watt&limit=0005",
      "q=watt&limit=5e0",
    ];
    const kept = await keptUnder(...spellings.map((query) => `/v1/taxonomy/units?${query}`));
    expect(kept).toEqual(['/v1/taxonomy/units?{"q":"watt","limit":5}']);
  });

  it.each([
    ["/openapi.json?pretty", "/query/pretty"],
    ["/openapi.json?1=1&2=2", "/query/1"],
    ["/v1/taxonomy/units?q=watt&salt=1", "/query/salt"],
    ["/v1/taxonomy/units?q=watt&q=volt", "/query/q"],
    ["/v1/taxonomy/units?limit=0", "/query/limit"],
  ])("are neither given nor kept for parameters that mean nothing: %s", async (path, pointer) => {
    expect(await keptUnder(path)).toEqual([]);
    const refused = await ask(path);
    expect(refused.status).toBe(400);
    const { errors } = (await refused.json()) as { errors: { pointer: string }[] };
    expect(errors.map((error) => error.pointer)).toContain(pointer);
  });

  it("are not pushed out by questions with parameters, of which anybody can ask as many as there is time for", async () => {
    for (const path of ["/openapi.json", "/v1/taxonomy/units"]) expect((await ask(path)).status).toBe(200);
    for (let n = 0; n < 250; n++) await ask(`/v1/taxonomy/units?q=${n}`);
    expect(await keptUnder("/openapi.json", "/v1/taxonomy/units")).toEqual([]);
  });
});

describe("an answer that is at hand", () => {
  const path = "/v1/taxonomy/units?q=watt&limit=5";

  /** How often the router is asked for the way of these requests. */
  async function waysOf(...requests: RequestInit[]): Promise<number> {
    const match = vi.spyOn(RememberingRouter.prototype, "match");
    for (const request of requests) await ask(path, request);
    const ways = match.mock.calls.length;
    match.mockRestore();
    return ways;
  }

  it("is given without the router, as it was given by it, and counted", async () => {
    const first = await ask(path);
    expect(await waysOf({}, {})).toBe(0);
    expect(admit).toHaveBeenCalledTimes(3);
    const again = await ask(path);
    expect(again.status).toBe(200);
    expect(await again.text()).toBe(await first.text());
    const headersOf = ({ headers }: Response) => [...headers].filter(([name]) => name !== "x-request-id");
    expect(headersOf(again)).toEqual(headersOf(first));
    expect(again.headers.get("x-request-id")).not.toBe(first.headers.get("x-request-id"));
  });

  it("is not sent again to who has it", async () => {
    const etag = (await ask(path)).headers.get("etag")!;
    const answer = await ask(path, { headers: { "if-none-match": etag } });
    expect(answer.status).toBe(304);
    expect(await answer.text()).toBe("");
  });

  it("is refused to a credential that does not hold, and to an address that has had its share", async () => {
    await ask(path);
    const unknown = await ask(path, { headers: { authorization: "Bearer of-nobody" } });
    expect(unknown.status).toBe(401);
    admit.mockImplementation(() => {
      throw new AppError("rate_limited", "This network address has had its share.", { retryAfterSeconds: 5 });
    });
    const late = await ask(path);
    expect(late.status).toBe(429);
    expect(late.headers.get("retry-after")).toBe("5");
  });

  it("is not for other methods, nor for pages of other origins", async () => {
    await ask(path);
    expect(await waysOf({ method: "HEAD" })).toBe(1);
    pages = ["https://page.example"];
    expect(await waysOf({ headers: { origin: "https://page.example" } })).toBe(1);
    expect((await ask(path)).headers.get("vary")).toBe("Origin");
  });
});
