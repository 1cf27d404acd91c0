import { beforeEach, describe, expect, it, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import type { OpenRequest } from "../../src/operations/context.ts";
import { createIsolateMemory, type IsolateMemory } from "../../src/platform/cache/isolateMemory.ts";
import { limitSettingsSchema } from "../../src/platform/limits/settings.ts";

let memory: IsolateMemory;
let ask: (path: string) => Response | Promise<Response>;

beforeEach(() => {
  memory = createIsolateMemory(null, limitSettingsSchema.parse({}));
  const { answers, searches } = memory;
  const opened = { answers, searches, limits: [], admit: () => null, databaseTrips: () => 0 } as unknown as OpenRequest;
  const app = createApp(
    () => opened,
    () => ({ corsOrigins: [], logRequests: "none" }),
  );
  const waiting = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
  ask = (path) => app.request(path, {}, {}, waiting);
});

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
