import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Flow } from "../../src/domain/flow.ts";
import { type MatchId, matchIdOf, uuidOf } from "../../src/domain/ids.ts";
import { deleteFlow, moveFlow, updateFlow } from "../../src/operations/flows.ts";
import { declineMatch, getMatch, listFlowMatches, showInterest } from "../../src/operations/matches.ts";
import { followChanges } from "../../src/operations/matchFollowing.ts";
import { closeOrganization, updateOrganization } from "../../src/operations/organizations.ts";
import { updateSite } from "../../src/operations/sites.ts";
import { enginesUnderTest } from "../support/engineUnderTest.ts";
import {
  type Company,
  createRegion,
  type MatchingWorld,
  openMatchingWorld,
  steamNeed,
  steamSupply,
} from "../support/matchingWorld.ts";

describe.each(enginesUnderTest)("matches over %s", (engine) => {
  let world: MatchingWorld;
  let place: ReturnType<typeof createRegion>;
  let seller: Company;
  let buyer: Company;
  let output: Flow;
  let input: Flow;
  let id: MatchId;

  beforeAll(async () => {
    world = await openMatchingWorld(engine);
  });
  afterAll(() => world?.close());

  beforeEach(async () => {
    place = createRegion();
    seller = await world.createCompany(place(0));
    buyer = await world.createCompany(place(900));
    output = await world.publish(seller, steamSupply());
    input = await world.publish(buyer, steamNeed());
    id = matchIdOf(output.id, input.id);
    await world.settle();
  });

  const change = async (patch: object, flow = input, owner = buyer): Promise<Flow> =>
    updateFlow(await owner.enter(), flow.id, patch, null);
  const colder = { quality: { temperature: { minimum: 250, unit: "Cel" }, pressure: { minimum: 8, unit: "bar" } } };
  const asBefore = { quality: { temperature: { minimum: 140, unit: "Cel" }, pressure: { minimum: 8, unit: "bar" } } };
  const types = async () => (await world.readMatchEvents(id)).map(({ type }) => type.replace("turash.match.", ""));
  const lastEvent = async () => (await world.readMatchEvents(id)).at(-1)!;

  it("are suggested for flows that are published, with an event to both sides", async () => {
    expect(await world.readMatch(id)).toMatchObject({ state: "suggested", round: 1, holds: true });
    const events = await world.readMatchEvents(id);
    expect(events).toMatchObject([{ type: "turash.match.suggested", data: { version: 1, round: 1 } }]);
    expect(events[0]!.organizationIds.toSorted()).toEqual([uuidOf(seller.id), uuidOf(buyer.id)].toSorted());
  });

  it("are scored anew when either flow changes, and the event tells of it neither scores nor money", async () => {
    const before = (await world.readMatch(id))!;
    await change({ quantity: { amount: 600_000, unit: "t/a" } });
    await world.settle();
    const after = (await world.readMatch(id))!;
    expect(after.score).toBeLessThan(before.score);
    expect(after).toMatchObject({ state: "suggested", version: 2 });
    expect(await lastEvent()).toMatchObject({
      type: "turash.match.rescored",
      data: { version: 2, state: "suggested", round: 1, holds: true, flowsActive: true, gates: [] },
    });
    expect(Object.keys((await lastEvent()).data).toSorted()).toEqual(
      ["version", "state", "round", "holds", "flowsActive", "gates"].toSorted(),
    );
    await change({ precision: { level: "metered" } }, output, seller);
    await world.settle();
    expect((await world.readMatch(id))!.score).toBeGreaterThan(after.score);
  });

  it("are superseded when they hold no longer and nobody has acted on them, and suggested again when they do", async () => {
    await getMatch(await seller.enter(), id);
    await change(colder);
    await world.settle();
    expect(await world.readMatch(id)).toMatchObject({ state: "superseded", round: 1, holds: false });
    expect(await lastEvent()).toMatchObject({
      type: "turash.match.superseded",
      data: {
        state: "superseded",
        holds: false,
        flowsActive: true,
        gates: [{ gate: "quality.temperature", before: "pass", after: "near" }],
      },
    });
    await change(asBefore);
    await world.settle();
    const match = (await world.readMatch(id))!;
    expect(match).toMatchObject({ state: "suggested", round: 1, holds: true });
    expect(match.history.map(({ state, by, round }) => [state, by, round])).toEqual([
      ["suggested", "engine", 1],
      ["viewed", "output", 1],
      ["superseded", "engine", 1],
      ["suggested", "engine", 1],
    ]);
    expect(await types()).toEqual(["suggested", "viewed", "superseded", "suggested"]);
  });

  it.each([
    [
      "interested_one",
      async () => {
        await showInterest(await buyer.enter(), id);
      },
    ],
    [
      "interested_both",
      async () => {
        await showInterest(await buyer.enter(), id);
        await showInterest(await seller.enter(), id);
      },
    ],
    [
      "agreed",
      async () => {
        await showInterest(await buyer.enter(), id);
        await showInterest(await seller.enter(), id);
        await world.stores.run("UPDATE matches SET state = 'agreed' WHERE id = $1", [uuidOf(id)]);
      },
    ],
  ] as const)(
    "that are %s are never superseded: both sides hear that they hold no longer, and that they do again",
    async (state, act) => {
      await act();
      await change(colder);
      await world.settle();
      expect(await world.readMatch(id)).toMatchObject({ state, holds: false });
      const gate = { gate: "quality.temperature", before: "pass", after: "near" };
      const told = await lastEvent();
      expect(told).toMatchObject({ type: "turash.match.rescored", data: { state, holds: false, gates: [gate] } });
      expect(told.organizationIds).toHaveLength(2);
      for (const side of [seller, buyer]) expect((await getMatch(await side.enter(), id)).verdict).toBe("near_miss");
      await change(asBefore);
      await world.settle();
      expect(await world.readMatch(id)).toMatchObject({ state, holds: true });
      expect((await lastEvent()).data).toMatchObject({
        holds: true,
        gates: [{ gate: "quality.temperature", before: "near", after: "pass" }],
      });
    },
  );

  it("that are declined stay so, with what the engine finds now", async () => {
    await declineMatch(await buyer.enter(), id, "Too far");
    const before = (await world.readMatch(id))!;
    await change({ quantity: { amount: 600_000, unit: "t/a" } });
    await world.settle();
    const after = (await world.readMatch(id))!;
    expect(after.state).toBe("declined");
    expect(after.score).not.toBe(before.score);
  });

  it("end with a paused flow until it is active again", async () => {
    await moveFlow(await buyer.enter(), input.id, "pause", null);
    await world.settle();
    expect(await world.readMatch(id)).toMatchObject({ state: "superseded" });
    expect((await lastEvent()).data).toMatchObject({ flowsActive: false, holds: false, gates: [] });
    await moveFlow(await buyer.enter(), input.id, "activate", null);
    await world.settle();
    expect(await world.readMatch(id)).toMatchObject({ state: "suggested" });
  });

  it("of a flow that is withdrawn or deleted are withdrawn by that, and nothing comes after it", async () => {
    await moveFlow(await buyer.enter(), input.id, "withdraw", null);
    await world.settle();
    expect(await world.readMatch(id)).toMatchObject({ state: "withdrawn" });
    expect(await types()).toEqual(["suggested", "withdrawn"]);
    const another = await world.publish(buyer, steamNeed());
    await world.settle();
    await deleteFlow(await buyer.enter(), another.id, null);
    await world.settle();
    expect(await world.readMatch(matchIdOf(output.id, another.id))).toMatchObject({ state: "withdrawn" });
  });

  it("of a flow that is gone for good trouble nobody", async () => {
    const lone = await world.publish(await world.createCompany(createRegion()(0)), steamNeed());
    const events = await world.takeEvents();
    await world.stores.run("DELETE FROM flows WHERE id = $1", [uuidOf(lone.id)]);
    expect(await world.deliver(events)).toBe(events.length);
  });

  it("end when a flow turns from a need into a supply", async () => {
    await showInterest(await seller.enter(), id);
    const temperature = { value: 150, minimum: null, unit: "Cel" };
    await change({ direction: "output", quality: { temperature, pressure: { value: 9, minimum: null, unit: "bar" } } });
    await world.settle();
    expect(await world.readMatch(id)).toMatchObject({ state: "interested_one", holds: false });
    expect((await getMatch(await buyer.enter(), id)).verdict).toBe("no_match");
  });

  it("follow a site that moves", async () => {
    const siteAt = async (north: number) =>
      updateSite(await buyer.enter(), buyer.siteId, { location: { type: "Point", coordinates: place(north) } }, null);
    await siteAt(60_000);
    await world.settle();
    expect(await world.readMatch(id)).toMatchObject({ state: "superseded" });
    await siteAt(500);
    await world.settle();
    expect(await world.readMatch(id)).toMatchObject({ state: "suggested" });
  });

  it("follow an organization that is verified, and one that is closed", async () => {
    const before = (await world.readMatch(id))!;
    await updateOrganization(await world.enter(), seller.id, { verified: true }, null);
    await world.settle();
    expect((await world.readMatch(id))!.score).toBeGreaterThan(before.score);
    await closeOrganization(await world.enter(), seller.id, null);
    await world.settle();
    expect(await world.readMatch(id)).toMatchObject({ state: "withdrawn" });
  });

  it("follow the exchanges that an organization has completed", async () => {
    const before = (await world.readMatch(id))!;
    await world.stores.run("UPDATE organizations SET exchanges_completed = 3 WHERE id = $1", [uuidOf(seller.id)]);
    await world.stores.run(
      `INSERT INTO outbox (id, type, subject_id, organization_ids, data, occurred_at) VALUES (gen_random_uuid(), 'turash.exchange.completed',
        gen_random_uuid(), ARRAY[$1::uuid], '{"version": 2, "state": "completed", "isConfirmed": true}', now())`,
      [uuidOf(seller.id)],
    );
    await world.settle();
    expect((await world.readMatch(id))!.score).toBeGreaterThan(before.score);
  });

  it("that ended because a flow was used up are scored anew once it is to be had again", async () => {
    const before = (await world.readMatch(id))!;
    const ended = { state: "withdrawn", round: 1, at: "2026-01-01T00:00:00Z", by: "input", reason: "flow_used_up" };
    await world.stores.run("UPDATE matches SET state = 'withdrawn', history = history || $2::jsonb WHERE id = $1", [
      uuidOf(id),
      JSON.stringify([ended]),
    ]);
    await moveFlow(await buyer.enter(), input.id, "pause", null);
    await world.settle();
    expect(await types()).toEqual(["suggested"]);
    await change({ quantity: { amount: 600_000, unit: "t/a" } });
    await moveFlow(await buyer.enter(), input.id, "activate", null);
    await world.settle();
    const after = (await world.readMatch(id))!;
    expect(after).toMatchObject({ state: "withdrawn", holds: true });
    expect(after.score).toBeLessThan(before.score);
    expect(after.history.at(-1)).toEqual(ended);
  });

  it("follow the prices of the taxonomy, a portion at a time", async () => {
    const before = (await world.readMatch(id))!;
    await world.reprice(3);
    await world.hurry();
    const [open] = await world.stores.run("SELECT count(*) AS n FROM match_refreshes");
    const events = await world.takeEvents();
    expect(events.map(({ type }) => type)).toEqual(["turash.taxonomy.updated"]);
    await world.deliver(events);
    while ((await world.runCron("compute")) > 0);
    const [left] = await world.stores.run(
      "SELECT count(*) AS n FROM match_refreshes WHERE taxonomy_version < (SELECT version FROM cache_tags WHERE tag = 'taxonomy')",
    );
    expect([Number(open!.n) > 2, left!.n]).toEqual([true, "0"]);
    expect((await world.readMatch(id))!.score).toBeLessThan(before.score);
    await world.reprice(22);
  });

  describe("are computed", () => {
    it("once for a flow that has changed ten times when its events come", async () => {
      for (let amount = 1; amount <= 10; amount++)
        await change({ quantity: { amount: 200_000 + amount, unit: "t/a" } });
      const events = await world.takeEvents();
      expect(events).toHaveLength(10);
      await world.hurry();
      expect(await world.countComputations(() => world.deliver(events))).toBe(1);
    });

    it("at most once a second for a flow that goes on changing, each event by itself, and at the last as it is then", async () => {
      await world.hurry();
      const startedAt = performance.now();
      const computations = await world.countComputations(async () => {
        const deliveries: Promise<number>[] = [];
        for (let amount = 1; amount <= 10; amount++) {
          await change({ quantity: { amount: 300_000 + 10_000 * amount, unit: "t/a" } });
          deliveries.push(world.deliver(await world.takeEvents()));
        }
        await Promise.all(deliveries);
      });
      expect(computations).toBeGreaterThanOrEqual(1);
      expect(computations).toBeLessThanOrEqual(1 + Math.ceil((performance.now() - startedAt) / 1_000));
      const [row] = await world.stores.run("SELECT input_flow_version AS version FROM matches WHERE id = $1", [
        uuidOf(id),
      ]);
      expect(row!.version).toBe("11");
    });

    it("not at all for an event that comes late or again, or changes nothing that they rest on", async () => {
      await change({ quantity: { amount: 220_000, unit: "t/a" } });
      const old = await world.takeEvents();
      await change({ quantity: { amount: 230_000, unit: "t/a" } });
      await world.settle();
      await world.hurry();
      expect(await world.countComputations(() => world.deliver([...old, ...old]))).toBe(0);
    });

    it("though a computation was cut off", async () => {
      await change(colder);
      // As a consumer leaves it that dies after it has taken the flow: the event is done, the flow is not.
      const context = await world.enter();
      await world.takeEvents();
      const changed = { flowIds: [input.id], siteIds: [], organizationIds: [], matchIds: [] };
      await world.hurry();
      await context.services.matchRefreshes.request(changed, new Date());
      await context.services.matchRefreshes.claim(new Date(), 100);
      expect(await world.runCron("compute")).toBe(0);
      await world.stores.run("UPDATE match_refreshes SET due_at = due_at - interval '1 minute' WHERE attempts > 0");
      expect(await world.runCron("compute")).toBe(1);
      expect(await world.readMatch(id)).toMatchObject({ state: "superseded" });
    });

    /** Nothing is left to be done, not even what would be only a second after the last time. */
    const sweepUp = async () => {
      await world.runCron("sweep");
      await world.hurry();
      while ((await world.runCron("compute")) > 0);
    };

    it("by the night's sweep where every event was lost", async () => {
      await sweepUp();
      await change(colder);
      const unseen = await world.publish(buyer, steamNeed({ title: "Another" }));
      await updateSite(await seller.enter(), seller.siteId, { name: "Renamed" }, null);
      await world.takeEvents();
      expect(await world.runCron("sweep")).toBe(3);
      while ((await world.runCron("compute")) > 0);
      expect(await world.readMatch(id)).toMatchObject({ state: "superseded" });
      expect(await world.readMatch(matchIdOf(output.id, unseen.id))).toMatchObject({ state: "suggested" });
      expect(await world.runCron("sweep")).toBe(0);
    });

    it("by the night's sweep where one match alone was missed", async () => {
      await sweepUp();
      await world.stores.run("UPDATE matches SET output_flow_version = 0, score = 0, evaluation = '{}' WHERE id = $1", [
        uuidOf(id),
      ]);
      expect(await world.runCron("sweep")).toBe(1);
      await world.hurry();
      while ((await world.runCron("compute")) > 0);
      expect((await world.readMatch(id))!.score).toBeGreaterThan(0.5);
    });

    it("again where a list has recorded them from a flow as it was", async () => {
      await world.stores.run("DELETE FROM matches WHERE id = $1", [uuidOf(id)]);
      const pairs = await listFlowMatches(await buyer.enter(), input.id, { limit: 10, minScore: 0 });
      expect(pairs.map(({ matchId }) => matchId)).toEqual([id]);
      await world.stores.run("UPDATE matches SET input_flow_version = 0, score = 0, evaluation = '{}' WHERE id = $1", [
        uuidOf(id),
      ]);
      await world.settle();
      expect((await world.readMatch(id))!.score).toBeGreaterThan(0.5);
    });
  });

  it("are recorded once where both sides ask for their lists at the same moment", async () => {
    const lists = [
      async () => listFlowMatches(await seller.enter(), output.id, { limit: 10, minScore: 0 }),
      async () => listFlowMatches(await buyer.enter(), input.id, { limit: 10, minScore: 0 }),
    ];
    for (let round = 0; round < 20; round++) {
      await world.stores.run("DELETE FROM matches WHERE id = $1", [uuidOf(id)]);
      const before = (await types()).length;
      for (const pairs of await Promise.all([...lists, ...lists].map((list) => list())))
        expect(pairs.map(({ matchId }) => matchId)).toEqual([id]);
      expect((await types()).slice(before)).toEqual(["suggested"]);
    }
  });

  it("written from an older state of a flow than the stored one change nothing", async () => {
    const context = { ...(await world.enter()), actor: { kind: "operator" as const, credential: "test" } };
    const { candidates, matchRefreshes } = context.services;
    const before = await candidates.findRecorded(context, input.id, { after: null, limit: 10 });
    await change({ quantity: { amount: 700_000, unit: "t/a" } });
    await world.settle();
    const stood = await world.readMatch(id);
    const stale = { ...candidates, findRecorded: async () => before };
    const { refreshFlow } = await import("../../src/operations/matchRefresh.ts");
    await refreshFlow(
      { ...context, services: { ...context.services, candidates: stale } },
      { flowId: input.id, requests: 1 },
      50,
    );
    expect(await world.readMatch(id)).toEqual(stood);
    // It was noted that the flow was computed from what it was: the next event computes it anew.
    const changed = { flowIds: [input.id], siteIds: [], organizationIds: [], matchIds: [] };
    expect(await matchRefreshes.request(changed, new Date())).toBe(1);
  });

  it.each([
    ["withdrawn", async () => void (await moveFlow(await seller.enter(), output.id, "withdraw", null))],
    ["worse", async () => void (await change({ availability: { pattern: "seasonal", months: [1] } }, output, seller))],
  ])("take the place of a better one that is %s, where only the best are kept", async (_, act) => {
    const keepOne = async () => {
      const actor = { kind: "operator" as const, credential: "test", isUnattended: true as const };
      const portion = { flows: 100, seconds: 20, suggestions: 1 };
      for (let events = await world.takeEvents(); events.length > 0; events = await world.takeEvents()) {
        await world.hurry();
        await followChanges({ ...(await world.enter()), actor }, events, portion);
      }
    };
    const visibility = "public";
    await change({ visibility }, output, seller);
    await change({ visibility });
    await keepOne();
    // The rival has a need at its door that is better for it, and the need has a supply that is better for it.
    const door = await world.createCompany(place(2_150));
    await world.publish(door, steamNeed({ visibility }));
    await keepOne();
    const rival = await world.publish(await world.createCompany(place(2_100)), steamSupply({ visibility }));
    await keepOne();
    const second = matchIdOf(rival.id, input.id);
    expect(await world.readMatch(second)).toBeNull();
    await act();
    await keepOne();
    expect(await world.readMatch(second)).toMatchObject({ state: "suggested" });
  });

  it("that a list has shown hold however low they score, and as long as they match", async () => {
    // What anyone may know of it, by the two places' cells, must be weak wherever the cells lie.
    const far = await world.createCompany(place(3_900));
    const weak = await world.publish(
      far,
      steamSupply({ availability: { pattern: "seasonal", months: [1] }, precision: { level: "rough" } }),
    );
    await world.settle();
    const weakId = matchIdOf(weak.id, input.id);
    expect(await world.readMatch(weakId)).toBeNull();
    const shown = await listFlowMatches(await far.enter(), weak.id, { limit: 10, minScore: 0 });
    expect(shown.map(({ matchId }) => matchId)).toEqual([weakId]);
    await change({ title: "Renamed" }, weak, far);
    await world.settle();
    expect(await world.readMatch(weakId)).toMatchObject({ state: "suggested", holds: true });
    await change(colder);
    await world.settle();
    expect(await world.readMatch(weakId)).toMatchObject({ state: "superseded" });
  });
});
