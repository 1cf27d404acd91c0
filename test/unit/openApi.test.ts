import { createConfig, lintFromString } from "@redocly/openapi-core";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import type { OpenRequest } from "../../src/operations/context.ts";
import { createIsolateMemory } from "../../src/platform/cache/isolateMemory.ts";
import { limitSettingsSchema } from "../../src/platform/limits/settings.ts";

type Json = ReturnType<typeof JSON.parse>;

const methods = ["get", "put", "post", "patch", "delete"];

let text: string;
let document: Json;
let operations: { name: string; path: string; method: string; definition: Json }[];

beforeAll(async () => {
  const { answers } = createIsolateMemory(null, limitSettingsSchema.parse({}));
  const app = createApp(
    () => ({ answers, limits: [], admit: () => null, databaseTrips: () => 0 }) as unknown as OpenRequest,
    () => ({ corsOrigins: [], logRequests: "none" }),
  );
  const waiting = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
  text = await (await app.request("/openapi.json", {}, {}, waiting)).text();
  document = JSON.parse(text);
  operations = Object.entries<Json>(document.paths).flatMap(([path, item]) =>
    Object.entries<Json>(item).map(([method, definition]) => ({ name: `${method} ${path}`, path, method, definition })),
  );
});

describe("the OpenAPI document", () => {
  it("says of whatever reads a body that it may be too large or of another type", () => {
    const lacking = operations
      .filter(({ method }) => method !== "get" && method !== "delete")
      .flatMap(({ name, definition }) =>
        ["413", "415"].filter((status) => !definition.responses[status]).map((status) => `${name} ${status}`),
      );
    expect(lacking).toEqual([]);
  });

  it("is of version 3.1 and passes Redocly's recommended rules without an error or a warning", async () => {
    expect(document.openapi).toBe("3.1.0");
    // Redocly compares templates without their methods and patterns; the next test is stricter about both.
    const config = await createConfig({ extends: ["recommended"], rules: { "no-ambiguous-paths": "off" } });
    const problems = await lintFromString({ source: text, absoluteRef: "openapi.json", config });
    const found = problems.map(({ ruleId, message, location }) => ({ ruleId, message, at: location[0]?.pointer }));
    // What opens a WebSocket and does nothing else goes well with 101.
    const opensSocket = "#/paths/~1v1~1rooms~1{matchId}~1socket/get/responses";
    expect(found.filter(({ ruleId, at }) => ruleId !== "operation-2xx-response" || at !== opensSocket)).toEqual([]);
  });

  it("has no two paths that one request could mean", () => {
    for (const [index, one] of operations.entries())
      for (const other of operations.slice(index + 1))
        if (one.method === other.method) expect(couldBothMean(one, other), `${one.name} and ${other.name}`).toBe(false);
  });

  it("names every operation once, with a summary, a tag that is described, and its credential", () => {
    const ids = operations.map(({ definition }) => definition.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = document.tags.map(({ name }: { name: string }) => name);
    for (const { name, method, definition } of operations) {
      expect(methods, name).toContain(method);
      expect(definition.summary, name).toMatch(/^\S.{5,}/);
      for (const tag of definition.tags) expect(tags, name).toContain(tag);
      expect(Array.isArray(definition.security), name).toBe(true);
      // Whoever takes the keys of members takes their sign-ins too.
      const takes = definition.security.flatMap((each: Json) => Object.keys(each));
      const isForMembers = definition["x-turash-permission"]?.role !== null;
      if (takes.includes("apiKey")) expect(takes.includes("signIn"), name).toBe(isForMembers);
    }
  });

  it("shows an example of every body that it takes", () => {
    for (const { name, definition } of operations)
      for (const content of Object.values<Json>(definition.requestBody?.content ?? {}))
        expect(content.example, name).toBeDefined();
  });

  it("has examples that fit their schemas, at every depth", () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(ajv);
    ajv.addSchema(document, "document");
    let found = 0;
    for (const { pointer, schema, example } of examplesIn(document, "")) {
      found++;
      const validate = ajv.compile({ $ref: `document#${encodeURI(schema)}` });
      validate(example);
      expect(validate.errors ?? [], `${pointer}: ${JSON.stringify(example)}`).toEqual([]);
    }
    expect(found).toBeGreaterThan(40);
  });
});

type Operation = (typeof operations)[number];

/** Whether some path fits both templates: a literal fits a parameter when its pattern and enum let it. */
function couldBothMean(one: Operation, other: Operation): boolean {
  const [ours, theirs] = [one.path.split("/"), other.path.split("/")];
  if (ours.length !== theirs.length) return false;
  return ours.every((segment, index) => {
    const opposite = theirs[index]!;
    if (segment.startsWith("{")) return opposite.startsWith("{") || admits(one, segment, opposite);
    return opposite.startsWith("{") ? admits(other, opposite, segment) : segment === opposite;
  });
}

function admits({ definition }: Operation, parameter: string, literal: string): boolean {
  const { schema } = definition.parameters.find((each: Json) => each.in === "path" && `{${each.name}}` === parameter);
  if (schema.enum) return schema.enum.includes(literal);
  return schema.pattern === undefined || new RegExp(schema.pattern).test(literal);
}

type Example = { pointer: string; schema: string; example: Json };

/** The examples of bodies, parameters and schemas, each with the pointer of the schema that it illustrates. */
function examplesIn(node: Json, pointer: string): Example[] {
  if (node === null || typeof node !== "object") return [];
  const here: Example[] = [];
  if (!Array.isArray(node) && "example" in node && !pointer.endsWith("/properties"))
    here.push({ pointer, schema: "schema" in node ? `${pointer}/schema` : pointer, example: node.example });
  const below = Object.entries<Json>(node).filter(([name]) => name !== "example");
  return here.concat(...below.map(([name, value]) => examplesIn(value, `${pointer}/${escaped(name)}`)));
}

function escaped(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
