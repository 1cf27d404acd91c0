import { beforeAll, describe, expect, inject, it } from "vitest";
import { readSampleNetwork, type SampleFlow, toFlow } from "../../scripts/start/sampleNetwork.ts";
import type { FlowInput } from "../../src/domain/flow.ts";
import { type Caller, createCaller, expectSuccess } from "../support/apiCaller.ts";

type Gate = { gate: string; verdict: string };
type Pair = { outputFlowId: string; verdict: string; gates: Gate[] };
type Listed = { data: { id: string }[] };
type Ranked = { data: { outputFlowId: string; score: number }[] };

const { url, keys, mainJob } = inject("service");
const network = readSampleNetwork();
const operator = createCaller(url, keys.operator!);
const flowIds = new Map<string, string>();

function siteOf(flow: SampleFlow) {
  return network.sites.find(({ key }) => key === flow.site)!;
}

function flowNamed(name: string): SampleFlow {
  return network.flows.find(({ key }) => key === name)!;
}

function ownerOf(flow: SampleFlow): Caller {
  return createCaller(url, keys[siteOf(flow).organization]!);
}

beforeAll(async () => {
  for (const flow of network.flows) {
    const { data } = await expectSuccess(ownerOf(flow)<Listed>("GET", `/v1/flows?externalId=${flow.key}`));
    flowIds.set(flow.key, data[0]!.id);
  }
});

describe("the industrial symbiosis of Kalundborg", () => {
  it.each(network.exchanges)("finds %s among the best three for %s", (output, need) => {
    const { matches } = mainJob.find((entry) => entry.need === need)!;
    const found = matches.find((match) => match.output === output);
    expect(found?.rank).toBeLessThanOrEqual(3);
    expect(found!.low).toBeLessThanOrEqual(found!.score);
    expect(found!.high).toBeGreaterThanOrEqual(found!.score);
  });

  it.each(network.decoys.map((decoy) => [decoy.key, decoy.against, decoy.gate ?? "no gate", decoy] as const))(
    "judges %s against %s at %s",
    async (_key, against, _gate, decoy) => {
      const owner = ownerOf(decoy);
      const site = await expectSuccess(owner<Listed>("GET", `/v1/sites?externalId=${decoy.site}`));
      const path = `/v1/flows/by-external-id/${decoy.key}`;
      const { id } = await expectSuccess(owner<{ id: string }>("PUT", path, toFlow(decoy, site.data[0]!.id, network)));
      const pair = await expectSuccess(
        operator<Pair>("POST", "/v1/matches/evaluate", { outputFlowId: id, inputFlowId: flowIds.get(against) }),
      );
      const refused = pair.gates.filter(({ verdict }) => verdict === "fail" || verdict === "near");
      if (decoy.gate === null) {
        expect(refused).toEqual([]);
        expect(pair.verdict).toBe("match");
      } else {
        expect(refused.map(({ gate }) => gate)).toContain(decoy.gate);
        expect(pair.verdict).not.toBe("match");
      }
      const listed = await listMatches(against);
      expect(listed.includes(id)).toBe(decoy.gate === null);
      expect((await owner("DELETE", `/v1/flows/${id}`)).status).toBe(204);
    },
  );
});

describe("the agreement that the first start comes to", () => {
  it("is an exchange of both sides, over what the room's log says", async () => {
    const [{ need, room }] = mainJob.flatMap(({ need, room }) => (room ? [{ need, room }] : [])) as [
      { need: string; room: NonNullable<(typeof mainJob)[number]["room"]> },
    ];
    const { data } = await expectSuccess(
      operator<{ data: { origin: string; state: string; matchId: string; inputFlowId: string }[] }>(
        "GET",
        `/v1/exchanges?flowId=${flowIds.get(need)}`,
      ),
    );
    const agreed = data.filter(({ origin }) => origin === "agreed");
    expect(agreed).toMatchObject([{ state: "agreed", matchId: room.matchId, inputFlowId: flowIds.get(need) }]);
  });
});

