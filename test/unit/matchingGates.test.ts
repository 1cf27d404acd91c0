import { describe, expect, it } from "vitest";
import type { Evaluation, GateName } from "../../src/matching/evaluation.ts";
import { createParty, matcher, north, organizationIdOf, type PartyInput } from "../support/matchingParties.ts";

/** Verdict, shortfall, what closes it and the facts of one gate. */
function gateOf(evaluation: Evaluation, gate: GateName) {
  return evaluation.gates.find((result) => result.gate === gate)!;
}

const steam: PartyInput = {
  id: 1,
  quality: { temperature: { value: 200, unit: "Cel" }, pressure: { value: 14, unit: "bar" } },
};
const steamNeed: PartyInput = {
  id: 2,
  direction: "input",
  position: north(1_000),
  quality: { temperature: { minimum: 140, unit: "Cel" }, pressure: { minimum: 8, unit: "bar" } },
};
const gypsum: PartyInput = { id: 3, kind: "byproduct", grade: "gypsum", quality: { purity: { value: 95, unit: "%" } } };
const gypsumNeed: PartyInput = {
  id: 4,
  direction: "input",
  kind: "byproduct",
  grade: "gypsum",
  position: north(5_000),
  quality: { purity: { minimum: 90, unit: "%" } },
};
const heat: PartyInput = {
  id: 5,
  kind: "heat",
  quantity: { amount: 200, unit: "GW.h/a" },
  quality: { temperature: { value: 110, unit: "Cel" } },
};
const heatNeed: PartyInput = {
  id: 6,
  direction: "input",
  kind: "heat",
  quantity: { amount: 200, unit: "GW.h/a" },
  position: north(1_000),
  quality: { temperature: { minimum: 80, unit: "Cel" } },
};
const sludge: PartyInput = { id: 7, kind: "waste", grade: "sewage_sludge", codes: { ewc: "190805" } };
const sludgeNeed: PartyInput = {
  id: 8,
  direction: "input",
  kind: "waste",
  grade: "sewage_sludge",
  position: north(5_000),
};

const evaluate = (output: PartyInput, input: PartyInput) => matcher.evaluate(createParty(output), createParty(input));

describe("the order of the gates", () => {
  it("is fixed, with the properties by name after the resource", () => {
    expect(evaluate(steam, steamNeed).gates.map(({ gate }) => gate)).toEqual([
      "resource",
      "quality.pressure",
      "quality.temperature",
      "quantity",
      "temporal",
      "distance",
      "hazard",
      "permit",
      "party",
      "price",
      "economics",
    ]);
  });
});

describe("the resource gate", () => {
  const verdict = (output: PartyInput, input: PartyInput) => gateOf(evaluate(output, input), "resource").verdict;

  it("passes the same grade and a finer one, and does not know of a coarser one", () => {
    expect(verdict(gypsum, gypsumNeed)).toBe("pass");
    expect(verdict(gypsum, { ...gypsumNeed, grade: "mineral_byproduct" })).toBe("pass");
    expect(verdict({ ...gypsum, grade: "mineral_byproduct" }, gypsumNeed)).toBe("unknown");
    expect(verdict({ ...gypsum, grade: null }, gypsumNeed)).toBe("unknown");
  });

  it("does not know whether a grade serves a need that names only a kind of many things, unless the kind says it all", () => {
    expect(verdict(gypsum, { ...gypsumNeed, grade: null })).toBe("unknown");
    expect(verdict({ ...steam, grade: "process_steam" }, steamNeed)).toBe("pass");
  });

  it("fails another grade, unless both have the same EWC code or HS codes that agree at the level both declare", () => {
    const ash = { ...gypsum, grade: "fly_ash" };
    expect(verdict(ash, gypsumNeed)).toBe("fail");
    expect(verdict({ ...ash, codes: { ewc: "100105" } }, { ...gypsumNeed, codes: { ewc: "100105" } })).toBe("pass");
    expect(verdict({ ...ash, codes: { hs: "252010" } }, { ...gypsumNeed, codes: { hs: "2520" } })).toBe("pass");
    expect(verdict({ ...ash, codes: { hs: "252010" } }, { ...gypsumNeed, codes: { hs: "252020" } })).toBe("fail");
  });

  it("lets a substitution that the taxonomy states stand in one way only, for its factor of the quality", () => {
    const hot = { ...heat, grade: "flue_gas_heat" };
    const network = { ...heatNeed, grade: "district_heat" };
    const evaluation = evaluate(hot, network);
    expect(gateOf(evaluation, "resource").verdict).toBe("pass");
    // 110 Cel against 80 + 20 K behind flue gas: an excess of 10 K of a scale of 80 K loses 0.3 / 9.
    expect(evaluation.terms[0]!.value).toBeCloseTo(0.95 * (1 - 0.3 * (10 / 90)), 9);
    expect(verdict({ ...heat, grade: "district_heat" }, { ...heatNeed, grade: "flue_gas_heat" })).toBe("fail");
  });
});

