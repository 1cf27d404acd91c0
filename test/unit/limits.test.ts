import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { MemberActor } from "../../src/domain/actor.ts";
import { AppError } from "../../src/domain/errors.ts";
import { createId } from "../../src/domain/ids.ts";
import type { LimitState } from "../../src/operations/context.ts";
import type { QuotaObjects } from "../../src/platform/limits/dailyQuota.ts";
import { createLimiter, type LimitBindings } from "../../src/platform/limits/limiter.ts";
import { type LimitSettings, limitSettingsSchema } from "../../src/platform/limits/settings.ts";
import { createWindowCounter, secondsLeft } from "../../src/platform/limits/windowCounter.ts";

const off = {
  addressPerMinute: null,
  credentialPerMinute: null,
  probesPerMinute: null,
  probesPerDay: null,
  requestsPerDay: null,
};
const settings = (some: Partial<LimitSettings>): LimitSettings => ({ ...off, ...some });
const noon = new Date("2026-11-24T12:00:00.000Z");
const later = (seconds: number) => new Date(noon.getTime() + seconds * 1_000);

const actor = (): MemberActor => ({
  kind: "member",
  organizationId: createId("organization"),
  memberId: createId("member"),
  role: "viewer",
  scopes: [],
  credential: createId("apiKey"),
});

/** The reason of a refusal, or null where the request is let through. */
async function refusalOf(admission: () => Promise<void> | null): Promise<string | null> {
  try {
    await admission();
    return null;
  } catch (error) {
    if (error instanceof AppError && error.code === "rate_limited") return error.details.reason!;
    throw error;
  }
}

/** How many of so many requests are let through. */
async function countAdmitted(requests: number, admission: () => Promise<void> | null): Promise<number> {
  let admitted = 0;
  for (let count = 0; count < requests; count++) if ((await refusalOf(admission)) === null) admitted++;
  return admitted;
}

/** Objects that count as the real ones do, in memory. */
function createObjects(): QuotaObjects & { asked: number } {
  const counts = new Map<string, number>();
  return {
    asked: 0,
    getByName(organization) {
      return {
        take: async (name, day, quota) => {
          this.asked++;
          const key = `${organization} ${name} ${day}`;
          const before = counts.get(key) ?? 0;
          const granted = Math.min(Math.max(0, quota - before), 10);
          counts.set(key, before + granted);
          return { granted, taken: before + granted };
        },
      };
    },
  };
}

describe("a limit of a minute", () => {
  it("lets its quota through, refuses the rest with the seconds until it begins anew, and then lets through again", async () => {
    const limiter = createLimiter(settings({ addressPerMinute: 3 }));
    const states: LimitState[] = [];
    const from = (address: string, at: Date) => () => limiter.admitAddress(states, {}, address, at);
    expect(await countAdmitted(5, from("192.0.2.1", later(20)))).toBe(3);
    expect(states.map(({ remaining, resetSeconds }) => [remaining, resetSeconds])).toEqual(
      [2, 1, 0, 0, 0].map((remaining) => [remaining, 40]),
    );
    expect(await countAdmitted(1, from("192.0.2.2", later(20)))).toBe(1);
    expect(await countAdmitted(1, from("192.0.2.1", later(59)))).toBe(0);
    expect(await countAdmitted(1, from("192.0.2.1", later(60)))).toBe(1);
  });

  it("asks the location's counter too, by the same subject, and lets through only what both do", async () => {
    const asked: string[] = [];
    const bindings: LimitBindings = {
      ADDRESS_LIMIT: { limit: async ({ key }) => ({ success: asked.push(key) <= 2 }) },
    };
    const limiter = createLimiter(settings({ addressPerMinute: 3 }));
    expect(await countAdmitted(5, () => limiter.admitAddress([], bindings, "192.0.2.1", noon))).toBe(2);
    expect(asked).toEqual(["192.0.2.1", "192.0.2.1", "192.0.2.1"]);
  });

  it("takes the addresses of one IPv6 network for one, however they are written", async () => {
    const same = ["2001:db8:0:1::1", "2001:DB8::1:0:0:0:2", "2001:0db8:0000:0001:ffff:ffff:ffff:ffff"];
    const others = ["2001:db8::1", "2001:db8:0:2::1", "2001:db8:1:1::", "::1"];
    const limiter = createLimiter(settings({ addressPerMinute: 3 }));
    const admit = (address: string) => refusalOf(() => limiter.admitAddress([], {}, address, noon));
    for (const address of same) expect(await admit(address), address).toBeNull();
    for (const address of same) expect(await admit(address), address).toBe("address_limit_reached");
    for (const address of others) expect(await admit(address), address).toBeNull();
  });

  it("counts requests without an address together", async () => {
    const limiter = createLimiter(settings({ addressPerMinute: 2 }));
    expect(await countAdmitted(4, () => limiter.admitAddress([], {}, null, noon))).toBe(2);
  });

  it("counts keys one by one, and the tokens of one person's sign-in together", async () => {
    const limiter = createLimiter(settings({ credentialPerMinute: 2 }));
    const member = actor();
    const admit = (credential: MemberActor["credential"]) =>
      refusalOf(() => limiter.admitActor([], {}, { ...member, credential }, noon));
    for (let key = 0; key < 4; key++) expect(await admit(createId("apiKey"))).toBeNull();
    expect(await admit("sign_in:111111111111")).toBeNull();
    expect(await admit("sign_in:222222222222")).toBeNull();
    expect(await admit("sign_in:333333333333")).toBe("credential_limit_reached");
  });

  it("that is off counts nothing and tells nothing", async () => {
    const limiter = createLimiter(off);
    const states: LimitState[] = [];
    const { organizationId } = actor();
    const admissions = [
      () => limiter.admitAddress(states, {}, "192.0.2.1", noon),
      () => limiter.admitActor(states, {}, actor(), noon),
      () => limiter.admitProbe(states, {}, organizationId, noon),
    ];
    for (const admission of admissions) expect(await countAdmitted(10, admission)).toBe(10);
    expect(states).toEqual([]);
  });
});

