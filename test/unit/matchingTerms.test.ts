import { describe, expect, it } from "vitest";
import type { Evaluation, TermName } from "../../src/matching/evaluation.ts";
import { createMatcher } from "../../src/matching/matcher.ts";
import { parseTables } from "../../src/matching/tables.ts";
import { asOf, createParty, matcher, north, type PartyInput, taxonomy } from "../support/matchingParties.ts";

const evaluate = (output: PartyInput, input: PartyInput) => matcher.evaluate(createParty(output), createParty(input));
const termOf = (evaluation: Evaluation, name: TermName) => evaluation.terms.find(({ term }) => term === name)!;
const eur = (amount: string, per: string) => ({ amount, currency: "EUR" as const, per });

const steam: PartyInput = { id: 1, quality: { temperature: { value: 200, unit: "Cel" } } };
const steamNeed: PartyInput = {
  id: 2,
  direction: "input",
  position: north(1_500),
  quality: { temperature: { minimum: 140, unit: "Cel" } },
};
const gypsum: PartyInput = {
  id: 3,
  kind: "byproduct",
  grade: "gypsum",
  quantity: { amount: 80_000, unit: "t/a", uncertainty: 0 },
};
const gypsumNeed: PartyInput = {
  id: 4,
  direction: "input",
  kind: "byproduct",
  grade: "gypsum",
  position: north(100_000),
  quantity: { amount: 120_000, unit: "t/a", uncertainty: 0 },
};

describe("the quality term", () => {
  const at = (value: number, uncertainty = 0) =>
    termOf(evaluate({ ...steam, quality: { temperature: { value, uncertainty, unit: "Cel" } } }, steamNeed), "quality");

  it("is 1 at what is asked for, loses 0.15 at 80 K over it and never more than 0.3", () => {
    expect(at(140).value).toBe(1);
    expect(at(220).value).toBeCloseTo(1 - 0.15, 9);
    expect(at(1_000).value).toBeGreaterThan(0.7);
  });

  it("has the ends that the supply's own ends have", () => {
    // 200 Cel within 10 %: 180 to 220, 40 to 80 K over; the loss is 0.3 x 40 / 120 and 0.3 x 80 / 160.
    expect(at(200, 0.1).low).toBeCloseTo(0.85, 9);
    expect(at(200, 0.1).high).toBeCloseTo(0.9, 9);
  });

  it("is the mean over what is asked for, with nothing for what is not stated", () => {
    const need = {
      ...steamNeed,
      quality: { temperature: { minimum: 200, unit: "Cel" }, pressure: { minimum: 8, unit: "bar" } },
    };
    expect(termOf(evaluate(steam, need), "quality")).toMatchObject({ value: 0.5, low: 0.5, high: 1 });
  });

  it("says what is offered and what is asked for", () => {
    expect(at(200).sentence).toBe("Steam at 200 Cel; at least 140 Cel is asked for");
  });
});

