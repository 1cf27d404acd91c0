import { describe, expect, it } from "vitest";
import { createMatcher, type Matcher } from "../../src/matching/matcher.ts";
import { parseTables } from "../../src/matching/tables.ts";
import { asOf, createParty, createSampleParty, matcher, network, taxonomy } from "../support/matchingParties.ts";

const parties = network.flows.map((flow) => createSampleParty(flow));
const decoys = network.decoys.map((flow) => ({
  flow,
  party: createSampleParty(flow),
  need: createSampleParty(flow.against),
}));

function rankOf(engine: Matcher, outputKey: string, inputKey: string, rivals: typeof parties = []): number {
  const output = createSampleParty(outputKey);
  const ranked = engine.rank(createSampleParty(inputKey), [...rivals, ...parties], { limit: 200 });
  return 1 + ranked.findIndex(({ party }) => party.flowId === output.flowId);
}

describe("the industrial symbiosis of Kalundborg", () => {
  it.each(network.exchanges)("ranks %s in the top three for %s", (output, input) => {
    const rank = rankOf(matcher, output, input);
    expect(rank).toBeGreaterThanOrEqual(1);
    expect(rank).toBeLessThanOrEqual(3);
  });

  it.each(decoys.filter(({ flow }) => flow.gate !== null))("refuses $flow.key: $flow.why", ({ flow, party, need }) => {
    const { verdict, gates } = matcher.evaluate(party, need);
    expect(verdict).not.toBe("match");
    const refusing = gates.filter((gate) => gate.verdict === "fail" || gate.verdict === "near");
    expect(refusing.map(({ gate }) => gate)).toEqual([flow.gate]);
    expect(matcher.rank(need, [party], { limit: 10 })).toEqual([]);
  });

  it.each(decoys.filter(({ flow }) => flow.gate === null))("matches $flow.key: $flow.why", ({ party, need }) => {
    expect(matcher.evaluate(party, need).verdict).toBe("match");
  });

  it("reports tepid heat as 45 K short of being hot enough, and gypsum of 70 % as no near miss", () => {
    const [tepid, dirty] = ["tepid-heat", "dirty-gypsum"].map((key) => decoys.find(({ flow }) => flow.key === key)!);
    const evaluation = matcher.evaluate(tepid!.party, tepid!.need);
    expect(evaluation.verdict).toBe("near_miss");
    expect(evaluation.gates.find(({ gate }) => gate === "quality.temperature")).toMatchObject({
      short: { amount: 45, unit: "K" },
      closes: "A heat pump that lifts 45 K",
    });
    expect(matcher.evaluate(dirty!.party, dirty!.need).verdict).toBe("no_match");
  });

  it("keeps a real supplier first among twenty that could serve but are worse", () => {
    for (const [outputKey, inputKey] of network.exchanges) {
      const need = createSampleParty(inputKey);
      const worse = Array.from({ length: 20 }, (_, index) => createRival(outputKey, inputKey, index, "worse"));
      const feasible = worse.filter((rival) => matcher.evaluate(rival, need).verdict === "match");
      expect(feasible.length, `${inputKey}: feasible rivals`).toBe(20);
      expect(rankOf(matcher, outputKey, inputKey, worse), inputKey).toBe(1);
    }
  });

  it("puts a real supplier fourth behind three that are better", () => {
    for (const [outputKey, inputKey] of network.exchanges) {
      const better = Array.from({ length: 3 }, (_, index) => createRival(outputKey, inputKey, index, "better"));
      expect(rankOf(matcher, outputKey, inputKey, better), inputKey).toBe(4);
    }
  });

  it("cannot be told right by one radius for every resource", () => {
    const radii = Array.from({ length: 60 }, (_, step) => 500 * 1.15 ** step);
    for (const limitMeters of radii) {
      const { classes } = parseTables().transport;
      const large = { fromMegawatts: 50, limitMeters };
      const one = Object.fromEntries(
        Object.entries(classes).map(([name, of]) => [name, { limitMeters, large: of.large === null ? null : large }]),
      );
      const engine = createMatcher({ taxonomy, tables: parseTables({ transport: { classes: one } }), asOf });
      const isEveryExchangeFound = network.exchanges.every(([output, input]) => rankOf(engine, output, input) > 0);
      const farSteam = decoys.find(({ flow }) => flow.key === "far-steam")!;
      const distance = engine.evaluate(farSteam.party, farSteam.need).gates.find(({ gate }) => gate === "distance")!;
      expect(isEveryExchangeFound && distance.verdict !== "pass", `${limitMeters} m`).toBe(false);
    }
  });
});

/** The real supplier again, in another's hands: farther, smaller and rougher, or nearer, greater and metered. */
function createRival(outputKey: string, inputKey: string, index: number, kind: "worse" | "better") {
  const real = createSampleParty(outputKey);
  const need = createSampleParty(inputKey);
  const [x, y] = need.site.position;
  const share = kind === "worse" ? 1.02 + index / 200 : 0.5 + index / 20;
  const [realX, realY] = real.site.position;
  const { quantity, constraints, ...flow } = real.flow;
  const times = kind === "worse" ? 0.9 - index / 100 : 2 + index;
  return createParty({
    ...flow,
    quality: { ...flow.quality },
    constraints,
    quantity: { ...quantity, amount: quantity.amount * times, uncertainty: kind === "worse" ? 0.3 : 0.02 },
    precision: { level: kind === "worse" ? "rough" : "metered", source: null, asOf: null },
    id: 5_000 + index,
    position: [x + (realX - x) * share, y + (realY - y) * share],
    verified: kind === "better",
  });
}
