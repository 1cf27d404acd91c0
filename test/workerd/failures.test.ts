import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import worker from "../../src/index.ts";
import type { Answer } from "./support/client.ts";
import { checkAnswer } from "./support/documentedAnswers.ts";
import { createTenant, insertKey, type Tenant } from "./support/tenants.ts";

let tenant: Tenant;
let freshKey: string;

beforeAll(async () => {
  tenant = await createTenant();
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** One request to the Worker with bindings of its own, by a key that its isolate does not remember. */
async function ask(path: string, bindings: Record<string, string | undefined> = {}): Promise<Answer> {
  const context = createExecutionContext();
  const request = new Request(`https://turash.test${path}`, { headers: { authorization: `Bearer ${freshKey}` } });
  const response = await worker.fetch(request as never, { ...env, ...bindings } as Env, context);
  await waitOnExecutionContext(context);
  const text = await response.text();
  const answer = { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
  await checkAnswer("GET", path, answer);
  return answer;
}

/** What the Worker logs meanwhile, for the operator's eyes. */
async function logged(run: () => Promise<void>): Promise<string> {
  const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
  await run();
  return log.mock.calls.flat().join("\n");
}

describe("when the graph is in a Neo4j that is away", () => {
  it("the API is ready, says so, and only questions about the network fail", async () => {
    freshKey = await insertKey(tenant, { role: "viewer", scopes: ["flows:read", "matches:read"] });
    const away = { GRAPH_URL: "http://127.0.0.1:9" };
    const ready = await ask("/health/ready", away);
    expect(ready.status).toBe(200);
    expect(ready.body.dependencies).toMatchObject([
      { name: "postgresql", isNeeded: true, status: "up" },
      { name: "neo4j", isNeeded: false, status: "down", latencyMs: null },
    ]);
    expect((await ask("/v1/flows", away)).status).toBe(200);
    await logged(async () => {
      expect((await ask("/v1/network/hubs", away)).status).toBe(503);
    });
  });
});

describe("when the database", () => {
  it("cannot be reached, the answer is 503 with Retry-After, and readiness says which dependency is away", async () => {
    freshKey = await insertKey(tenant, { role: "viewer", scopes: ["flows:read"] });
    vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("connect ECONNREFUSED 127.0.0.1:5432"));
    const log = await logged(async () => {
      const { status, headers, body, text } = await ask("/v1/flows");
      expect([status, body.code]).toEqual([503, "unavailable"]);
      expect(headers.get("retry-after")).toMatch(/^\d+$/);
      expect(text).not.toMatch(/127\.0\.0\.1|ECONNREFUSED/);
    });
    expect(log).toContain("ECONNREFUSED");
    expect(log).not.toContain(freshKey);
    const ready = await ask("/health/ready");
    expect(ready.status).toBe(503);
    expect(ready.body).toMatchObject({ status: "not_ready", dependencies: [{ name: "postgresql", status: "down" }] });
    expect((await ask("/health/live")).status).toBe(200);
  });

  it("does not answer in time, the request is given up with 504", async () => {
    freshKey = await insertKey(tenant, { role: "viewer", scopes: ["flows:read"] });
    vi.spyOn(globalThis, "fetch").mockImplementation(
      (_, init) =>
        new Promise((_resolve, reject) => {
          init?.signal?.addEventListener("abort", () => reject(init.signal!.reason));
        }),
    );
    const begun = performance.now();
    await logged(async () => {
      const { status, body } = await ask("/v1/flows", { REQUEST_TIMEOUT_SECONDS: "0.3" });
      expect([status, body.code]).toEqual([504, "deadline_exceeded"]);
    });
    expect(performance.now() - begun).toBeLessThan(3_000);
  });

  it("answers nonsense, the caller learns the request's id and nothing of the inside", async () => {
    freshKey = await insertKey(tenant, { role: "viewer", scopes: ["flows:read"] });
    vi.spyOn(globalThis, "fetch").mockImplementation(async () => Response.json({ fields: [], rows: "secret_table" }));
    await logged(async () => {
      const { status, text, body } = await ask("/v1/flows");
      expect(status).toBeGreaterThanOrEqual(500);
      expect(text).not.toMatch(/secret_table|at \w+ \(|\.ts|TypeError/);
      expect(body.requestId).toBeTruthy();
    });
  });
});

describe("a wrong binding", () => {
  it("is named in one readable line, without its value", async () => {
    for (const [name, value] of [
      ["DATABASE_URL", "mysql://secret-host"],
      ["OPERATOR_KEY", "secret-key"],
      ["KEY_PEPPER", "secret"],
      ["DATABASE_URL", undefined],
    ] as const)
      await logged(async () => {
        const { status, body, text } = await ask("/v1/me", { [name]: value });
        expect([status, body.reason]).toEqual([503, "misconfigured"]);
        expect(body.detail).toContain(name);
        expect(text).not.toContain("secret");
      });
  });
});