describe("the quantity term", () => {
  it("is the share of the need that is covered, with the ends of both amounts", () => {
    const evaluation = evaluate(
      { ...gypsum, quantity: { amount: 80_000, unit: "t/a", uncertainty: 0.1 } },
      { ...gypsumNeed, quantity: { amount: 120_000, unit: "t/a", uncertainty: 0.05 } },
    );
    const term = termOf(evaluation, "quantity");
    expect(term.value).toBeCloseTo(80 / 120, 12);
    expect(term.low).toBeCloseTo(72 / 126, 12);
    expect(term.high).toBeCloseTo(88 / 114, 12);
    expect(evaluation.quantity).toEqual({ amount: 80_000, unit: "t/a" });
  });

  it("counts only what is left on both sides", () => {
    const evaluation = evaluate({ ...gypsum, reservedAmount: 50_000 }, { ...gypsumNeed, reservedAmount: 60_000 });
    expect(evaluation.quantity).toEqual({ amount: 30_000, unit: "t/a" });
    expect(termOf(evaluation, "quantity").value).toBeCloseTo(0.5, 12);
  });

  it("counts what flows within the shared hours", () => {
    const season = { availability: { pattern: "seasonal" as const, months: [3, 4, 5, 8, 9, 10] } };
    const evaluation = evaluate({ ...gypsum, quantity: { amount: 365, unit: "t/a" } }, { ...gypsumNeed, ...season });
    // 365 t over 365 days are a tonne a day; the season has 31 + 30 + 31 + 31 + 30 + 31 = 184 days (of local time:
    // Copenhagen's March is an hour short and its October an hour long).
    expect(evaluation.quantity!.amount).toBeCloseTo(184, 9);
    expect(termOf(evaluation, "temporal").value).toBe(1);
  });

  it("is for one-off amounts what there is, not spread over hours, and told as once", () => {
    const once = (amount: number) => ({ quantity: { amount, unit: "t", basis: "one_off" as const, uncertainty: 0 } });
    const evaluation = evaluate(
      { ...gypsum, ...once(300), availability: { pattern: "seasonal", months: [5] } },
      { ...gypsumNeed, ...once(400) },
    );
    expect(evaluation.quantity).toEqual({ amount: 300, unit: "t" });
    expect(evaluation.money.basis).toBe("once");
  });

  it("sizes heat by its four temperatures", () => {
    const heat = (temperature: number, back: number): PartyInput => ({
      id: 1,
      kind: "heat",
      quantity: { amount: 100, unit: "GW.h/a", uncertainty: 0 },
      quality: { temperature: { value: temperature, unit: "Cel" }, returnTemperature: { value: back, unit: "Cel" } },
    });
    const need: PartyInput = {
      id: 2,
      direction: "input",
      kind: "heat",
      position: north(1_000),
      quantity: { amount: 200, unit: "GW.h/a", uncertainty: 0 },
      quality: { temperature: { minimum: 80, unit: "Cel" }, returnTemperature: { value: 60, unit: "Cel" } },
    };
    // 1 km x 1.3 of pipe loses 0.6 % a km in the middle of what is usual.
    const arriving = 1 - 0.006 * 1.3;
    // Cooled to 60 + 10 Cel at the coldest: of 110 to 50 Cel, (110 - 70) / (110 - 50) passes; of 110 to 70 all of it.
    expect(evaluate(heat(110, 50), need).quantity!.amount).toBeCloseTo((100 * arriving * 40) / 60, 6);
    expect(evaluate(heat(110, 70), need).quantity!.amount).toBeCloseTo(100 * arriving, 6);
  });
});

describe("the temporal term", () => {
  it("is the share of the hours needed that are shared", () => {
    const season = (months: number[]) => ({ availability: { pattern: "seasonal" as const, months } });
    const evaluation = evaluate({ ...gypsum, ...season([4, 6]) }, { ...gypsumNeed, ...season([4, 5, 6]) });
    // 30 + 30 of 30 + 31 + 30 days.
    expect(termOf(evaluation, "temporal").value).toBeCloseTo(60 / 91, 12);
  });
});

describe("the proximity term", () => {
  it("is (1 - x^2)^2 of the share of the limit", () => {
    // Half of steam's 3 km: (1 - 1/4)^2.
    expect(termOf(evaluate(steam, steamNeed), "proximity").value).toBeCloseTo(0.5625, 6);
    expect(termOf(evaluate(steam, { ...steamNeed, position: north(0) }), "proximity").value).toBe(1);
    expect(termOf(evaluate(steam, { ...steamNeed, position: north(3_000) }), "proximity").value).toBeLessThan(1e-9);
  });
});

describe("the trust term", () => {
  it("is the mean of both sides, by precision, verification and what was delivered", () => {
    const trusted = { ...steam, precision: { level: "metered" as const }, verified: true, exchangesCompleted: 3 };
    // 0.6 x 1 + 0.2 + 0.2 x 3 / 6 = 0.9; the other side is estimated: 0.6 x 0.5 = 0.3.
    expect(termOf(evaluate(trusted, steamNeed), "trust").value).toBeCloseTo(0.6, 12);
  });

  it("counts nothing while the law asks for a permit that is not stated", () => {
    const sludge: PartyInput = { kind: "waste", grade: "sewage_sludge", codes: { ewc: "190805" } };
    const term = termOf(evaluate({ ...sludge, id: 1 }, { ...sludge, id: 2, direction: "input" }), "trust");
    expect(term).toMatchObject({ value: 0, low: 0, high: 0.3 });
  });
});

