import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError, conflict, type ErrorCode, notFound } from "../../../src/domain/errors.ts";
import { EventProblem } from "../../../src/domain/event.ts";
import { decideAfterFailure, maximumAttempts } from "../../../src/events/consumption.ts";

const away = (code: ErrorCode) => new AppError(code, "It did not answer.");
const decide = (failure: unknown, attempts: number, random = 0.5) => decideAfterFailure(failure, attempts, random);

describe("what becomes of an event that could not be dealt with", () => {
  it("waits twice as long after each attempt, half of it by chance, and never over ten minutes", () => {
    const delays = (random: number) =>
      [1, 2, 3, 4, 5, 6, 7].map((attempts) => {
        const decision = decide(new Error("broken"), attempts, random);
        return decision.kind === "retry" ? decision.afterSeconds : decision.kind;
      });
    expect(delays(0)).toEqual([1, 2, 4, 8, 16, 32, 64]);
    expect(delays(1)).toEqual([2, 4, 8, 16, 32, 64, 128]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, random) => {
        const decision = decide(away("unavailable"), attempts, random);
        return decision.kind === "leave" || (decision.kind === "retry" && decision.afterSeconds <= 600);
      }),
    );
  });

  it.each(["unavailable", "deadline_exceeded", "rate_limited"] as const)(
    "outlives an outage (%s) of any length",
    (code) => {
      expect(decide(away(code), maximumAttempts - 1)).toMatchObject({ kind: "retry" });
      expect(decide(away(code), maximumAttempts)).toEqual({ kind: "leave" });
      expect(decide(away(code), 1_000)).toEqual({ kind: "leave" });
    },
  );

  it("is tried some times where the fault may pass, and then kept with its reason", () => {
    const races = [conflict("taken", "It was taken."), new Error("broken")];
    for (const failure of races) {
      expect(decide(failure, maximumAttempts - 1)).toMatchObject({ kind: "retry" });
      expect(decide(failure, maximumAttempts)).toMatchObject({ kind: "dead" });
    }
    expect(decide(new TypeError("no such field"), maximumAttempts)).toEqual({
      kind: "dead",
      code: "internal",
      error: "TypeError: no such field",
    });
  });

  it("is kept at once where nothing will change it", () => {
    expect(decide(new EventProblem("unknown_version", "Version 9."), 1)).toEqual({
      kind: "dead",
      code: "unknown_version",
      error: "EventProblem: Version 9.",
    });
    expect(decide(notFound("flow"), 1)).toMatchObject({ kind: "dead", code: "not_found" });
  });

  it("tells its causes, cut short and without credentials", () => {
    const cause = new Error("postgres://turash:secret@db.example/turash refused");
    const decision = decide(new AppError("invalid", "x".repeat(5_000), {}, cause), 1);
    expect(JSON.stringify(decision).length).toBeLessThan(1_200);
    const told = decide(new AppError("invalid", "It failed.", {}, cause), 1);
    expect(told).toMatchObject({ error: expect.stringContaining("It failed. <- Error: postgres://[redacted]") });
    expect(JSON.stringify(told)).not.toContain("secret");
  });
});
