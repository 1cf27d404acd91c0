import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Actor, type MemberActor, type Role, type Scope, scopesOfRole } from "../../../src/domain/actor.ts";
import { type EventType, eventCatalogue, eventTypes } from "../../../src/domain/eventCatalogue.ts";
import {
  decodeEventCursor,
  encodeEventCursor,
  isWithin,
  maximumCursorLength,
} from "../../../src/domain/eventCursor.ts";
import { eventFiltersSchema } from "../../../src/domain/eventFilter.ts";
import { createId } from "../../../src/domain/ids.ts";
import type { RequestContext } from "../../../src/operations/context.ts";
import { findWantedTypes, listEvents, readingOf } from "../../../src/operations/events.ts";
import { wakeListeners } from "../../../src/operations/listeners.ts";

const member = (role: Role, scopes: readonly Scope[] = scopesOfRole(role)): MemberActor => ({
  kind: "member",
  organizationId: createId("organization"),
  memberId: null,
  role,
  scopes,
  credential: createId("apiKey"),
});
const operator: Actor = { kind: "operator", credential: "operator:test" };
const nounsOf = (types: readonly EventType[]) => new Set(types.map((type) => eventCatalogue[type].subject));

describe("the types of events that one may read", () => {
  it("follow from who may read what they are about, which is said for every noun", () => {
    for (const [type, { subject }] of Object.entries(eventCatalogue))
      if (subject !== null) expect(readingOf[subject], `${type}: src/operations/events.ts`).toBeDefined();
  });

  it("are those of flows, sites, matches and organizations for a viewer, and of keys and people for owners alone", () => {
    expect(nounsOf(findWantedTypes(member("viewer"), null))).toEqual(
      new Set(["organization", "site", "flow", "match", "exchange", "programme"]),
    );
    expect(nounsOf(findWantedTypes(member("owner"), null))).toEqual(
      new Set([
        "organization",
        "site",
        "flow",
        "match",
        "exchange",
        "programme",
        "member",
        "invitation",
        "apiKey",
        "webhook",
      ]),
    );
    expect(findWantedTypes(operator, null)).toEqual(eventTypes);
  });

  it("are no more than the scopes of a key allow", () => {
    expect(nounsOf(findWantedTypes(member("owner", ["matches:read"]), null))).toEqual(new Set(["match", "exchange"]));
    expect(nounsOf(findWantedTypes(member("owner", ["keys:manage"]), null))).toEqual(new Set(["apiKey"]));
    expect(nounsOf(findWantedTypes(member("viewer", ["keys:manage", "members:manage"]), null))).toEqual(new Set());
    expect(findWantedTypes(member("owner", ["rooms:join"]), null)).toEqual([]);
  });

  it("are refused by name where one asks for what one may not read, and left out of a wider filter", () => {
    expect(() => findWantedTypes(member("editor"), ["turash.api_key.revoked"])).toThrow("the role owner");
    expect(() => findWantedTypes(member("owner", ["flows:read"]), ["turash.match.*"])).toThrow("matches:read");
    expect(() => findWantedTypes(member("owner"), ["turash.taxonomy.updated"])).toThrow("the operator's");
    // Invitations are events of members too.
    expect(() => findWantedTypes(member("viewer"), ["turash.flow.*", "turash.member.*"])).toThrow("the role owner");
    expect(findWantedTypes(member("viewer"), ["turash.*"])).toEqual(findWantedTypes(member("viewer"), null));
    expect(findWantedTypes(member("viewer"), ["turash.flow.*", "turash.flow.created"])).toEqual(
      eventTypes.filter((type) => type.startsWith("turash.flow.")),
    );
  });

  it("are asked for by names that there are", () => {
    expect(eventFiltersSchema.parse("turash.flow.*, turash.match.viewed,turash.flow.*")).toEqual([
      "turash.flow.*",
      "turash.match.viewed",
    ]);
    for (const wrong of ["", ",", "flow.*", "turash.flow", "turash.flow.created.*", "*", "turash.flow.burnt"])
      expect(eventFiltersSchema.safeParse(wrong).success, wrong).toBe(false);
  });
});

