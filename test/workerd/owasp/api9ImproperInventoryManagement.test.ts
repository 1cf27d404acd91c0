import { beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../../../src/app.ts";
import { attempts, createWorld, type World } from "../support/attempts.ts";
import { call, refuse } from "../support/client.ts";
import { countRows } from "../support/database.ts";
import { listOperations, type Operation } from "../support/openApi.ts";

let world: World;
let operations: Operation[];

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** What is served and is no operation of the API. */
const pages = ["GET /openapi.json", "GET /asyncapi.json", "GET /docs", "GET /docs/*"];

beforeAll(async () => {
  world = await createWorld();
  operations = await listOperations();
});

describe("API9:2023 Improper Inventory Management", () => {
  it("has no operation that the walks do not know how to try, and they know no other", () => {
    expect(Object.keys(attempts).sort()).toEqual(operations.map(({ operationId }) => operationId).sort());
  });

  it("serves every operation of the document, and nothing that the document does not name", () => {
    const app = createApp(
      () => {
        throw new Error("the routes need no services");
      },
      () => ({ corsOrigins: [], logRequests: "none" }),
    );
    const served = app.routes
      .filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
    const named = operations.map(({ method, path }) => `${method} ${path}`);
    expect([...new Set(served)].sort()).toEqual([...named, ...pages].sort());
  });

  it("answers a known path that is asked by another method with 405 and what it can be asked, and writes nothing", async () => {
    const before = await countRows();
    for (const { operationId, path: template } of operations) {
      const allowed = operations
        .filter((operation) => operation.path === template)
        .flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
      const path = attempts[operationId]!.request(world).path.split("?")[0]!;
      for (const method of methods.filter((each) => !allowed.includes(each))) {
        const answer = await call(method, path, { key: world.owner.key });
        expect([answer.status, answer.body?.reason], `${method} ${template}`).toEqual([405, "method_not_allowed"]);
        expect(answer.headers.get("allow")?.split(", ").sort(), template).toEqual(allowed.sort());
      }
    }
    expect(await countRows()).toEqual(before);
  });

  it("tells nobody without a credential what there is under /v1, by whatever method", async () => {
    for (const method of methods)
      for (const path of ["/v1/flows", "/v1/nothing", "/v1/organizations", "/v1"])
        expect((await refuse(401, method, path)).reason, `${method} ${path}`).toBe("credential_missing");
  });

  it("has no other version, no forgotten door and no file besides", async () => {
    const { key } = world.owner;
    for (const path of [
      ...["/v0/flows", "/v2/flows", "/V1/flows", "/api/v1/flows", "/v1beta/flows", "/v1.0/flows", "/flows"],
      ...["/swagger.json", "/openapi.yaml", "/v1/openapi.json", "/api-docs", "/redoc", "/graphiql"],
      ...["/debug", "/metrics", "/admin", "/v1/debug", "/v1/admin", "/v1/internal", "/actuator/env", "/trace"],
      ...["/.env", "/.dev.vars", "/.git/config", "/wrangler.toml", "/package.json", "/worker.env", "/secrets.json"],
      ...["/cdn-cgi/../.env", "/docs/../wrangler.toml", "/docs/..%2fwrangler.toml", "/docs/%2e%2e/package.json"],
      ...["/docs/....//package.json", "/docs/_headers", "/_headers"],
    ])
      expect((await call("GET", path, { key })).status, path).toBe(404);
  });

  it("announces no operation as deprecated without Deprecation and Sunset in its answers", () => {
    for (const { operationId, definition, responses } of operations.filter(({ definition }) => definition.deprecated))
      for (const header of ["Deprecation", "Sunset"])
        expect(Object.keys(responses["200"]?.headers ?? definition.headers ?? {}), operationId).toContain(header);
  });
});
