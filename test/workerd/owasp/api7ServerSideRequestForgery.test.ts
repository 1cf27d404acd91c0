import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { attempts, createWorld, type World } from "../support/attempts.ts";
import { type Json, operatorKey } from "../support/client.ts";
import { listOperations, type Operation } from "../support/openApi.ts";
import { interceptOutbound, sqlAddress } from "../support/outbound.ts";
import { createWorker } from "../support/ownWorker.ts";
import { placeOf } from "../support/receiver.ts";
import { issuer, person, serveProvider, signToken } from "../support/signIns.ts";
import { createWebhook, insertDelivery } from "../support/tenants.ts";
import { pathOf, queryOf } from "../support/walk.ts";

let world: World;
let operations: Operation[];

beforeAll(async () => {
  world = await createWorld();
  operations = await listOperations();
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Hosts that a server must not be talked into asking, in the notations by which filters are passed. */
const targets = [
  ...["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:5432/", "http://[::1]/", "http://2130706433/"],
  ...[
    "http://0x7f.1/",
    "https://ssrf.example/x",
    "//ssrf.example/x",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_x",
  ],
  ...["https://user@ssrf.example", "javascript:fetch('https://ssrf.example')"],
];

/** Everything written with a target in the place of every text, one after the other. */
function forged(node: Json, target: string): Json[] {
  if (typeof node === "string") return [target];
  if (node === null || typeof node !== "object") return [];
  return Object.entries<Json>(node).flatMap(([name, part]) =>
    forged(part, target).map((value) => (Array.isArray(node) ? [value] : { ...node, [name]: value })),
  );
}

const keyFor = ({ operationId }: Operation) =>
  attempts[operationId]!.foreign === "refused" ? operatorKey : world.owner.key;

/** What a walk may ask: the database, and nothing else. */
function expectDatabaseOnly(asked: string[]): void {
  expect([...new Set(asked)]).toEqual([sqlAddress]);
}

describe("API7:2023 Server Side Request Forgery", { timeout: 180_000 }, () => {
  it("asks no host that stands in a body, by any operation, at whatever place", async () => {
    const ask = createWorker({ LOG_REQUESTS: "none" });
    const asked = interceptOutbound();
    let tried = 0;
    let written = 0;
    for (const operation of operations) {
      const { path, body } = attempts[operation.operationId]!.request(world);
      if (body === undefined) continue;
      const { method } = operation;
      for (const target of targets)
        for (const content of [...forged(body, target), { ...(body as object), url: target, callbackUrl: target }]) {
          tried++;
          const { status } = await ask({ method, path, key: keyFor(operation), body: content });
          if (status < 300) written++;
        }
    }
    expect(tried).toBeGreaterThan(300);
    // Names and titles take such a text: it is kept, and still nobody is asked.
    expect(written).toBeGreaterThan(10);
    expectDatabaseOnly(asked);
  });

  it("asks no host that stands in a path or a query", async () => {
    const ask = createWorker({ LOG_REQUESTS: "none" });
    const asked = interceptOutbound();
    for (const operation of operations.filter(({ method }) => method === "GET"))
      for (const target of targets) {
        const text = encodeURIComponent(target);
        for (const name of [...queryOf(operation), "url", "redirect", "next"])
          await ask({ path: `${pathOf(operation, world)}?${name}=${text}`, key: keyFor(operation) });
        if (operation.path.includes("{"))
          await ask({ path: operation.path.replaceAll(/\{[^}]+\}/g, text), key: keyFor(operation) });
      }
    expectDatabaseOnly(asked);
  });

  it("asks no host that stands in a header", async () => {
    const ask = createWorker({ LOG_REQUESTS: "none" });
    const asked = interceptOutbound();
    const names = [
      ...["host", "origin", "referer", "forwarded", "x-forwarded-host", "x-forwarded-for", "x-original-url"],
      ...["x-rewrite-url", "x-callback-url", "x-wap-profile", "from", "via", "link", "tracestate", "baggage"],
      ...["if-none-match", "if-match", "idempotency-key", "x-request-id", "neon-connection-string"],
    ];
    for (const target of targets)
      for (const name of names) {
        const { headers } = await ask({ path: "/v1/sites?limit=1", key: world.owner.key, headers: { [name]: target } });
        for (const [answered, value] of headers)
          expect(
            value.includes("ssrf.example") && answered !== "x-request-id",
            `${name} comes back in ${answered}`,
          ).toBe(false);
      }
    expectDatabaseOnly(asked);
  });

  it("asks no host that a token names: not for its keys, not for its certificates, not for its issuer", async () => {
    const ask = createWorker({ LOG_REQUESTS: "none" });
    const asked = interceptOutbound((url) =>
      url.startsWith(issuer) || url === sqlAddress ? null : new Response("{}"),
    );
    for (const target of targets) {
      const claims = person();
      for (const header of [{ jku: target }, { x5u: target }, { kid: target }, { jku: target, kid: "unknown" }]) {
        const key = await signToken({ claims, header });
        expect((await ask({ path: "/v1/me", key })).status, JSON.stringify(header)).toBe(401);
      }
      for (const iss of [target, `${issuer}@ssrf.example`, `${issuer}.ssrf.example`, `${issuer}/../${target}`]) {
        const key = await signToken({ claims: { ...claims, iss } });
        expect((await ask({ path: "/v1/me", key })).body.reason, iss).toBe("credential_wrong_issuer");
      }
    }
    const hosts = new Set(asked.map((url) => new URL(url).origin));
    for (const host of hosts) expect([new URL(issuer).origin, new URL(sqlAddress).origin]).toContain(host);
  });

  it("asks no host that the sign-in provider redirects to, nor one that is not served safely", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    for (const target of targets.filter((each) => !each.startsWith("https://"))) {
      for (const answer of [
        () => new Response(null, { status: 302, headers: { location: target } }),
        (url: string, own: string) =>
          url.endsWith("/keys")
            ? new Response(null, { status: 307, headers: { location: target } })
            : Response.json({ issuer: own, jwks_uri: `${own}/keys` }),
        (_: string, own: string) => Response.json({ issuer: own, jwks_uri: target }),
      ]) {
        const { OIDC_ISSUER, asked } = serveProvider(answer);
        const ask = createWorker({ OIDC_ISSUER, LOG_REQUESTS: "none" });
        const { status, body } = await ask({
          path: "/v1/me",
          key: await signToken({ claims: { ...person(), iss: OIDC_ISSUER } }),
        });
        expect([status, body.reason], target).toEqual([503, "sign_in_provider_away"]);
        expect(asked.length).toBeGreaterThan(0);
        for (const url of asked) expect(new URL(url).origin, target).toBe(OIDC_ISSUER);
        vi.mocked(globalThis.fetch).mockRestore();
      }
    }
  });

  it("takes no endpoint of a webhook that is not of the public internet, in whatever notation, and asks none", async () => {
    const ask = createWorker({ WEBHOOKS_LOCAL: "off", LOG_REQUESTS: "none" });
    const asked = interceptOutbound();
    const inner = [
      ...["https://127.0.0.1/", "https://0x7f.1/", "https://017700000001/", "https://2130706433/", "https://127.1/"],
      ...["https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1%25eth0]/", "https://[fd00:ec2::254]/"],
      ...[
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
      ],
      ...["https://169.254.169.254/", "https://metadata.google.internal./", "https://224.0.0.1/", "https://localhost/"],
      ...["https://a.localhost./", "https://erp/", "https://127。0。0。1/", "https://%31%32%37.0.0.1/"],
      ...["http://ssrf.example/", "https://user@ssrf.example/", "https://ssrf.example:22/", "ftp://ssrf.example/"],
      ...targets.filter((each) => each !== "https://ssrf.example/x"),
    ];
    const { key } = world.owner;
    const before = (await ask({ path: "/v1/webhooks?limit=200", key })).body.data;
    for (const url of inner) {
      const made = await ask({ method: "POST", path: "/v1/webhooks", key, body: { url, events: ["turash.*"] } });
      expect([made.status, made.body.errors?.[0].pointer], url).toEqual([400, "/url"]);
      const path = `/v1/webhooks/${world.webhookId}`;
      const moved = await ask({ method: "PATCH", path, key, body: { url } });
      expect([moved.status, moved.body.errors?.[0].pointer], url).toEqual([400, "/url"]);
    }
    expect((await ask({ path: "/v1/webhooks?limit=200", key })).body.data).toEqual(before);
    expectDatabaseOnly(asked);
  });

  it("asks no endpoint that was taken in local development, once the deployment is none", async () => {
    const url = placeOf("ok");
    const webhook = await createWebhook(world.owner, { url });
    const delivery = await insertDelivery(webhook.id, "failed");
    const asked = interceptOutbound();
    const ask = createWorker({ WEBHOOKS_LOCAL: "off", LOG_REQUESTS: "none" });
    const path = `/v1/webhooks/${webhook.id}/deliveries/${delivery}`;
    await ask({ method: "POST", path: `${path}/redeliver`, key: world.owner.key });
    const { body } = await ask({ path, key: world.owner.key });
    expect(body).toMatchObject({ status: "pending", answers: [{ status: null, error: "address_refused" }] });
    expect(asked.filter((each) => each.startsWith(url))).toEqual([]);
  });

  it("leaves for no endpoint but by the egress service, where there is one, and follows no redirect", async () => {
    const url = "https://erp.ssrf.example/hooks";
    const egress = "http://egress.ssrf.example/";
    const headers: Headers[] = [];
    const asked = interceptOutbound((address, init) => {
      if (address === sqlAddress) return null;
      headers.push(new Headers(init.headers));
      return new Response(null, { status: 302, headers: { location: "http://169.254.169.254/latest/meta-data/" } });
    });
    const ask = createWorker({ WEBHOOKS_LOCAL: "off", WEBHOOK_EGRESS_URL: egress, LOG_REQUESTS: "none" });
    const { key } = world.owner;
    const made = await ask({ method: "POST", path: "/v1/webhooks", key, body: { url, events: ["turash.match.*"] } });
    const delivery = await insertDelivery(made.body.id, "failed");
    const path = `/v1/webhooks/${made.body.id}/deliveries/${delivery}`;
    await ask({ method: "POST", path: `${path}/redeliver`, key });
    expect((await ask({ path, key })).body.answers).toMatchObject([{ status: 302, error: "redirected" }]);
    expect(new Set(asked)).toEqual(new Set([sqlAddress, egress]));
    expect(headers.some((each) => each.get("x-egress-target") === url)).toBe(true);
  });

  it("sends no caller to another host", async () => {
    const ask = createWorker({ LOG_REQUESTS: "none" });
    for (const path of [
      "/docs",
      "/docs/index.html",
      "/docs//ssrf.example/%2e%2e",
      "/docs/\\ssrf.example",
      "//ssrf.example/docs",
    ]) {
      const { headers } = await ask({ path, headers: { host: "ssrf.example", "x-forwarded-host": "ssrf.example" } });
      const location = headers.get("location") ?? "/";
      expect(new URL(location, "https://turash.test").origin, `${path} leads to ${location}`).toBe(
        "https://turash.test",
      );
    }
  });
});
