import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AppError } from "../../src/domain/errors.ts";
import type { TurashEvent } from "../../src/domain/event.ts";
import { type Flow, isSupply } from "../../src/domain/flow.ts";
import { type FlowId, idFromUuid, type MatchId, matchIdOf, uuidOf } from "../../src/domain/ids.ts";
import { type MatchState, rescoredStates } from "../../src/domain/match.ts";
import type { Evaluation } from "../../src/matching/evaluation.ts";
import type { RequestContext } from "../../src/operations/context.ts";
import { partyForAnyone } from "../../src/operations/disclosure.ts";
import { deleteFlow, moveFlow, updateFlow } from "../../src/operations/flows.ts";
import { declineMatch, getMatch, listFlowMatches, listMatches, showInterest } from "../../src/operations/matches.ts";
import { computeMatches, followChanges } from "../../src/operations/matchFollowing.ts";
import { veilEvaluation, viewEvaluation } from "../../src/operations/matchView.ts";
import { updateOrganization } from "../../src/operations/organizations.ts";
import { updateSite } from "../../src/operations/sites.ts";
import { suggestionThreshold } from "../../src/operations/suggestions.ts";
import type { Subject } from "../../src/stores/spatial/candidates.ts";
import { enginesUnderTest } from "../support/engineUnderTest.ts";
import {
  type Company,
  createRegion,
  type MatchingWorld,
  openMatchingWorld,
  steamNeed,
  steamSupply,
} from "../support/matchingWorld.ts";

const companyCount = 6;
/** Few are kept of each flow, so that places in the best of others come free. */
const portion = { flows: 1_000, seconds: 25, suggestions: 2 };

const index = fc.nat({ max: 999 });
const amount = fc.integer({ min: 20, max: 900 }).map((kilotons) => kilotons * 1_000);
const content = fc.record({
  amount,
  temperature: fc.integer({ min: 120, max: 240 }),
  visibility: fc.constantFrom("public", "network", "private"),
  months: fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 3 }), { nil: null }),
  price: fc.option(fc.integer({ min: 1, max: 40 }), { nil: null }),
  level: fc.constantFrom("rough", "metered"),
});
type Content = typeof content extends fc.Arbitrary<infer Value> ? Value : never;

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("edit" as const), index, content }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("publish" as const), index, content, isNeed: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom("pause", "activate", "withdraw", "delete"), index }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("move" as const),
      index,
      north: fc.integer({ min: 0, max: 4_000 }),
      east: fc.integer({ min: 0, max: 4_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("verify", "reprice"), index }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("view", "interest", "decline", "list"), index }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("deliver" as const),
      keep: fc.integer({ min: 2, max: 5 }),
      repeat: fc.boolean(),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

describe.each(enginesUnderTest)("after random edits over %s", (engine) => {
  let world: MatchingWorld;
  beforeAll(async () => {
    world = await openMatchingWorld(engine);
  });
  afterAll(() => world?.close());

  it("the stored matches and a fresh computation agree", { timeout: 600_000 }, async () => {
    const seen = new Set<MatchState>();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 45 }), async (steps) => {
        const region = await openRegion(world);
        for (const each of steps) await region.take(each);
        await region.settle();
        for (const state of await region.check()) seen.add(state);
      }),
      { numRuns: 4, seed: 20_270_101, endOnFailure: true },
    );
    expect([...seen]).toEqual(expect.arrayContaining(["suggested", "superseded", "interested_one", "withdrawn"]));
  });
});