describe("the quality gates", () => {
  const temperatureOf = (output: PartyInput, input: PartyInput) =>
    gateOf(evaluate(output, input), "quality.temperature");

  it("are one-sided where the need is: hotter passes and colder does not", () => {
    const at = (value: number) =>
      temperatureOf({ ...steam, quality: { temperature: { value, unit: "Cel" } } }, steamNeed);
    expect(at(140).verdict).toBe("pass");
    expect(at(400).verdict).toBe("pass");
    expect(at(139).verdict).toBe("near");
    expect(at(79).verdict).toBe("fail");
  });

  it("ask of heat 10 K more, which the heat exchanger takes, and of steam nothing more", () => {
    const at = (value: number) =>
      temperatureOf({ ...heat, quality: { temperature: { value, unit: "Cel" } } }, heatNeed);
    expect(at(90).verdict).toBe("pass");
    expect(at(89.9)).toMatchObject({ verdict: "near", short: { unit: "K" } });
    expect(at(89.9).short!.amount).toBeCloseTo(0.1, 9);
  });

  it("tell a near miss of heat by the kelvins that a heat pump would lift", () => {
    const tepid = temperatureOf({ ...heat, quality: { temperature: { value: 45, unit: "Cel" } } }, heatNeed);
    expect(tepid).toMatchObject({
      verdict: "near",
      short: { amount: 45, unit: "K" },
      closes: "A heat pump that lifts 45 K",
    });
  });

  it("compare across scales: 284 degrees Fahrenheit are 140 Cel, 800 kPa are 8 bar", () => {
    const american: PartyInput = {
      ...steam,
      quality: { temperature: { value: 284, unit: "[degF]" }, pressure: { value: 800, unit: "kPa" } },
    };
    const { gates } = evaluate(american, steamNeed);
    expect(gates.filter(({ gate }) => gate.startsWith("quality.")).map(({ verdict }) => verdict)).toEqual([
      "pass",
      "pass",
    ]);
  });

  it("are contained, disjoint or overlapping as intervals", () => {
    const between = (minimum: number, maximum: number) =>
      temperatureOf({ ...steam, quality: { temperature: { minimum, maximum, unit: "Cel" } } }, steamNeed).verdict;
    expect(between(150, 160)).toBe("pass");
    expect(between(130, 150)).toBe("uncertain");
    expect(between(100, 130)).toBe("near");
    expect(between(20, 60)).toBe("fail");
  });

  it("widen what is stated by its uncertainty", () => {
    const at = (uncertainty: number) =>
      temperatureOf({ ...steam, quality: { temperature: { value: 150, uncertainty, unit: "Cel" } } }, steamNeed)
        .verdict;
    expect(at(0.05)).toBe("pass");
    expect(at(0.1)).toBe("uncertain");
  });

  it("do not know what the output leaves unsaid", () => {
    expect(temperatureOf({ ...steam, quality: {} }, steamNeed).verdict).toBe("unknown");
  });

  it("take ten percentage points of purity for near, and twenty not", () => {
    const at = (value: number) =>
      gateOf(evaluate({ ...gypsum, quality: { purity: { value, unit: "%" } } }, gypsumNeed), "quality.purity");
    expect(at(80)).toMatchObject({ verdict: "near", short: { amount: 10, unit: "%" } });
    expect(at(70)).toMatchObject({ verdict: "fail", short: { amount: 20, unit: "%" } });
  });

  it("compare a concentration with a mass share by the density, and do not guess without one", () => {
    const limit: PartyInput["quality"] = { chloride: { maximum: 100, unit: "mg/kg" } };
    const stated: PartyInput["quality"] = { chloride: { value: 90, unit: "mg/L" } };
    const water: PartyInput = { kind: "water", grade: "surface_water", quantity: { amount: 1e6, unit: "m3/a" } };
    const chloride = (output: PartyInput) =>
      gateOf(
        evaluate({ ...water, ...output, id: 1 }, { ...water, id: 2, direction: "input", quality: limit! }),
        "quality.chloride",
      );
    // 90 mg/L over 998 kg/m3 are 90.2 mg/kg.
    expect(chloride({ quality: stated! }).verdict).toBe("pass");
    expect(chloride({ quality: { chloride: { value: 99.9, unit: "mg/L" } } }).verdict).toBe("near");
    expect(chloride({ quality: stated!, kind: "material", grade: null }).verdict).toBe("unknown");
  });

  it("never gate by the return temperature", () => {
    const { gates } = evaluate(
      { ...heat, quality: { ...heat.quality, returnTemperature: { value: 60, unit: "Cel" } } },
      { ...heatNeed, quality: { ...heatNeed.quality, returnTemperature: { value: 95, unit: "Cel" } } },
    );
    expect(gates.map(({ gate }) => gate)).not.toContain("quality.returnTemperature");
  });
});

