import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventTypes } from "../../../src/domain/eventCatalogue.ts";
import { webhookContentSchema } from "../../../src/domain/webhook.ts";
import { decideAfterAnswer, isFailingTooLong, retryDelaysSeconds } from "../../../src/domain/webhookDelivery.ts";
import { permissionToRead } from "../../../src/operations/events.ts";

const hour = 3_600;

/** The seconds from the first attempt to the last of a delivery that always fails. */
function timeSpent(random: () => number): { seconds: number; attempts: number } {
  let seconds = 0;
  for (let attempts = 1; ; attempts++) {
    const decision = decideAfterAnswer({ status: 500 }, attempts, random());
    if (decision.kind !== "retry") return { seconds, attempts };
    seconds += decision.afterSeconds;
  }
}

describe("after an answer, a delivery", () => {
  it("that keeps failing is tried ten times within about a day, each time after a longer wait", () => {
    const { seconds, attempts } = timeSpent(() => 0.5);
    expect(attempts).toBe(10);
    expect(seconds).toBeGreaterThan(23 * hour);
    expect(seconds).toBeLessThan(25 * hour);
    expect([...retryDelaysSeconds]).toEqual(retryDelaysSeconds.toSorted((one, other) => one - other));
  });

  it("waits at random a fifth less or more, never beyond, and so not together with others", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 9 }), (random, attempts) => {
        const decision = decideAfterAnswer({ status: null }, attempts, random);
        const delay = retryDelaysSeconds[attempts - 1]!;
        expect(decision.kind).toBe("retry");
        const { afterSeconds } = decision as { afterSeconds: number };
        expect(afterSeconds).toBeGreaterThanOrEqual(Math.floor(delay * 0.8));
        expect(afterSeconds).toBeLessThanOrEqual(Math.ceil(delay * 1.2));
      }),
    );
    const wait = (random: number) => decideAfterAnswer({ status: 503 }, 9, random) as { afterSeconds: number };
    expect(wait(0).afterSeconds).toBeLessThan(wait(1).afterSeconds);
  });

  it("is delivered by 2xx and by nothing else; only 410 ends it at once", () => {
    for (let status = 100; status <= 599; status++) {
      const { kind } = decideAfterAnswer({ status }, 1, 0.5);
      expect(kind, String(status)).toBe(
        status >= 200 && status <= 299 ? "delivered" : status === 410 ? "failed" : "retry",
      );
    }
    expect(decideAfterAnswer({ status: 410 }, 1, 0.5)).toEqual({ kind: "failed", isGone: true });
    expect(decideAfterAnswer({ status: 500 }, 10, 0.5)).toEqual({ kind: "failed", isGone: false });
    expect(decideAfterAnswer({ status: 200 }, 10, 0.5)).toEqual({ kind: "delivered" });
  });
});

describe("an endpoint", () => {
  it("is switched off once it has failed for five days, and not a moment earlier", () => {
    const since = new Date("2026-11-20T00:00:00Z");
    expect(isFailingTooLong(since, new Date("2026-11-24T23:59:59.999Z"))).toBe(false);
    expect(isFailingTooLong(since, new Date("2026-11-25T00:00:00Z"))).toBe(true);
    expect(isFailingTooLong(null, new Date())).toBe(false);
  });

  it.each([
    [["turash.*"], true],
    [["turash.flow.*", "turash.match.interested"], true],
    [["turash.flow.created", "turash.flow.created"], false],
    [["turash.flow"], false],
    [["turash.flow.created.*"], false],
    [["turash.nothing.*"], false],
    [["turash.nothing.happened"], false],
    [["*"], false],
    [["turash.fl*"], false],
    [[], false],
  ])("takes the filters %j: %s", (events, isRight) => {
    expect(webhookContentSchema.safeParse({ url: "https://erp.example/", events }).success).toBe(isRight);
  });

  it("is told of nothing that its owner could not read", () => {
    expect(permissionToRead("turash.member.joined")).toMatchObject({ role: "owner", scope: "members:manage" });
    expect(permissionToRead("turash.api_key.created")).toMatchObject({ role: "owner", scope: "keys:manage" });
    expect(permissionToRead("turash.match.interested")).toMatchObject({ role: "viewer", scope: "matches:read" });
    for (const type of ["turash.dead_letter.replayed", "turash.taxonomy.updated"] as const)
      expect(permissionToRead(type).role).toBeNull();
    for (const type of eventTypes) expect(permissionToRead(type), type).toBeDefined();
  });
});
