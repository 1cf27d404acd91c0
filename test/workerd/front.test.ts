import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

const origin = "http://turash.test";

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return exports.default.fetch(new Request(`${origin}${path}`, { headers, redirect: "manual" }));
}

describe("the Worker in its runtime", () => {
  it("lives, and is ready with the database behind the Neon driver", async () => {
    expect((await get("/health/live")).status).toBe(200);
    const ready = await get("/health/ready");
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ status: "ready" });
  });

  it("knows the operator by the key of its binding, and nobody without one", async () => {
    expect((await get("/v1/organizations", { authorization: `Bearer ${env.OPERATOR_KEY}` })).status).toBe(200);
    expect((await get("/v1/organizations")).status).toBe(401);
  });

  it("shows its reference page with nothing in it that another host would serve or that runs inline", async () => {
    const moved = await get("/docs");
    expect(moved.status).toBe(301);
    const page = await get("/docs/");
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    const html = await page.text();
    const loaded = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
    expect(loaded.length).toBeGreaterThan(3);
    expect(loaded.filter((address) => /^(\w+:)?\/\//.test(address))).toEqual([]);
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
    for (const address of loaded)
      expect((await get(new URL(address, `${origin}/docs/`).pathname)).status, address).toBe(200);
    expect(await (await get("/docs/initialize.js")).text()).toContain("validatorUrl: null");
  });
});