describe("a quota of a day", () => {
  it("lets exactly its number through whatever isolates ask in whatever order, and asks the object once a lease", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 200 }),
        async (quota, turns) => {
          const objects = createObjects();
          const isolates = [0, 1, 2].map(() => createLimiter(settings({ requestsPerDay: quota })));
          const member = actor();
          let admitted = 0;
          for (const turn of turns)
            admitted += await countAdmitted(1, () => isolates[turn]!.admitActor([], { QUOTA: objects }, member, noon));
          expect(admitted).toBeLessThanOrEqual(Math.min(quota, turns.length));
          // What is missing lies in leases of the other isolates.
          expect(admitted).toBeGreaterThanOrEqual(Math.min(quota - 27, turns.length));
          expect(objects.asked).toBeLessThanOrEqual(Math.ceil(quota / 10) + 6);
        },
      ),
    );
  });

  it("begins anew at midnight in UTC, and tells until when", async () => {
    const limiter = createLimiter(settings({ requestsPerDay: 2 }));
    const bindings = { QUOTA: createObjects() };
    const member = actor();
    const states: LimitState[] = [];
    const at = (time: string) => () => limiter.admitActor(states, bindings, member, new Date(time));
    expect(await countAdmitted(3, at("2026-11-24T23:59:00.000Z"))).toBe(2);
    expect(states.at(-1)).toEqual({
      name: "requestsPerDay",
      quota: 2,
      windowSeconds: 86_400,
      remaining: 0,
      resetSeconds: 60,
    });
    expect(await countAdmitted(3, at("2026-11-25T00:00:00.000Z"))).toBe(2);
  });

  it("is counted here where the object is missing, fails or does not answer, and that one is let rest", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    let asked = 0;
    const objects = (take: () => Promise<never>): QuotaObjects => ({
      getByName: () => ({
        take: () => {
          asked++;
          return take();
        },
      }),
    });
    const failing = objects(() => Promise.reject(new Error("reset")));
    const silent = objects(() => new Promise(() => undefined));
    for (const bindings of [{}, { QUOTA: failing }, { QUOTA: silent }]) {
      const limiter = createLimiter(settings({ requestsPerDay: 2 }));
      const member = actor();
      expect(await countAdmitted(4, () => limiter.admitActor([], bindings, member, noon))).toBe(2);
    }
    expect(asked).toBe(2);
    const limiter = createLimiter(settings({ requestsPerDay: 2 }));
    const member = actor();
    for (const seconds of [0, 9, 10])
      await refusalOf(() => limiter.admitActor([], { QUOTA: failing }, member, later(seconds)));
    expect(asked).toBe(4);
    expect(log.mock.calls.flat().join()).toContain("quota_object_failed");
    log.mockRestore();
  });

  it("of probes is apart from the one of all requests", async () => {
    const limiter = createLimiter(settings({ requestsPerDay: 5, probesPerDay: 1, probesPerMinute: 3 }));
    const member = actor();
    const bindings = { QUOTA: createObjects() };
    expect(await countAdmitted(4, () => limiter.admitProbe([], bindings, member.organizationId, noon))).toBe(1);
    expect(await refusalOf(() => limiter.admitProbe([], bindings, member.organizationId, noon))).toBe(
      "probe_limit_reached",
    );
    expect(await countAdmitted(9, () => limiter.admitActor([], bindings, member, noon))).toBe(5);
  });
});

describe("a counter of windows", () => {
  it("stays bounded when ever new subjects come", () => {
    const counter = createWindowCounter(60);
    for (let subject = 0; subject < 20_000; subject++) counter.count(`subject ${subject}`, noon);
    expect(counter.count("subject 1", noon)).toBe(1);
  });

  it("ends when the next one begins", () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true }), (at) => {
        const end = Math.floor(at.getTime() / 1_000) + secondsLeft(60, at);
        expect(end % 60).toBe(0);
      }),
    );
  });
});

describe("the limits' configuration", () => {
  it("has the figures of the platform's counters in wrangler.toml for its defaults", () => {
    const { addressPerMinute, credentialPerMinute, probesPerMinute } = limitSettingsSchema.parse({});
    const toml = readFileSync("wrangler.toml", "utf8");
    const figures = [...toml.matchAll(/name = "(\w+_LIMIT)"\n.*\nsimple = \{ limit = (\d+), period = 60 \}/g)];
    expect(Object.fromEntries(figures.map(([, name, limit]) => [name, Number(limit)]))).toEqual({
      ADDRESS_LIMIT: addressPerMinute,
      CREDENTIAL_LIMIT: credentialPerMinute,
      PROBE_LIMIT: probesPerMinute,
    });
  });
});