/** One region with its companies and flows, apart from every other one. */
async function openRegion(world: MatchingWorld) {
  const place = createRegion();
  const companies: Company[] = [];
  const flows: { company: Company; id: FlowId }[] = [];
  const pending: TurashEvent[] = [];

  const pick = <Item>(items: readonly Item[], at: number): Item => items[at % items.length]!;
  const publish = async (company: Company, isNeed: boolean, made: Content) => {
    const flow: Flow = await world.publish(company, (isNeed ? steamNeed : steamSupply)(changesOf(isNeed, made)));
    flows.push({ company, id: flow.id });
  };
  for (let number = 0; number < companyCount; number++)
    companies.push(await world.createCompany(place(number * 400, (number % 3) * 500)));
  for (const [number, made] of fc.sample(content, { numRuns: 2 * companyCount, seed: 7 }).entries())
    await publish(pick(companies, number), number % 2 === 0, made);

  const collect = async () => void pending.push(...(await world.takeEvents()));
  const hand = async (events: readonly TurashEvent[]) => {
    await world.hurry();
    await followChanges(await enterAsConsumer(world), events, portion);
  };

  async function act(each: Exclude<Step, { kind: "deliver" }>): Promise<unknown> {
    if (each.kind === "publish") return publish(pick(companies, each.index), each.isNeed, each.content);
    const company = pick(companies, each.index);
    if (each.kind === "move") {
      const location = { type: "Point", coordinates: place(each.north, each.east) };
      return updateSite(await company.enter(), company.siteId, { location }, null);
    }
    if (each.kind === "verify")
      return updateOrganization(await world.enter(), company.id, { verified: each.index % 4 > 1 }, null);
    if (each.kind === "reprice") return world.reprice(10 + (each.index % 20));
    const flow = pick(flows, each.index);
    const context = await flow.company.enter();
    if (each.kind === "delete") return deleteFlow(context, flow.id, null);
    if (each.kind === "pause" || each.kind === "activate" || each.kind === "withdraw")
      // Few are withdrawn, for those never come back.
      return each.kind === "withdraw" && each.index % 3 > 0 ? null : moveFlow(context, flow.id, each.kind, null);
    if (each.kind === "edit") {
      const found = await context.services.flows.find(context, flow.id);
      return found && updateFlow(context, flow.id, changesOf(found.flow.direction === "input", each.content), null);
    }
    if (each.kind === "list") return listFlowMatches(context, flow.id, { limit: 3, minScore: 0 });
    const { items } = await listMatches(context, {}, { limit: 100, after: null });
    if (items.length === 0) return null;
    const { id } = pick(items, each.index);
    if (each.kind === "view") return getMatch(context, id);
    return each.kind === "interest" ? showInterest(context, id) : declineMatch(context, id, "No");
  }

  return {
    async take(each: Step) {
      if (each.kind === "deliver") {
        await collect();
        const chosen = pending.filter((_, at) => at % each.keep > 0).toReversed();
        if (!each.repeat) for (const event of chosen) pending.splice(pending.indexOf(event), 1);
        return hand(chosen);
      }
      try {
        await act(each);
      } catch (error) {
        // A move from where there is none, or of what is gone.
        if (!(error instanceof AppError) || !["conflict", "not_found"].includes(error.code)) throw error;
      }
    },

    async settle() {
      for (await collect(); pending.length > 0; await collect()) await hand(pending.splice(0).toReversed());
      while ((await computeMatches(await enterAsConsumer(world), portion)) > 0) await world.hurry();
    },

    /** Gives the states that it met. */
    async check(): Promise<MatchState[]> {
      const context = await enterAsConsumer(world);
      const matcher = await context.services.readMatcher();
      const sides = new Map<FlowId, Subject>();
      for (const { id } of flows)
        sides.set(
          id,
          (await context.services.candidates.findRecorded(context, id, { after: null, limit: 1 }))!.subject,
        );
      const stored = await readMatches(world, [...sides.keys()]);

      for (const [id, match] of stored) {
        const [output, input] = [sides.get(match.outputFlowId)!, sides.get(match.inputFlowId)!];
        const common = matcher.evaluate(partyForAnyone(output.party), partyForAnyone(input.party));
        const holds =
          output.isActive && input.isActive && common.verdict === "match" && common.score >= match.leastScore;
        if (match.state === "suggested" || match.state === "viewed") expect(holds, id).toBe(true);
        if (match.state === "superseded") expect(holds && common.score >= suggestionThreshold, id).toBe(false);
        if (!(rescoredStates as readonly MatchState[]).includes(match.state)) continue;
        const exact = matcher.evaluate(output.party, input.party);
        const outputView = seenBy(matcher.evaluate(output.party, partyForAnyone(input.party)), input);
        const inputView = seenBy(matcher.evaluate(partyForAnyone(output.party), input.party), output);
        expect([match.evaluation, match.outputView, match.inputView, match.holds], id).toEqual([
          exact,
          outputView,
          inputView,
          holds,
        ]);
        expect(match.gates).toEqual(Object.fromEntries(common.gates.map(({ gate, verdict }) => [gate, verdict])));
        // And so for the client on either side.
        const isOpen = match.state === "interested_both";
        for (const [side, view] of [
          [output, outputView],
          [input, inputView],
        ] as const) {
          const client = await companies.find((company) => company.id === side.party.organizationId)!.enter();
          const { items } = await listMatches(client, { flowId: side.party.flowId }, { limit: 100, after: null });
          const {
            gates: _,
            terms: __,
            ...expected
          } = viewEvaluation(client.actor, isOpen ? exact : view, {
            outputOrganizationId: output.party.organizationId,
            inputOrganizationId: input.party.organizationId,
          });
          expect(items.find((item) => item.id === id)).toMatchObject(expected);
        }
      }

      const active = [...sides.values()].filter(({ isActive }) => isActive).map(({ party }) => partyForAnyone(party));
      for (const subject of active) {
        const best = matcher.rank(subject, active, { limit: portion.suggestions, minScore: suggestionThreshold });
        for (const { party } of best) {
          const [output, input] = isSupply(subject.flow.direction) ? [subject, party] : [party, subject];
          const state = stored.get(matchIdOf(output.flowId, input.flowId))?.state;
          expect(rescoredStates, `${output.flowId} ${input.flowId}`).toContain(state);
        }
      }
      return [...stored.values()].map(({ state }) => state);
    },
  };
}