describe("money", () => {
  const stated: PartyInput["economics"] = { disposalCost: eur("40", "t"), treatmentCost: eur("2", "t") };
  const asked: PartyInput["economics"] = { virginPrice: eur("30", "t"), treatmentCost: eur("1", "t") };
  const evaluation = evaluate({ ...gypsum, economics: stated }, { ...gypsumNeed, economics: asked });

  it("adds up as a plant engineer would", () => {
    // 80,000 t x (30 + 40 - 2 - 1) = 5,360,000. Freight over 100 km: 80,000 t x 100 km x 1.3 x 2 x (0.05 + 0.08) / 2
    // = 1,352,000; handling 80,000 t x 1 = 80,000; accounts (2,000 + 10,000) / 2 = 6,000.
    expect(Number(evaluation.money.perYear.joint)).toBeCloseTo(5_360_000 - 1_352_000 - 80_000 - 6_000, -1);
    expect(evaluation.money.basis).toBe("per_year");
  });

  it("splits the joint value evenly where neither side states a price, and names that price", () => {
    const { joint, seller, buyer } = evaluation.money.perYear;
    expect(Math.abs(Number(seller) - Number(buyer))).toBeLessThan(0.02);
    expect((Number(seller) + Number(buyer)).toFixed(2)).toBe(joint);
    // Each gains 1,961,000; the seller has 38 EUR/t of its own less half of the accounts: price = (1,964,000 - 3,040,000) / 80,000.
    expect(Number(evaluation.money.price!.amount)).toBeCloseTo(-13.45, 2);
    expect(evaluation.money.price).toMatchObject({ from: "even_split", per: "t", currency: "EUR" });
  });

  it("takes the middle of an ask and a bid that meet", () => {
    const priced = evaluate(
      { ...gypsum, economics: { ...stated, price: eur("4", "t") } },
      { ...gypsumNeed, economics: { ...asked, price: eur("6", "t") } },
    );
    expect(priced.money.price).toEqual({ amount: "5.00", currency: "EUR", per: "t", from: "both" });
    // 80,000 x (5 + 40 - 2) - 3,000 of the accounts.
    expect(Number(priced.money.perYear.seller)).toBeCloseTo(3_437_000, -1);
  });

  it("is told in the currency that the sides write", () => {
    const crowns = evaluate(
      { ...gypsum, economics: { disposalCost: { amount: "298.30", currency: "DKK", per: "t" } } },
      { ...gypsumNeed, economics: { virginPrice: { amount: "223.725", currency: "DKK", per: "t" } } },
    );
    expect(crowns.money.perYear.currency).toBe("DKK");
    // 7.4575 crowns to the euro: 40 and 30 EUR/t.
    expect(Number(crowns.money.perYear.joint) / 7.4575).toBeCloseTo(80_000 * 70 - 1_438_000, -1);
  });

  it("pays a pipe as an annuity, not as its investment, and once for what is delivered once", () => {
    const steamMoney = evaluate(steam, steamNeed).money;
    const pipe = steamMoney.parts.find(({ label }) => label.startsWith("Pipe"))!;
    // 1.5 km x 1.3 x 1,000,000 EUR/km x (0.0872 annuity at 6 % over 20 years + 0.01 upkeep).
    expect(Number(pipe.amount)).toBeCloseTo(-1_950_000 * (0.06 / (1 - 1.06 ** -20) + 0.01), -2);
    const once = (party: PartyInput) => ({ ...party, quantity: { amount: 500, unit: "t", basis: "one_off" as const } });
    const whole = evaluate(once(steam), once(steamNeed)).money.parts.find(({ label }) => label.startsWith("Pipe"))!;
    expect(Number(whole.amount)).toBeCloseTo(-1_950_000, -2);
  });

  it("includes what closes a near miss: the heat pump's electricity, investment and upkeep", () => {
    const heat: PartyInput = { kind: "heat", quantity: { amount: 100, unit: "GW.h/a", uncertainty: 0 } };
    const { verdict, money } = evaluate(
      { ...heat, id: 1, quality: { temperature: { value: 45, unit: "Cel" } } },
      { ...heat, id: 2, direction: "input", quality: { temperature: { minimum: 80, unit: "Cel" } } },
    );
    expect(verdict).toBe("near_miss");
    const closing = money.parts.find(({ label }) => label === "Closing the gap")!;
    // 45 K of 363.15 K: 0.1239 kWh of Carnot's work for a kWh of heat, at 0.4 to 0.55 of it and 80 to 180 EUR/MWh: 18.02 to
    // 55.77 EUR/MWh. 100 GWh over 8,760 h are 11,416 kW at 300 to 1,200 EUR, annuity 0.0872; upkeep 2 to 5 EUR/MWh.
    const work = 45 / 363.15;
    const power = 100e6 / 8_760;
    const annuity = 0.06 / (1 - 1.06 ** -20);
    const least = 100_000 * (work / 0.55) * 80 + power * 300 * annuity + 100_000 * 2;
    const most = 100_000 * (work / 0.4) * 180 + power * 1_200 * annuity + 100_000 * 5;
    expect(Number(closing.high)).toBeCloseTo(-least, -1);
    expect(Number(closing.low)).toBeCloseTo(-most, -1);
    expect(Number(closing.amount)).toBeCloseTo(-(least + most) / 2, -1);
  });
});