describe("the quantity gate", () => {
  const quantityOf = (output: PartyInput, input: PartyInput) => gateOf(evaluate(output, input), "quantity");
  const of = (amount: number, unit: string, more: object = {}) => ({ quantity: { amount, unit, ...more } });

  it("compares tonnes with cubic metres by the grade's density", () => {
    const evaluation = evaluate({ ...gypsum, ...of(1_000, "m3/a") }, { ...gypsumNeed, ...of(2_000, "t/a") });
    // Gypsum of 1,000 kg/m3: 1,000 m3 are 1,000 t.
    expect(gateOf(evaluation, "quantity").verdict).toBe("pass");
    expect(evaluation.quantity).toEqual({ amount: 1_000, unit: "t/a" });
  });

  it("refuses tonnes against cubic metres without a density, and says so", () => {
    const anything: PartyInput = { kind: "material", grade: null };
    const refused = quantityOf(
      { ...anything, id: 1, ...of(1_000, "m3/a") },
      { ...anything, id: 2, direction: "input", ...of(1_000, "t/a") },
    );
    expect(refused.verdict).toBe("fail");
    expect(refused.detail).toContain("density");
  });

  it("refuses a single amount against a rate", () => {
    const refused = quantityOf({ ...gypsum, ...of(500, "t", { basis: "one_off" }) }, gypsumNeed);
    expect(refused).toMatchObject({ verdict: "fail" });
    expect(refused.detail).toContain("single amount");
  });

  it("takes what recurs as the amount of a year", () => {
    const weekly = { pattern: "windowed" as const, rrule: "FREQ=WEEKLY;BYDAY=MO", from: "2025-01-06" };
    const { quantity } = evaluate(
      { ...gypsum, ...of(24, "t", { basis: "recurring" }), availability: weekly },
      { ...gypsumNeed, ...of(10, "t", { basis: "recurring" }), availability: weekly },
    );
    // 52 Mondays in 2026.
    expect(quantity).toEqual({ amount: 520, unit: "t/a" });
  });

  it("knows nothing left, which is no", () => {
    expect(quantityOf({ ...gypsum, ...of(1_000, "t/a"), reservedAmount: 1_000 }, gypsumNeed).verdict).toBe("fail");
  });

  it("holds a minimum lot against what the need has left: twice as much is near, more is not", () => {
    const lot = (amount: number) => ({ ...gypsum, ...of(100_000, "t/a", { minimumLot: { amount, unit: "t" } }) });
    const need = { ...gypsumNeed, ...of(100, "t/a", { uncertainty: 0 }) };
    expect(quantityOf(lot(100), need).verdict).toBe("pass");
    expect(quantityOf(lot(150), need)).toMatchObject({ verdict: "near", short: { amount: 50, unit: "t" } });
    expect(quantityOf(lot(250), need).verdict).toBe("fail");
    expect(quantityOf(lot(105), { ...gypsumNeed, ...of(100, "t/a", { uncertainty: 0.1 }) }).verdict).toBe("uncertain");
  });

  it("shares capacity in hours", () => {
    const crane: PartyInput = { kind: "equipment", grade: null, direction: "shared", ...of(2_000, "h/a") };
    const { quantity, gates } = evaluate(
      { ...crane, id: 1 },
      { ...crane, id: 2, direction: "input", ...of(300, "h/a") },
    );
    expect(gates.find(({ gate }) => gate === "quantity")!.verdict).toBe("pass");
    expect(quantity).toEqual({ amount: 300, unit: "h/a" });
  });
});

