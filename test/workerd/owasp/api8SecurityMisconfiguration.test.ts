import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createId } from "../../../src/domain/ids.ts";
import { maximumBodyBytes } from "../../../src/http/middleware/jsonBody.ts";
import { type Answer, call } from "../support/client.ts";
import { countRows } from "../support/database.ts";
import { interceptOutbound, sqlAddress, stall } from "../support/outbound.ts";
import { createWorker, type Question } from "../support/ownWorker.ts";
import { createKey, createSite, createTenant, insertKey, siteContent, type Tenant } from "../support/tenants.ts";

let tenant: Tenant;

beforeAll(async () => {
  tenant = await createTenant();
});
beforeEach(() => {
  // A deployment that is not configured logs all, whatever it is told.
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

type Case = { status: number; question: Question; bindings?: object; database?: (init: RequestInit) => Response };

const limits = { addressPerMinute: null, credentialPerMinute: null, probesPerMinute: null, requestsPerDay: 1 };
const password = decodeURIComponent(new URL(env.DATABASE_URL).password);
const tellingError = {
  message: `relation "secret_table" does not exist for ${env.DATABASE_URL}`,
  code: "42P01",
};

/** A question for every status that the Worker knows. */
async function listCases(): Promise<Case[]> {
  const { key } = tenant;
  const site = await createSite(tenant, { externalId: crypto.randomUUID() });
  const viewer = await insertKey(tenant, { role: "viewer", scopes: ["flows:read"] });
  const ended = await createKey(tenant);
  const repeated = { "idempotency-key": crypto.randomUUID() };
  await call("POST", "/v1/sites", { key, body: siteContent(), headers: repeated });
  const counted = { LIMITS: JSON.stringify(limits) };
  const own = await createTenant();
  await createWorker(counted)({ path: "/v1/me", key: own.key });
  const fresh = () => insertKey(tenant, { role: "viewer", scopes: ["flows:read"] });
  const path = `/v1/sites/${site.id}`;
  const create = { method: "POST", path: "/v1/sites", key };
  return [
    { status: 200, question: { path: "/v1/me", key } },
    { status: 200, question: { path: "/v1/taxonomy/kinds" } },
    { status: 200, question: { path: "/openapi.json" } },
    { status: 200, question: { path: "/health/ready" } },
    { status: 200, question: { path: "/docs/" } },
    { status: 201, question: { ...create, body: siteContent() } },
    { status: 204, question: { method: "DELETE", path: `/v1/api-keys/${ended.id}`, key } },
    { status: 301, question: { path: "/docs" } },
    { status: 304, question: { path, key, headers: { "if-none-match": '"1"' } } },
    { status: 307, question: { path: "/docs/index.html" } },
    { status: 400, question: { path: "/v1/flows?limit=0", key } },
    { status: 401, question: { path: "/v1/flows" } },
    { status: 403, question: { ...create, key: viewer, body: siteContent() } },
    { status: 404, question: { path: `/v1/flows/${createId("flow")}`, key } },
    { status: 404, question: { path: "/nothing" } },
    { status: 404, question: { path: "/docs/nothing" } },
    { status: 405, question: { method: "POST", path: "/health/live" } },
    { status: 409, question: { ...create, body: siteContent({ externalId: site.externalId }) } },
    { status: 412, question: { method: "DELETE", path, key, headers: { "if-match": '"42"' } } },
    { status: 413, question: { ...create, rawBody: " ".repeat(maximumBodyBytes + 1) } },
    { status: 415, question: { ...create, rawBody: "name: Works", headers: { "content-type": "text/yaml" } } },
    { status: 422, question: { ...create, headers: repeated, body: siteContent({ name: "Another" }) } },
    { status: 429, question: { path: "/v1/me", key: own.key }, bindings: counted },
    {
      status: 500,
      question: { path: "/v1/flows", key: await fresh() },
      database: () => Response.json(tellingError, { status: 400 }),
    },
    {
      status: 503,
      question: { path: "/v1/flows", key: await fresh() },
      database: () => new Response(`<html>${tellingError.message}</html>`, { status: 502 }),
    },
    {
      status: 504,
      question: { path: "/v1/flows", key: await fresh() },
      bindings: { REQUEST_TIMEOUT_SECONDS: "0.2" },
      database: stall,
    },
    { status: 503, question: { path: "/v1/me", key }, bindings: { KEY_PEPPER: "short-secret" } },
  ];
}

/** The answer to every one of them, and what is logged meanwhile. */
async function answerAll(more: object = {}, headers: Record<string, string> = {}) {
  const lines: string[] = [];
  for (const level of ["log", "error", "warn", "info", "debug"] as const)
    vi.spyOn(console, level).mockImplementation((line) => void lines.push(String(line)));
  const answers: { place: string; answer: Answer }[] = [];
  for (const { status, question, bindings, database } of await listCases()) {
    if (database) interceptOutbound((url, init) => (url === sqlAddress ? database(init) : null));
    const ask = createWorker({ LOG_REQUESTS: "all", ...more, ...bindings });
    const answer = await ask({ ...question, headers: { ...headers, ...question.headers } });
    if (database) vi.mocked(globalThis.fetch).mockRestore();
    const place = `${status} ${question.method ?? "GET"} ${question.path}`;
    expect(answer.status, `${place}: ${answer.text.slice(0, 300)}`).toBe(status);
    answers.push({ place, answer });
  }
  return { answers, log: lines.join("\n") };
}

describe("API8:2023 Security Misconfiguration", () => {
  it("puts on answers of every status what keeps browsers from harm, and nothing that tells what it is made with", async () => {
    for (const { place, answer } of (await answerAll()).answers) {
      const { headers, status, text } = answer;
      expect(headers.get("strict-transport-security"), place).toBe("max-age=63072000; includeSubDomains");
      expect(headers.get("x-content-type-options"), place).toBe("nosniff");
      expect(headers.get("referrer-policy"), place).toBe("no-referrer");
      expect(headers.get("content-security-policy"), place).toMatch(/default-src 'none';.*frame-ancestors 'none'/);
      expect(headers.get("content-security-policy"), place).not.toMatch(/script-src[^;]*(unsafe|\*|http)/);
      for (const telling of ["server", "x-powered-by", "via", "set-cookie", "x-runtime", "access-control-allow-origin"])
        expect(headers.get(telling), `${place} ${telling}`).toBeNull();
      const type = headers.get("content-type");
      if (text !== "") expect(type, place).toMatch(/^(application\/(problem\+)?json|text\/html; charset=utf-8)$/);
      if (status >= 400 && !place.includes("/docs")) expect(headers.get("cache-control"), place).toBe("no-store");
      if (place.includes("/v1/") && !place.includes("taxonomy"))
        expect(headers.get("cache-control"), place).not.toContain("public");
    }
  });

  it("has no secret and no inside in the answer of any status, nor a secret in the log", async () => {
    const { answers, log } = await answerAll();
    const secrets = [env.OPERATOR_KEY, env.KEY_PEPPER, env.DATABASE_URL, password, tenant.key, "short-secret"];
    for (const { place, answer } of answers) {
      const all = answer.text + [...answer.headers].flat().join("\n");
      for (const secret of secrets) expect(all.includes(secret), place).toBe(false);
      expect(all, place).not.toMatch(/secret_table|42P01|NeonDbError|\bat \w+ \(|node_modules|\.ts:\d|SELECT /);
      if (!place.includes("/docs/") && !place.includes("/openapi")) expect(all, place).not.toContain("127.0.0.1");
    }
    for (const secret of secrets) expect(log.includes(secret)).toBe(false);
    expect(log).toContain("secret_table");
  });

  it("lets pages of a configured origin read every status, by its exact name, and those of no other", async () => {
    const CORS_ORIGINS = "https://app.example";
    for (const [origin, expected] of [
      [CORS_ORIGINS, CORS_ORIGINS],
      ["https://app.example.evil.test", null],
      ["null", null],
    ] as const)
      for (const { place, answer } of (await answerAll({ CORS_ORIGINS }, { origin })).answers) {
        // A deployment that is not configured is open to no page.
        const isConfigured = answer.body?.reason !== "misconfigured";
        expect(answer.headers.get("access-control-allow-origin"), place).toBe(isConfigured ? expected : null);
        expect(answer.headers.get("access-control-allow-credentials"), place).toBeNull();
        if (isConfigured) expect(answer.headers.get("vary"), place).toContain("Origin");
      }
  });

  it.each([
    ...["*", "null", "https://*.example", "http://app.example", "https://app.example/", "https://app.example/path"],
    ...["app.example", "https://app.example *", "https://APP.example", "javascript://app.example"],
  ])("is configured for no origin as wide or as vague as %s: it says so, and opens to nobody", async (CORS_ORIGINS) => {
    const ask = createWorker({ CORS_ORIGINS });
    for (const origin of ["https://app.example", "https://evil.test", "null"]) {
      const { status, body, headers } = await ask({ path: "/v1/me", key: tenant.key, headers: { origin } });
      expect([status, body.reason]).toEqual([503, "misconfigured"]);
      expect(body.detail).toContain("CORS_ORIGINS");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });

  it.each(["OPERATOR_KEY", "KEY_PEPPER", "DATABASE_URL"])(
    "has no default for %s: without it nobody comes in, whatever credential is shown",
    async (name) => {
      for (const value of [undefined, "", " "]) {
        const ask = createWorker({ [name]: value });
        for (const key of [tenant.key, env.OPERATOR_KEY, "undefined", "null"]) {
          const { status, body } = await ask({ path: "/v1/organizations", key });
          expect([status, body.reason], `${name}=${value} ${key.slice(0, 9)}`).toEqual([503, "misconfigured"]);
        }
      }
    },
  );

  it("takes no method that it does not name, and echoes no request", async () => {
    const before = await countRows();
    const ask = createWorker({});
    for (const path of [
      "/v1/flows",
      "/health/live",
      "/v1/taxonomy/kinds",
      "/openapi.json",
      `/v1/organizations/${tenant.id}`,
    ])
      for (const method of [
        "TRACE",
        "PROPFIND",
        "PROPPATCH",
        "MKCOL",
        "COPY",
        "MOVE",
        "LOCK",
        "SEARCH",
        "PURGE",
        "REPORT",
      ]) {
        const { status, headers, text } = await ask({
          method,
          path,
          key: tenant.key,
          headers: { "x-canary": "canary-71" },
        });
        expect(status, `${method} ${path}`).toBe(405);
        expect(headers.get("allow"), path).toMatch(/^[A-Z]+(, [A-Z]+)*$/);
        expect(text, method).not.toContain("canary-71");
      }
    expect(await countRows()).toEqual(before);
  });

  it("answers JSON whatever type is asked for, and wraps it into no script", async () => {
    const ask = createWorker({});
    for (const accept of ["text/html", "application/xml", "application/javascript", "text/yaml;q=1", "*/*", "x"])
      for (const [path, type] of [
        ["/v1/me", "application/json"],
        ["/v1/flows/flow_1", "application/problem+json"],
        ["/<script>alert(1)</script>", "application/problem+json"],
      ] as const) {
        const { headers } = await ask({ path, key: tenant.key, headers: { accept } });
        expect(headers.get("content-type"), `${accept} ${path}`).toBe(type);
      }
    for (const name of ["callback", "jsonp", "format"])
      expect((await ask({ path: `/v1/me?${name}=alert`, key: tenant.key })).status, name).toBe(400);
  });
});
