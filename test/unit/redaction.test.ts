import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isHarmless, redact } from "../../src/domain/redaction.ts";
import { formatRequest, type RequestOutcome } from "../../src/http/middleware/requestLog.ts";
import { createApiKeyText } from "../../src/platform/auth/apiKeyText.ts";

const token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJraXJzdGVuIn0.c2lnbmF0dXJl";

const outcome = (failure: unknown, status = 500): RequestOutcome => ({
  requestId: "r",
  traceId: "t",
  spanId: "s",
  method: "GET",
  route: "/v1/flows/{id}",
  status,
  durationMs: 1,
  databaseTrips: 1,
  actor: null,
  failure,
});

describe("a text for the log", () => {
  it("loses every key, wherever it stands and however it is cut", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.integer({ min: 12, max: 60 }), (before, after, length) => {
        const key = createApiKeyText("live").slice(0, length);
        fc.pre(!/\w$/.test(before));
        expect(redact(`${before}${key}${after}`)).not.toContain(key);
      }),
    );
  });

  it.each([
    ["Authorization: Bearer abc.def", "abc.def"],
    ["authorization: basic dXNlcjpwYXNz", "dXNlcjpwYXNz"],
    [`token ${token} was refused`, "eyJzdWIi"],
    ["connect postgres://turash:hunter2@db.example/turash failed", "hunter2"],
    ["https://user:hunter2@idp.example/.well-known", "hunter2"],
    ["password=hunter2&x=1", "hunter2"],
    ['{"client_secret": "hunter2"}', "hunter2"],
    ["KEY_PEPPER: hunter2", "hunter2"],
    ["api-key: hunter2", "hunter2"],
  ])("loses what looks like a credential: %s", (text, secret) => {
    expect(redact(text)).not.toContain(secret);
    expect(isHarmless(text)).toBe(false);
  });

  it("stays as it is where nothing of that kind is in it", () => {
    for (const text of ["turash flow 12", "The basic need", "a secretary", "https://turash.example/v1/flows?near=1,2"])
      expect(redact(text)).toBe(text);
  });
});

describe("a line of the log", () => {
  it("tells of a failure its causes, without credentials and without the values of a statement", () => {
    const driver = new Error('invalid input syntax for type uuid: "5 Secret Street"');
    const query = new Error(`Failed query: SELECT 1\nparams: 5 Secret Street,${token}`, { cause: driver });
    const line = formatRequest(outcome(new Error("could not read", { cause: query })));
    expect(line).not.toMatch(/Secret Street|eyJ/);
    expect(JSON.parse(line)).toMatchObject({
      level: "error",
      reason: "internal",
      causes: [
        "Error: could not read",
        "Error: Failed query: SELECT 1\nparams: [left out]",
        'Error: invalid input syntax for type uuid: "[left out]"',
      ],
    });
  });

  it("tells of a refusal its reason only", () => {
    const line = JSON.parse(formatRequest(outcome(new Error("x"), 400)));
    expect(Object.keys(line)).not.toContain("causes");
    expect(Object.keys(line)).not.toContain("stack");
  });

  it("is one line, bounded whatever the failure says", () => {
    const endless = new Error("x".repeat(1e6));
    endless.cause = endless;
    const line = formatRequest(outcome(endless));
    expect(line).not.toContain("\n");
    expect(line.length).toBeLessThan(10_000);
  });
});