describe("the ends of the joint value", () => {
  it("take the most of what loses money on each unit for the low end, and of what gains for the high end", () => {
    const { money } = evaluate(
      {
        ...gypsum,
        quantity: { amount: 80_000, unit: "t/a", uncertainty: 0.1 },
        economics: { treatmentCost: eur("60", "t") },
      },
      { ...gypsumNeed, position: north(0) },
    );
    // Usual for gypsum: 15 to 40 EUR/t bought, 25 to 90 EUR/t disposed of; handling 0 to 2 EUR/t, accounts 2,000 to 10,000.
    expect(Number(money.low)).toBeCloseTo(88_000 * (15 + 25 - 60 - 2) - 10_000, -1);
    expect(Number(money.high)).toBeCloseTo(88_000 * (40 + 90 - 60) - 2_000, -1);
  });
});

describe("the economics term", () => {
  it("is one half where the joint value is a quarter of what the need would otherwise cost", () => {
    const tables = parseTables({
      transport: { transactionCostEurPerYear: { low: 0, high: 0 }, handlingEurPerTonne: { road: { low: 0, high: 0 } } },
    });
    const free = createMatcher({ taxonomy, tables, asOf });
    const value = (treatment: string) =>
      termOf(
        free.evaluate(
          createParty({ ...gypsum, economics: { disposalCost: eur("0", "t"), treatmentCost: eur(treatment, "t") } }),
          createParty({ ...gypsumNeed, position: north(0), economics: { virginPrice: eur("100", "t") } }),
        ),
        "economics",
      ).value;
    expect(value("75")).toBeCloseTo(0.5, 9);
    expect(value("0")).toBeCloseTo(1 / (1 + 0.0625), 9);
    expect(value("100")).toBe(0);
  });

  it("counts what is only usual for the grade at its less favourable end, so that saying it never hurts", () => {
    const silent = termOf(evaluate(gypsum, gypsumNeed), "economics").value;
    for (const disposal of ["25", "60", "90"]) {
      const said = evaluate({ ...gypsum, economics: { disposalCost: eur(disposal, "t") } }, gypsumNeed);
      expect(termOf(said, "economics").value).toBeGreaterThanOrEqual(silent);
    }
    for (const virgin of ["15", "25", "40"]) {
      const said = evaluate(gypsum, { ...gypsumNeed, economics: { virginPrice: eur(virgin, "t") } });
      expect(termOf(said, "economics").value).toBeGreaterThanOrEqual(silent - 1e-12);
    }
  });
});

describe("carbon", () => {
  it("is what need not be produced or disposed of, less freight", () => {
    const { carbon } = evaluate(gypsum, gypsumNeed);
    // 80,000 t x ((5 + 25) / 2 + (2 + 15) / 2 - 100 km x 1.3 x 0.077).
    expect(carbon.avoidedKgPerYear).toBeCloseTo(80_000 * (15 + 8.5 - 10.01), -1);
    expect(carbon.low).toBeCloseTo(80_000 * (5 + 2 - 10.01), -1);
    expect(carbon.high).toBeCloseTo(80_000 * (25 + 15 - 10.01), -1);
  });
});