describe("the temporal gate", () => {
  const temporalOf = (months: number[]) =>
    gateOf(
      evaluate(
        { ...heat, availability: { pattern: "seasonal", months } },
        { ...heatNeed, availability: { pattern: "seasonal", months: [10, 11, 12, 1, 2, 3] } },
      ),
      "temporal",
    );

  it("needs an hour in common, and tells a gap of one month as near", () => {
    expect(temporalOf([3, 4]).verdict).toBe("pass");
    expect(temporalOf([4, 5])).toMatchObject({ verdict: "near", short: { amount: 1, unit: "mo" } });
    expect(temporalOf([6, 7]).verdict).toBe("fail");
  });

  it("sees each side on its own site's clocks", () => {
    const day = (from: string, to: string) => ({
      pattern: "windowed" as const,
      weekly: (["mon", "tue", "wed", "thu", "fri"] as const).map((weekday) => ({ day: weekday, from, to })),
    });
    const tokyo = { ...steam, timeZone: "Asia/Tokyo", availability: day("16:00", "18:00") };
    const copenhagen = { ...steamNeed, availability: day("08:00", "10:00") };
    // 16:00 in Tokyo is 08:00 in Copenhagen in winter and 09:00 in summer.
    expect(gateOf(evaluate(tokyo, copenhagen), "temporal").verdict).toBe("pass");
    expect(gateOf(evaluate({ ...tokyo, timeZone: "Europe/Copenhagen" }, copenhagen), "temporal").verdict).toBe("fail");
  });
});

describe("the distance gate", () => {
  const distanceOf = (output: PartyInput, input: PartyInput) => gateOf(evaluate(output, input), "distance");

  it("holds the limit of what is carried, and tells a fifth more as near", () => {
    const at = (meters: number) => distanceOf(steam, { ...steamNeed, position: north(meters) });
    expect(at(2_999).verdict).toBe("pass");
    expect(at(3_500)).toMatchObject({ verdict: "near", short: { unit: "km" } });
    expect(at(3_500).short!.amount).toBeCloseTo(0.5, 5);
    expect(at(3_700).verdict).toBe("fail");
    expect(distanceOf(gypsum, { ...gypsumNeed, position: north(299_000) }).verdict).toBe("pass");
  });

  it("takes either side's own limit where that is less", () => {
    const near = { constraints: { maximumDistanceMeters: 800 } };
    expect(distanceOf({ ...steam, ...near }, steamNeed).verdict).toBe("fail");
    expect(distanceOf(steam, { ...steamNeed, ...near }).verdict).toBe("fail");
    expect(distanceOf({ ...steam, constraints: { maximumDistanceMeters: 50_000 } }, steamNeed).verdict).toBe("pass");
  });

  it("carries heat from 50 MW up four times as far", () => {
    // 50 MW over the 8,760 hours of 2026 are 438 GW.h.
    const of = (amount: number) => ({ quantity: { amount, unit: "GW.h/a" }, position: north(15_000) });
    expect(distanceOf({ ...heat, ...of(500) }, { ...heatNeed, ...of(439), position: north(0) }).verdict).toBe("pass");
    expect(distanceOf({ ...heat, ...of(500) }, { ...heatNeed, ...of(437), position: north(0) }).verdict).toBe("fail");
  });
});

