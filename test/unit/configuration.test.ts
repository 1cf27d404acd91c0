import { describe, expect, it } from "vitest";
import { createSecrets } from "../../scripts/start/secrets.ts";
import { AppError } from "../../src/domain/errors.ts";
import { continueTrace } from "../../src/platform/telemetry/traceparent.ts";
import { openRequest } from "../../src/request.ts";

const { operatorKey, keyPepper } = createSecrets();
const right = {
  DATABASE_URL: "postgres://turash:a-secret@db.example/turash",
  OPERATOR_KEY: operatorKey,
  KEY_PEPPER: keyPepper,
};

/** What a request learns of these bindings: the one line that names what is wrong, or null. */
function faultOf(bindings: Record<string, unknown>): string | null {
  try {
    openRequest({
      env: bindings,
      at: new Date(),
      request: new Request("http://turash.test/"),
      requestId: "test",
      traceparent: continueTrace(null).traceparent,
      waitUntil: () => undefined,
    });
    return null;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.code).toBe("unavailable");
    expect(error.details.reason).toBe("misconfigured");
    return error.message;
  }
}

describe("the Worker's configuration", () => {
  it("needs three secrets and takes an empty variable for one that is not set", () => {
    expect(faultOf(right)).toBeNull();
    expect(faultOf({ ...right, DATABASE_FETCH_ENDPOINT: "", MATCHING_TABLES: "", ASSETS: {} })).toBeNull();
  });

  it.each(Object.keys(right))("says in one line that %s is missing", (name) => {
    const { [name]: _, ...others } = right as Record<string, string>;
    const fault = faultOf(others);
    expect(fault).toBe(`Wrong configuration: ${name} is missing. See the table in README.md.`);
    expect(faultOf({ ...right, [name]: "" })).toBe(fault);
  });

  it.each([
    ["DATABASE_URL", "mysql://nowhere", /DATABASE_URL must be postgres:/],
    ["DATABASE_FETCH_ENDPOINT", "ftp://127.0.0.1/sql", /DATABASE_FETCH_ENDPOINT must be the http/],
    [
      "OPERATOR_KEY",
      `${operatorKey.slice(0, -1)}${operatorKey.endsWith("x") ? "y" : "x"}`,
      /OPERATOR_KEY must be a key/,
    ],
    ["KEY_PEPPER", "short", /KEY_PEPPER must have at least 32/],
    ["REQUEST_TIMEOUT_SECONDS", "3600", /REQUEST_TIMEOUT_SECONDS/],
    ["LIMITS", "{", /LIMITS must be JSON/],
    ["LIMITS", '{"requestsPerDay": 0}', /LIMITS\.requestsPerDay/],
    ["LIMITS", '{"requestsPerHour": 5}', /LIMITS.*requestsPerHour/],
    ["MATCHING_TABLES", "{", /MATCHING_TABLES must be JSON/],
    ["MATCHING_TABLES", '{"scoring":{"weights":{"quality":3}}}', /MATCHING_TABLES scoring\.weights/],
    ["MATCHING_TABLES", '{"no such table":1}', /MATCHING_TABLES/],
  ])("names a wrong %s and never a secret", (name, value, fault) => {
    const line = faultOf({ ...right, [name]: value });
    expect(line).toMatch(fault);
    expect(line).not.toContain("\n");
    for (const secret of [keyPepper, operatorKey.slice(12, -6)]) expect(line).not.toContain(secret);
  });

  it("names all that is wrong at once", () => {
    expect(faultOf({})).toMatch(/DATABASE_URL is missing; OPERATOR_KEY is missing; KEY_PEPPER is missing/);
  });
});
