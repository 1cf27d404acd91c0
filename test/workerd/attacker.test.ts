import { cellToBoundary } from "h3-js";
import { beforeAll, describe, expect, it } from "vitest";
import { findCell } from "../../src/domain/cell.ts";
import { priceStep } from "../../src/matching/coarseParty.ts";
import { call, type Json, succeed } from "./support/client.ts";
import { joinProgramme } from "./support/programmes.ts";
import {
  createFlow,
  createSite,
  createTenant,
  randomPlace,
  steamNeed,
  steamSupply,
  type Tenant,
} from "./support/tenants.ts";

type Position = [longitude: number, latitude: number];

const metersADegree = 111_195;
const place = (coordinates: Position) => ({ location: { type: "Point", coordinates } });

/** So far in metres from a position, by a bearing in degrees; flat enough for a few kilometres. */
function offset([longitude, latitude]: Position, meters: number, bearing: number): Position {
  const angle = (bearing * Math.PI) / 180;
  const north = (meters * Math.cos(angle)) / metersADegree;
  const east = (meters * Math.sin(angle)) / metersADegree / Math.cos((latitude * Math.PI) / 180);
  return [longitude + east, latitude + north];
}

/**
 * One who guesses what is hidden of another's flow by asking, each question chosen by the answers so far. All that it is
 * told goes into `told`, without what tells one answer from the same one given later.
 */
function createAttacker() {
  const told: unknown[] = [];
  const ask = async (tenant: Tenant, method: string, path: string, body?: object): Promise<Json> => {
    const answer = await call(method, path, { key: tenant.key, ...(body && { body }) });
    told.push([answer.status, scrub(answer.body)]);
    return answer.body;
  };
  /** Halves an interval so many times, towards where the answer changes. */
  const bisect = async (low: number, high: number, steps: number, isBelow: (middle: number) => Promise<boolean>) => {
    for (let step = 0; step < steps; step++) {
      const middle = (low + high) / 2;
      if (await isBelow(middle)) high = middle;
      else low = middle;
    }
    return { low, high };
  };
  return { told, ask, bisect };
}

/** Of the attacker's own records, what changes with every write; of a page, where the next begins. */
const passing = new Set([
  "requestId",
  "updatedAt",
  "createdAt",
  "version",
  "nextCursor",
  "history",
  "matchId",
  "inputFlowVersion",
  "inputFlowId",
]);

function scrub(value: Json): Json {
  if (Array.isArray(value)) return value.map(scrub);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !passing.has(name))
      .map(([name, part]) => [name, scrub(part)]),
  );
}

function expectSame(told: readonly unknown[], before: readonly unknown[]): void {
  for (const [index, answer] of before.entries()) expect(told[index], `answer ${index}`).toEqual(answer);
  expect(told).toHaveLength(before.length);
}

describe("two hundred questions that are bisected around a hidden site", () => {
  let owner: Tenant;
  let site: Json;
  let output: Json;
  let attacker: Tenant;
  let accomplice: Tenant;
  /** The true places to try: near two opposite corners of one cell, and its middle. */
  let places: Position[];
  let middle: Position;
  /** Of the attacker: sites all around, and a need at the first of them. */
  let probeSites: Json[];
  let ownNeed: Json;
  /** Of the accomplice: a supply that everybody sees, and that moves. */
  let rival: Json;

  beforeAll(async () => {
    [owner, attacker, accomplice] = [await createTenant(), await createTenant(), await createTenant()];
    const cell = await findCell(randomPlace());
    middle = [cell.center[0], cell.center[1]];
    const corners = cellToBoundary(cell.id).map(([latitude, longitude]): Position => [longitude, latitude]);
    const towards = ([longitude, latitude]: Position): Position => [
      middle[0] + 0.95 * (longitude - middle[0]),
      middle[1] + 0.95 * (latitude - middle[1]),
    ];
    places = [towards(corners[0]!), towards(corners[3]!), middle];
    for (const each of places) expect((await findCell(each)).id).toBe(cell.id);
    site = await createSite(owner, place(places[0]!));
    output = await createFlow(owner, steamSupply(site.id, { visibility: "network" }));
    await joinProgramme(owner, attacker);
    probeSites = [];
    for (const bearing of [0, 60, 120, 180, 240, 300])
      probeSites.push(await createSite(attacker, place(offset(middle, 3_000, bearing))));
    ownNeed = await createFlow(attacker, steamNeed(probeSites[0]!.id, { visibility: "private" }));
    const rivalSite = await createSite(accomplice, place(offset(middle, 6_000, 90)));
    rival = await createFlow(accomplice, steamSupply(rivalSite.id));
  });

  /** Previews from sites all around, filters by circle and box, an evaluated limit of distance, and a rival beside it in a list of one. */
  async function attack() {
    const { told, ask, bisect } = createAttacker();
    const isShown = async (filter: string) =>
      ((await ask(attacker, "GET", `/v1/flows?direction=output&${filter}`)).data as Json[]).some(
        ({ id }) => id === output.id,
      );
    const circles: { low: number; high: number }[] = [];
    for (const bearing of [0, 120, 240]) {
      const from = offset(middle, 4_000, bearing);
      const isWithin = (radius: number) => isShown(`near=${from.join(",")}&radiusMeters=${Math.round(radius)}`);
      circles.push(await bisect(1, 8_000, 15, isWithin));
    }
    for (const [edge, low, high] of [
      [0, middle[0], middle[0] + 0.1],
      [1, middle[1], middle[1] + 0.1],
    ] as const)
      await bisect(low, high, 15, (bound) => {
        const box = [middle[0] - 0.1, middle[1] - 0.1, middle[0] + 0.1, middle[1] + 0.1];
        box[2 + edge] = bound;
        return isShown(`bbox=${box.join(",")}`);
      });

    for (const { id } of probeSites)
      await bisect(1, 10_000, 11, async (meters) => {
        const constraints = { maximumDistanceMeters: Math.round(meters) };
        const need = steamNeed(id, { visibility: "private", constraints });
        const { matches } = await ask(attacker, "POST", "/v1/matches/preview", need);
        return matches.some(({ outputFlowId }: Json) => outputFlowId === output.id);
      });

    const need = `/v1/flows/${ownNeed.id}`;
    await bisect(1, 10_000, 15, async (meters) => {
      const constraints = { maximumDistanceMeters: Math.round(meters) };
      await ask(attacker, "PATCH", need, { constraints });
      const pair = { outputFlowId: output.id, inputFlowId: ownNeed.id };
      const { gates } = await ask(attacker, "POST", "/v1/matches/evaluate", pair);
      return gates.every(({ verdict }: Json) => verdict === "pass");
    });
    await ask(attacker, "PATCH", need, { constraints: null });

    await bisect(100, 6_000, 15, async (meters) => {
      await ask(accomplice, "PATCH", `/v1/sites/${rival.siteId}`, place(offset(middle, meters, 90)));
      const [first] = (await ask(attacker, "GET", `${need}/matches?limit=1`)).data;
      return first?.outputFlowId === rival.id;
    });
    return { told, circles };
  }

  it("are answered alike wherever in its cell the site lies, so that they tell no more than the cell", async () => {
    const told: unknown[][] = [];
    for (const each of places) {
      await succeed(200, "PATCH", `/v1/sites/${site.id}`, { key: owner.key, body: place(each) });
      const tried = await attack();
      told.push(tried.told);
      // What the circles close in on is the middle of the cell, whatever the place.
      for (const { low, high } of tried.circles) {
        expect(low).toBeLessThan(4_002);
        expect(high).toBeGreaterThan(3_990);
      }
    }
    expect(told[0]!.length).toBeGreaterThanOrEqual(200);
    for (const other of told.slice(1)) expectSame(other, told[0]!);
  });

  it("would find a site that everybody may see: the attack itself works", async () => {
    await succeed(200, "PATCH", `/v1/flows/${output.id}`, { key: owner.key, body: { visibility: "public" } });
    const found: number[] = [];
    for (const each of places.slice(0, 2)) {
      await succeed(200, "PATCH", `/v1/sites/${site.id}`, { key: owner.key, body: place(each) });
      const [first] = (await attack()).circles;
      found.push((first!.low + first!.high) / 2);
    }
    expect(Math.abs(found[0]! - found[1]!)).toBeGreaterThan(200);
  });
});