describe("the hazard and permit gates", () => {
  const verdicts = (output: PartyInput, input: PartyInput) => {
    const evaluation = evaluate(output, input);
    return [gateOf(evaluation, "hazard").verdict, gateOf(evaluation, "permit").verdict];
  };
  const holding = (...permitsHeld: string[]): PartyInput => ({ ...sludgeNeed, constraints: { permitsHeld } });
  const hazardous = { ...sludge, codes: { ewc: "190813" } };

  it("refuse hazardous waste to a receiver without the permit for its code", () => {
    expect(verdicts(hazardous, sludgeNeed)).toEqual(["fail", "pass"]);
    expect(verdicts(hazardous, holding("waste-exemption"))[0]).toBe("fail");
    expect(verdicts(hazardous, holding("treatment:R3"))[0]).toBe("fail");
    expect(verdicts(hazardous, holding("ewc:190813"))).toEqual(["pass", "pass"]);
    expect(verdicts(hazardous, holding("ewc:1908*"))).toEqual(["pass", "pass"]);
  });

  it("take a mirror entry for hazardous until it is shown to be clean", () => {
    // 190814 mirrors 190813.
    expect(verdicts({ ...sludge, codes: { ewc: "190814" } }, sludgeNeed)[0]).toBe("fail");
    expect(verdicts({ ...sludge, codes: { ewc: "190814", shownNonHazardous: true } }, sludgeNeed)[0]).toBe("pass");
  });

  it("do not know of other waste while the receiver states no permit, and pass what is no waste", () => {
    expect(verdicts(sludge, sludgeNeed)).toEqual(["pass", "unknown"]);
    expect(verdicts(sludge, holding("ewc:190805"))).toEqual(["pass", "pass"]);
    expect(verdicts(sludge, holding("waste-exemption"))).toEqual(["pass", "pass"]);
    expect(verdicts({ ...sludge, codes: {} }, sludgeNeed)).toEqual(["unknown", "unknown"]);
    expect(verdicts({ ...hazardous, legalStatus: "end_of_waste" }, sludgeNeed)).toEqual(["pass", "pass"]);
  });

  it("tell one permit that is missing as near, and two as no", () => {
    const requiring = (...permitsRequired: string[]) =>
      gateOf(evaluate({ ...steam, constraints: { permitsRequired } }, steamNeed), "permit");
    expect(requiring("authority:A-1")).toMatchObject({
      verdict: "near",
      short: { amount: 1, unit: "1" },
      closes: "A permit or exemption for authority:A-1",
    });
    expect(requiring("authority:A-1", "authority:A-2").verdict).toBe("fail");
    const held = { ...steamNeed, constraints: { permitsHeld: ["authority:A-1"] } };
    expect(
      gateOf(evaluate({ ...steam, constraints: { permitsRequired: ["authority:A-1"] } }, held), "permit").verdict,
    ).toBe("pass");
  });

  it("name the notification that waste needs over a border", () => {
    const abroad = { ...holding("ewc:190805"), country: "DE" };
    expect(gateOf(evaluate(sludge, abroad), "permit")).toMatchObject({ verdict: "pass" });
    expect(gateOf(evaluate(sludge, abroad), "permit").detail).toContain("from DK to DE needs a notification");
    expect(gateOf(evaluate(gypsum, { ...gypsumNeed, country: "DE" }), "permit").detail).not.toContain("notification");
  });
});

describe("the party gate", () => {
  const verdict = (output: PartyInput, input: PartyInput) => gateOf(evaluate(output, input), "party").verdict;

  it("refuses what either side has blocked", () => {
    expect(verdict({ ...steam, constraints: { blockedOrganizationIds: [organizationIdOf(2)] } }, steamNeed)).toBe(
      "fail",
    );
    expect(verdict(steam, { ...steamNeed, constraints: { blockedOrganizationIds: [organizationIdOf(1)] } })).toBe(
      "fail",
    );
    expect(verdict(steam, { ...steamNeed, constraints: { blockedOrganizationIds: [organizationIdOf(9)] } })).toBe(
      "pass",
    );
  });

  it("refuses flows of one organization, unless one of them asks for that", () => {
    const own = { ...steamNeed, organization: 1 };
    expect(verdict(steam, own)).toBe("fail");
    expect(verdict(steam, { ...own, constraints: { allowsOwnOrganization: true } })).toBe("pass");
    expect(verdict({ ...steam, constraints: { allowsOwnOrganization: true } }, own)).toBe("pass");
  });
});

