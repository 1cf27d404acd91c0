import fc from "fast-check";
import { cellToChildren, cellToLatLng, getResolution, greatCircleDistance } from "h3-js";
import { describe, expect, it } from "vitest";
import { findCell, maximumCellRadiusMeters } from "../../src/domain/cell.ts";
import { createId } from "../../src/domain/ids.ts";
import { naceSectionOf } from "../../src/domain/nace.ts";
import {
  coarsenMoney,
  coarsenParty,
  coarsenQuantity,
  priceStep,
  quantityStep,
} from "../../src/matching/coarseParty.ts";
import { computePseudonym } from "../../src/platform/auth/pseudonym.ts";
import { createParty } from "../support/matchingParties.ts";

const position = fc.tuple(
  fc.double({ min: -180, max: 180, noNaN: true }),
  fc.double({ min: -85, max: 85, noNaN: true }),
);
const price = (amount: number) => ({ amount: amount.toFixed(6), currency: "EUR" as const, per: "t" });
const amountOf = (shown: { amount: string } | null) => Number(shown!.amount);

describe("a cell", () => {
  it("holds the place, and no place of it is farther from its centre than its radius", async () => {
    await fc.assert(
      fc.asyncProperty(position, async ([longitude, latitude]) => {
        const cell = await findCell([longitude, latitude]);
        const center: [number, number] = [cell.center[1], cell.center[0]];
        expect(getResolution(cell.id)).toBe(7);
        expect(greatCircleDistance([latitude, longitude], center, "m")).toBeLessThanOrEqual(cell.radiusMeters);
        expect(cell.radiusMeters).toBeLessThanOrEqual(maximumCellRadiusMeters);
      }),
    );
  });

  it("is the same, with the same centre and radius, for all places in it", async () => {
    await fc.assert(
      fc.asyncProperty(position, fc.nat(), async ([longitude, latitude], pick) => {
        const cell = await findCell([longitude, latitude]);
        const children = cellToChildren(cell.id, 9);
        const [otherLatitude, otherLongitude] = cellToLatLng(children[pick % children.length]!);
        const other = await findCell([otherLongitude, otherLatitude]);
        // A child's centre lies in its parent but for those along the edges.
        if (other.id === cell.id) expect(other).toEqual(cell);
      }),
    );
  });
});

describe("a party that is not known", () => {
  const cell = { id: "871f0a6b5ffffff", center: [11.1, 55.7] as [number, number], radiusMeters: 1_400 };

  it("stands at its cell's centre, has no title, no price, and its quantity in two digits", () => {
    const party = createParty({
      title: "Secret",
      quantity: { amount: 551_234, unit: "t/a", minimumLot: { amount: 24.3, unit: "t" } },
      economics: { price: price(6.13) },
    });
    const coarse = coarsenParty(party, cell);
    expect(coarse.site).toMatchObject({ position: cell.center, radiusMeters: cell.radiusMeters });
    expect(coarse.flow.title).toBe("");
    expect(coarse.flow.quantity).toMatchObject({ amount: 550_000, minimumLot: { amount: 24, unit: "t" } });
    expect(coarse.flow.economics.price).not.toEqual(party.flow.economics.price);
    expect(JSON.stringify(coarse)).not.toMatch(/551234|24\.3|6\.13|Secret/);
  });

  it("is the same party for all prices within a step, and another in the next; signs and nothing stay", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -100, max: 200 }),
        fc.double({ min: -0.49, max: 0.49, noNaN: true }),
        fc.constantFrom(1, -1),
        (step, part, sign) => {
          const shown = (steps: number) =>
            amountOf(
              coarsenMoney(createParty({ economics: { price: price(sign * priceStep ** steps) } }), {
                showsPrice: false,
              }).flow.economics.price,
            );
          fc.pre(priceStep ** step > 0.01);
          expect(shown(step + part)).toBe(shown(step));
          expect(shown(step + 1)).not.toBe(shown(step));
          expect(Math.sign(shown(step))).toBe(sign);
        },
      ),
    );
    const nothing = coarsenMoney(createParty({ economics: { price: price(0) } }), { showsPrice: false });
    expect(amountOf(nothing.flow.economics.price)).toBe(0);
  });

  it("shows its asking price where everybody sees it, and even then no cost and no floor", () => {
    const economics = {
      price: price(6.13),
      disposalCost: price(1.17),
      virginPrice: price(9.31),
      treatmentCost: price(2.22),
    };
    const shown = coarsenMoney(createParty({ economics }), { showsPrice: true }).flow.economics;
    expect(shown.price).toEqual(economics.price);
    for (const name of ["disposalCost", "virginPrice", "treatmentCost"] as const)
      expect(shown[name]).not.toEqual(economics[name]);
  });

  it("has a quantity off by no more than the engine reckons with, and lots that fit still do", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1e12, noNaN: true }),
        fc.double({ min: 0.000_001, max: 1, noNaN: true }),
        (amount, share) => {
          const lot = { amount: amount * share, unit: "t" };
          const quantity = createParty({ quantity: { amount, unit: "t/a", minimumLot: lot } }).flow.quantity;
          const coarse = coarsenQuantity(quantity);
          expect(Math.max(coarse.amount / amount, amount / coarse.amount)).toBeLessThanOrEqual(quantityStep);
          expect(coarse.minimumLot!.amount).toBeLessThanOrEqual(coarse.amount);
        },
      ),
    );
  });
});

describe("a pseudonym", () => {
  it("is one for a pair of viewer and organization under one pepper, and unlike all others", () => {
    const organizations = Array.from({ length: 50 }, () => createId("organization"));
    const names = organizations.flatMap((viewer) =>
      organizations.map((other) => computePseudonym("p".repeat(32), viewer, other)),
    );
    expect(new Set(names).size).toBe(2_500);
    const [viewer, other] = [organizations[0]!, organizations[1]!];
    expect(computePseudonym("p".repeat(32), viewer, other)).toBe(names[1]);
    expect(computePseudonym("q".repeat(32), createId("organization"), other)).toMatch(/^anon_[0-9a-f]{16}$/);
  });
});

describe("a section of NACE", () => {
  it.each([
    ["01", "A"],
    ["09", "B"],
    ["20", "C"],
    ["33", "C"],
    ["35", "D"],
    ["39", "E"],
    ["43", "F"],
    ["99", "U"],
    ["00", null],
  ])("of division %s is %s", (division, section) => {
    expect(naceSectionOf(division)).toBe(section);
  });
});