describe("two hundred variations of price and quantity", () => {
  /** In the middle of a step, a little above its lower end, and a little below its upper one; and in the next step. */
  const withinStep = (steps: number) => [0, -0.45, 0.45, 1].map((part) => (priceStep ** (steps + part)).toFixed(4));
  const prices = withinStep(37);
  const costs = withinStep(3);
  const floors = withinStep(12);
  const price = (amount: string) => ({ amount, currency: "EUR", per: "t" });
  let owner: Tenant;
  let attacker: Tenant;
  let output: Json;
  let siteId: string;

  beforeAll(async () => {
    [owner, attacker] = [await createTenant(), await createTenant()];
    const [longitude, latitude] = randomPlace();
    const site = await createSite(owner, place([longitude, latitude]));
    output = await createFlow(owner, steamSupply(site.id, { visibility: "private" }));
    siteId = (await createSite(attacker, place([longitude, latitude + 0.009]))).id;
  });

  const setSecrets = (at: number) => {
    const economics = {
      price: price(prices[at]!),
      disposalCost: price(costs[at]!),
      treatmentCost: price(costs[at]!),
      floor: { amount: floors[at]!, currency: "EUR", per: "t" },
    };
    return succeed(200, "PATCH", `/v1/flows/${output.id}`, { key: owner.key, body: { economics } });
  };

  async function attack() {
    const { told, ask, bisect } = createAttacker();
    const preview = async (economics: object, amount = 215_000): Promise<Json | undefined> => {
      const content = steamNeed(siteId, { visibility: "private", economics, quantity: { amount, unit: "t/a" } });
      const { matches } = await ask(attacker, "POST", "/v1/matches/preview", content);
      return matches.find(({ outputFlowId }: Json) => outputFlowId === output.id);
    };
    const scoreOf = (pair: Json | undefined) => pair?.score ?? 0;
    // Each look for the own price, or the price of the new material, at which the answer tips over.
    for (const name of ["price", "virginPrice"])
      for (const threshold of [0.05, 0.3, 0.5, 0.6, 0.7, 0.8])
        await bisect(
          0.01,
          60,
          12,
          async (amount) => scoreOf(await preview({ [name]: price(amount.toFixed(4)) })) >= threshold,
        );
    for (const bid of ["3.00", "6.00", "9.00"])
      await bisect(1_000, 2_000_000, 20, async (amount) => scoreOf(await preview({ price: price(bid) }, amount)) < 0.6);
    return told;
  }

  it("are answered alike for all prices, costs and floors within a step", async () => {
    const told: unknown[][] = [];
    for (const at of [0, 1, 2]) {
      await setSecrets(at);
      told.push(await attack());
    }
    expect(told[0]!.length).toBeGreaterThanOrEqual(200);
    for (const other of told.slice(1)) expectSame(other, told[0]!);
  });

  it("tell one step from the next: the attack itself works", async () => {
    await setSecrets(0);
    const before = await attack();
    await setSecrets(3);
    expect(JSON.stringify(await attack())).not.toBe(JSON.stringify(before));
  });
});
