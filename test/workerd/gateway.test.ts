import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { operatorKey } from "./support/client.ts";
import { query } from "./support/database.ts";
import { createWorker } from "./support/ownWorker.ts";
import { createFlow, createSite, createTenant, steamSupply, type Tenant } from "./support/tenants.ts";

let tenant: Tenant;
beforeAll(async () => {
  tenant = await createTenant();
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("the log", () => {
  const ask = createWorker({ LOG_REQUESTS: "all" });
  /** What is logged meanwhile, parsed. */
  async function linesOf(run: () => Promise<unknown>) {
    const lines: string[] = [];
    for (const level of ["log", "error", "warn", "info", "debug"] as const)
      vi.spyOn(console, level).mockImplementation((line) => void lines.push(String(line)));
    await run();
    return { text: lines.join("\n"), lines: lines.map((line) => JSON.parse(line)) };
  }

  it("has one line of JSON a request, with who, what, how it went, how long it took and how often the database was asked", async () => {
    const flow = await createFlow(tenant, steamSupply((await createSite(tenant)).id, { visibility: "private" }));
    const headers = {
      "x-request-id": "req-17",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    };
    const { lines } = await linesOf(() => ask({ path: `/v1/flows/${flow.id}?`, key: tenant.key, headers }));
    expect(lines).toEqual([
      {
        level: "info",
        requestId: "req-17",
        traceId: "0af7651916cd43dd8448eb211c80319c",
        spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
        method: "GET",
        route: "/v1/flows/{id}",
        status: 200,
        durationMs: expect.any(Number),
        databaseTrips: 1,
        actor: { kind: "member", organizationId: tenant.id, credential: expect.stringMatching(/^key_/) },
      },
    ]);
  });

  it("tells of a refusal the reason, and whom it concerned, and of the operator only that it was one", async () => {
    const { lines } = await linesOf(async () => {
      await ask({ path: "/v1/flows", key: "nonsense" });
      await ask({ path: "/v1/nothing", key: tenant.key });
      await ask({ path: "/v1/me", key: operatorKey });
    });
    expect(lines).toMatchObject([
      { status: 401, route: "/v1/flows", reason: "credential_malformed", actor: null },
      { status: 404, route: null, reason: "route_not_found", actor: { organizationId: tenant.id } },
      { status: 200, actor: { kind: "operator" } },
    ]);
  });

  it("never has a credential, a query, a body or an address in it, wherever the caller put one", async () => {
    const { text } = await linesOf(async () => {
      const secretPath = `/v1/flows/${tenant.key}`;
      await ask({ path: `${secretPath}?key=${tenant.key}&q=hidden-question`, key: tenant.key, address: "192.0.2.55" });
      await ask({ path: "/v1/me", key: tenant.key, headers: { "x-request-id": tenant.key, "user-agent": tenant.key } });
      await ask({ method: "POST", path: "/v1/sites", key: tenant.key, body: { name: "hidden-body", key: tenant.key } });
    });
    expect(text).not.toMatch(/hidden-question|hidden-body|192\.0\.2\.55/);
    expect(text).not.toContain(tenant.key.slice(0, 20));
  });

  it("is quiet where it is told to be", async () => {
    for (const LOG_REQUESTS of ["failures", "none"]) {
      const quiet = createWorker({ LOG_REQUESTS });
      const { lines } = await linesOf(() => quiet({ path: "/v1/me", key: tenant.key }));
      expect(lines, LOG_REQUESTS).toEqual([]);
    }
  });
});

describe("a request's id and trace", () => {
  const ask = createWorker({});

  it("are taken from the caller, the id is answered, and both are kept with the change that they made", async () => {
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const requestId = `req-${crypto.randomUUID()}`;
    const body = {
      name: "Traced",
      location: { type: "Point", coordinates: [11, 55] },
      country: "DK",
      timeZone: "Europe/Copenhagen",
    };
    const answer = await ask({
      method: "POST",
      path: "/v1/sites",
      key: tenant.key,
      body,
      headers: { traceparent, "x-request-id": requestId },
    });
    expect(answer.headers.get("x-request-id")).toBe(requestId);
    const [event] = await query(
      "SELECT o.traceparent FROM outbox o JOIN audit_entries a ON a.subject_id = o.subject_id WHERE a.request_id = $1",
      requestId,
    );
    expect(event!.traceparent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/);
    expect(event!.traceparent).not.toContain("00f067aa0ba902b7");
  });

  it("are our own where the caller's could do harm", async () => {
    for (const requestId of ["a b", "x".repeat(129), "<script>", tenant.key, "eyJhbGciOiJub25lIn0.e30."]) {
      const { headers } = await ask({ path: "/health/live", headers: { "x-request-id": requestId } });
      expect(headers.get("x-request-id"), requestId).toMatch(/^[0-9a-f]{32}$/);
    }
  });
});

describe("a page of another origin", () => {
  const ask = createWorker({ CORS_ORIGINS: "https://app.example, http://localhost:5173" });
  const from = (origin: string, headers = {}) => ({ origin, ...headers });
  const preflight = (origin: string) =>
    ask({
      method: "OPTIONS",
      path: "/v1/flows",
      headers: from(origin, {
        "access-control-request-method": "PATCH",
        "access-control-request-headers": "authorization,if-match,idempotency-key",
      }),
    });

  it("may call where its origin is configured, by its exact name and with what the API takes", async () => {
    for (const origin of ["https://app.example", "http://localhost:5173"]) {
      const { status, headers } = await preflight(origin);
      expect(status).toBe(204);
      expect(headers.get("access-control-allow-origin")).toBe(origin);
      expect(headers.get("access-control-allow-methods")).toContain("PATCH");
      expect(headers.get("access-control-allow-headers")?.toLowerCase()).toMatch(
        /authorization.*idempotency-key.*if-match/,
      );
      expect(headers.get("access-control-allow-credentials")).toBeNull();
      expect(headers.get("vary")).toContain("Origin");
      const answer = await ask({ path: "/v1/me", key: tenant.key, headers: from(origin) });
      expect(answer.status).toBe(200);
      expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
      expect(answer.headers.get("access-control-expose-headers")).toMatch(/ETag.*RateLimit.*Retry-After/);
    }
  });

  it("sees a refusal's reason too, and is let in before a credential is asked for", async () => {
    const answer = await ask({ path: "/v1/me", headers: from("https://app.example") });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("access-control-allow-origin")).toBe("https://app.example");
  });

  it("may not where it is not, however much it looks like one that is", async () => {
    for (const origin of [
      ...["https://app.example.evil.test", "https://evil.test", "http://app.example", "https://app.example:444"],
      ...["https://xapp.example", "null", "https://APP.example", "http://localhost:5174", "https://app.example/"],
    ]) {
      const asked = await ask({ path: "/v1/me", key: tenant.key, headers: from(origin) });
      expect(asked.headers.get("access-control-allow-origin"), origin).toBeNull();
      expect((await preflight(origin)).headers.get("access-control-allow-origin"), origin).toBeNull();
    }
  });

  it("may not at all where none is configured, and shared caches keep the answers apart where some are", async () => {
    const closed = createWorker({});
    const { headers } = await closed({ path: "/v1/taxonomy/kinds", headers: from("https://app.example") });
    expect(headers.get("access-control-allow-origin")).toBeNull();
    expect((await ask({ path: "/v1/taxonomy/kinds" })).headers.get("vary")).toContain("Origin");
  });
});