describe("the exchanges that were really built", () => {
  type Exchange = { externalId: string | null; state: string; origin: string; quantity: { amount: number } };

  it("are recorded by the operator, for anyone to see", async () => {
    const all = await expectSuccess(operator<{ data: Exchange[] }>("GET", "/v1/exchanges?limit=200"));
    const data = all.data.filter(({ origin }) => origin === "recorded");
    expect(data.map(({ externalId }) => externalId).sort()).toEqual(
      network.exchanges.map(([output, input]) => `${output}:${input}`).sort(),
    );
    for (const exchange of data) expect(exchange).toMatchObject({ state: "active" });
    const farmers = createCaller(url, keys.farms!);
    const seen = await expectSuccess(farmers<{ data: Exchange[] }>("GET", "/v1/exchanges?limit=200"));
    expect(seen.data).toHaveLength(17);
  });

  it("take nothing from what remains of their flows, and could all be had from them", async () => {
    for (const flow of network.flows) {
      const path = `/v1/flows/${flowIds.get(flow.key)}`;
      const { quantity, remaining } = await expectSuccess(
        operator<{ quantity: { amount: number }; remaining: { amount: number } }>("GET", path),
      );
      const { data } = await expectSuccess(
        operator<{ data: Exchange[] }>("GET", `/v1/exchanges?flowId=${flowIds.get(flow.key)}`),
      );
      const amountOf = (wanted: string) =>
        data.reduce((sum, { origin, quantity }) => sum + (origin === wanted ? quantity.amount : 0), 0);
      expect(remaining.amount, flow.key).toBe(quantity.amount - amountOf("agreed"));
      expect(amountOf("recorded"), flow.key).toBeLessThanOrEqual(quantity.amount);
    }
  });
});

describe("the real supplier among rivals", () => {
  // Each need has a rival organization of its own, which is closed before the next need is tried.
  it.each(network.exchanges)(
    "keeps %s first for %s before 20 worse ones, and puts it fourth behind 3 better ones",
    async (output, need) => {
      const real = flowIds.get(output)!;
      const before = (await listMatches(need)).indexOf(real);
      const worse = await createRivals(`${need}-worse`, output, need, 20, { isBetter: false });
      const amongWorse = await listMatches(need);
      expect(amongWorse.filter((id) => worse.ids.includes(id))).toHaveLength(20);
      expect(amongWorse.indexOf(real)).toBe(before);
      expect(before).toBe(0);
      const better = await createRivals(`${need}-better`, output, need, 3, { isBetter: true });
      const amongBoth = await listMatches(need);
      expect(amongBoth.slice(0, 3).sort()).toEqual([...better.ids].sort());
      expect(amongBoth.indexOf(real)).toBe(3);
      await worse.close();
      await better.close();
    },
  );
});

async function listMatches(need: string): Promise<string[]> {
  const path = `/v1/flows/${flowIds.get(need)}/matches?limit=50`;
  const { data } = await expectSuccess(operator<Ranked>("GET", path));
  return data.map(({ outputFlowId }) => outputFlowId);
}

/**
 * Rivals that offer what the real supplier offers: better ones from half the distance, metered and verified; worse ones
 * from further away and roughly guessed. All of them can serve the need.
 */
async function createRivals(
  name: string,
  output: string,
  need: string,
  count: number,
  { isBetter }: { isBetter: boolean },
) {
  const created = await expectSuccess(
    operator<{ id: string; apiKey: { key: string } }>("POST", "/v1/organizations", {
      name: `Rivals ${name}`,
      country: "DK",
      verified: isBetter,
    }),
  );
  const rival = createCaller(url, created.apiKey.key);
  const model = flowNamed(output);
  const from = siteOf(flowNamed(need));
  const towards = siteOf(model);
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const share = isBetter ? 0.5 - index * 0.05 : 1.05 + index * 0.02;
    const site = await expectSuccess(
      rival<{ id: string }>("PUT", `/v1/sites/by-external-id/rival-${index}`, {
        name: `Rival ${index}`,
        location: {
          type: "Point",
          coordinates: [from.lon + (towards.lon - from.lon) * share, from.lat + (towards.lat - from.lat) * share],
        },
        timeZone: "Europe/Copenhagen",
        country: "DK",
      }),
    );
    const flow: FlowInput = {
      ...toFlow(model, site.id, network),
      externalId: `rival-${index}`,
      precision: { level: isBetter ? "metered" : "rough", source: null },
    };
    const { id } = await expectSuccess(rival<{ id: string }>("PUT", `/v1/flows/by-external-id/rival-${index}`, flow));
    ids.push(id);
  }
  return {
    ids,
    close: () => expectSuccess(operator("DELETE", `/v1/organizations/${created.id}`)),
  };
}