function changesOf(isNeed: boolean, { amount: tons, temperature, visibility, months, price, level }: Content) {
  const celsius = { unit: "Cel", ...(isNeed ? { minimum: temperature - 20 } : { value: temperature }) };
  return {
    quantity: { amount: tons, unit: "t/a" },
    quality: { temperature: celsius, pressure: { unit: "bar", ...(isNeed ? { minimum: 8 } : { value: 14 }) } },
    availability: { pattern: months ? "seasonal" : "continuous", months },
    economics: { price: price === null ? null : { amount: String(price), currency: "EUR", per: "t" } },
    precision: { level },
    visibility,
  };
}

function seenBy(evaluation: Evaluation, other: Subject): Evaluation {
  return other.party.sight.isPublic ? evaluation : veilEvaluation(evaluation);
}

async function enterAsConsumer(world: MatchingWorld): Promise<RequestContext> {
  return { ...(await world.enter()), actor: { kind: "operator", credential: "consumer:matching", isUnattended: true } };
}

async function readMatches(world: MatchingWorld, flowIds: readonly FlowId[]) {
  const rows = await world.stores.run(
    "SELECT id, to_jsonb(m) AS match FROM matches m WHERE output_flow_id = ANY($1::uuid[]) OR input_flow_id = ANY($1::uuid[])",
    [`{${flowIds.map(uuidOf).join(",")}}`],
  );
  return new Map(
    rows.map((row) => {
      const match = JSON.parse(row.match!);
      const id: MatchId = idFromUuid("match", row.id!);
      return [
        id,
        {
          state: match.state as MatchState,
          outputFlowId: idFromUuid("flow", match.output_flow_id),
          inputFlowId: idFromUuid("flow", match.input_flow_id),
          leastScore: match.least_score as number,
          evaluation: match.evaluation,
          outputView: match.output_view,
          inputView: match.input_view,
          holds: match.holds,
          gates: match.gates,
        },
      ];
    }),
  );
}