describe("a row that is no event of the catalogue", () => {
  it("is left out, and those behind it are given", async () => {
    const row = (type: string, data: object, sequence: string) => ({
      id: crypto.randomUUID(),
      type,
      subjectId: crypto.randomUUID(),
      organizationIds: [],
      time: "2026-11-27T12:00:00Z",
      data,
      traceparent: null,
      place: { xid: "7", sequence },
    });
    const rows = [row("turash.flow.updated", { version: "x" }, "1"), row("turash.flow.updated", { version: 2 }, "2")];
    const next = { epoch: "0123456789ab", xid: "8", sequence: "0" };
    const read = async () => ({ rows, next, isMore: false, isHeldBack: false });
    const context = { actor: member("viewer"), services: { events: { read } } } as unknown as RequestContext;
    const { events } = await listEvents(context, { filters: null, start: "oldest", limit: 10 });
    expect(events.map(({ cursor }) => cursor)).toEqual([{ epoch: next.epoch, xid: "7", sequence: "2" }]);
  });
});

describe("a cursor", () => {
  const number = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String);

  it("comes back as it was", () => {
    fc.assert(
      fc.property(number, number, (xid, sequence) => {
        const cursor = { epoch: "0123456789ab", xid, sequence };
        const text = encodeEventCursor(cursor);
        expect(text).toMatch(/^[\w-]+$/);
        expect(text.length).toBeLessThanOrEqual(maximumCursorLength);
        expect(decodeEventCursor(text)).toEqual(cursor);
      }),
    );
  });

  it("is nothing else: no text, no other numbers, none beyond the database's", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(decodeEventCursor(text)).toBeNull();
      }),
    );
    for (const inner of [
      "1.0123456789ab.1",
      "1.0123456789ab.1.2.3",
      "2.0123456789ab.1.2",
      "1.0123456789AB.1.2",
      "1.0123456789ab.-1.2",
      "1.0123456789ab.1e3.2",
      "1.0123456789ab.01.2",
      `1.0123456789ab.${2n ** 63n}.2`,
      "1.0123456789ab.1.99999999999999999999",
      "1.0123456789ab.1.2' OR true --",
    ])
      expect(decodeEventCursor(btoa(inner).replaceAll("=", "")), inner).toBeNull();
  });

  it("is before another one by its transaction first", () => {
    const at = (xid: string, sequence: string) => ({ xid, sequence });
    expect(isWithin(at("9", "99"), at("10", "1"))).toBe(true);
    expect(isWithin(at("10", "1"), at("10", "1"))).toBe(true);
    expect(isWithin(at("10", "2"), at("10", "1"))).toBe(false);
    expect(isWithin(at("11", "0"), at("10", "1"))).toBe(false);
  });
});

describe("the consumer of feeds", () => {
  const [one, other] = [createId("organization"), createId("organization")];
  const event = (type: EventType, organizationIds: readonly (typeof one)[]) =>
    ({ id: createId("event"), type, organizationIds }) as never;

  async function wake(events: never[], isAway: (holder: string) => boolean = () => false) {
    const woken: [string, string][] = [];
    const feeds = {
      wake: async (holder: string, hint: string) => {
        if (isAway(holder)) throw new Error("It does not answer.");
        woken.push([holder, hint]);
      },
    };
    await wakeListeners({ services: { feeds } } as unknown as RequestContext, events);
    return woken;
  }

  it("wakes each organization that may see an event once for a batch, and the operator's listeners", async () => {
    const events = [event("turash.flow.updated", [one]), event("turash.match.viewed", [one, other])];
    expect(await wake(events)).toEqual([
      [one, "look"],
      [other, "look"],
      ["operator", "look"],
    ]);
    expect(await wake([])).toEqual([]);
  });

  it("lets those verify again whose keys or people have changed", async () => {
    for (const type of ["turash.api_key.revoked", "turash.member.removed", "turash.organization.deleted"] as const)
      expect(await wake([event(type, [one]), event("turash.flow.updated", [one, other])])).toEqual([
        [one, "verify"],
        [other, "look"],
        ["operator", "look"],
      ]);
  });

  it("wakes the others where one does not answer, and says that it could not", async () => {
    const woken: string[] = [];
    const many = Array.from({ length: 14 }, () => createId("organization"));
    await expect(
      wake([event("turash.flow.updated", many)], (holder) => {
        woken.push(holder);
        return holder === many[0];
      }),
    ).rejects.toMatchObject({ code: "unavailable" });
    expect(woken).toHaveLength(15);
  });
});