describe("the price gate", () => {
  const priceOf = (ask: string | null, bid: string | null, per = "t") => {
    const price = (amount: string | null, unit: string) =>
      amount === null ? {} : { economics: { price: { amount, currency: "EUR" as const, per: unit } } };
    return gateOf(evaluate({ ...steam, ...price(ask, per) }, { ...steamNeed, ...price(bid, "t") }), "price");
  };

  it("passes a bid that meets the ask, and silence", () => {
    expect(priceOf("6.00", "6.00").verdict).toBe("pass");
    expect(priceOf("-3.00", "-2.00").verdict).toBe("pass");
    expect(priceOf("6.00", null).verdict).toBe("pass");
    expect(priceOf(null, "6.00").verdict).toBe("pass");
  });

  it("tells an ask a quarter over the bid as near, and more as no, in the unit of the bid", () => {
    expect(priceOf("7.50", "6.00")).toMatchObject({ verdict: "near", short: { amount: 1.5, unit: "EUR/t" } });
    expect(priceOf("7.60", "6.00").verdict).toBe("fail");
    expect(priceOf("0.0075", "6.00", "kg").verdict).toBe("near");
  });

  it("compares a price per cubic metre with one per tonne by the density", () => {
    const of = (amount: string, per: string) => ({ economics: { price: { amount, currency: "EUR" as const, per } } });
    const volume = { ...gypsum, grade: "fly_ash", quantity: { amount: 1_000, unit: "m3/a" } };
    const mass = { ...gypsumNeed, grade: "fly_ash", quality: {} };
    // Fly ash of 900 kg/m3: 9 EUR/m3 are 10 EUR/t.
    const verdict = (bid: string) =>
      gateOf(evaluate({ ...volume, ...of("9", "m3") }, { ...mass, ...of(bid, "t") }), "price").verdict;
    expect(verdict("10.01")).toBe("pass");
    expect(verdict("9.99")).toBe("near");
  });
});

describe("the economics gate", () => {
  it("refuses what costs more to carry than it saves, and what brings less than both floors", () => {
    const bulky: PartyInput = { kind: "waste", grade: "biomass_fertilizer", codes: { ewc: "020705" } };
    const cheap = {
      economics: {
        virginPrice: { amount: "1", currency: "EUR" as const, per: "t" },
        disposalCost: { amount: "1", currency: "EUR" as const, per: "t" },
      },
    };
    const far = { ...bulky, id: 2, direction: "input" as const, position: north(250_000), ...cheap };
    // 250 km at 0.05 x 1.3 x 2 EUR per t.km are 32 EUR/t at the least.
    expect(gateOf(evaluate({ ...bulky, id: 1, ...cheap }, far), "economics").verdict).toBe("fail");
    const floor = (amount: string) =>
      gateOf(
        evaluate({ ...steam, economics: { floor: { amount, currency: "EUR", per: "t" } } }, steamNeed),
        "economics",
      );
    expect(floor("1").verdict).toBe("pass");
    expect(floor("30").verdict).toBe("uncertain");
    expect(floor("100").verdict).toBe("fail");
    expect(floor("100").detail).not.toContain("100");
  });

  it("does not know where neither side nor the grade tells what the need costs otherwise", () => {
    const anything: PartyInput = { kind: "material", grade: null };
    const evaluation = evaluate({ ...anything, id: 1 }, { ...anything, id: 2, direction: "input" });
    expect(gateOf(evaluation, "economics").verdict).toBe("unknown");
    expect(evaluation.terms.find(({ term }) => term === "economics")).toMatchObject({ value: 0, low: 0, high: 1 });
  });
});
