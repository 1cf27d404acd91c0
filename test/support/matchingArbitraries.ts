import fc from "fast-check";
import type { Party } from "../../src/matching/party.ts";
import { createParty, north, type PartyInput } from "./matchingParties.ts";

type Side = { output: PartyInput; input: PartyInput };

const amount = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 2_000, max: 900_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 2_000 }) },
);
const uncertainty = fc.option(fc.double({ min: 0, max: 0.6, noNaN: true }), { nil: null });
/** What is stated is mostly, not always, what is asked for. */
const temperature = fc.double({ min: 90, max: 260, noNaN: true });
const askedTemperature = fc.double({ min: 20, max: 160, noNaN: true });
const backTemperature = fc.double({ min: 20, max: 120, noNaN: true });
const propertyUncertainty = fc.constantFrom(undefined, 0, 0.02, 0.1);
const months = fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 11 }), {
  nil: null,
});
const precision = fc.constantFrom("rough", "estimated", "measured", "metered" as const);

const availability = months.map((chosen) =>
  chosen === null ? { pattern: "continuous" as const } : { pattern: "seasonal" as const, months: chosen },
);

const money = (most: number, per: string) =>
  fc.option(
    fc.double({ min: most / 20, max: most, noNaN: true }).map((value) => ({
      amount: value.toFixed(2),
      currency: "EUR" as const,
      per,
    })),
    { nil: null },
  );

const economics = (most: number, per: string) =>
  fc.record({
    price: money(most / 2, per),
    disposalCost: money(most, per),
    virginPrice: money(most, per),
    treatmentCost: money(most / 10, per),
  });

/** A property that an output states and one that an input asks for. */
const value = (range: fc.Arbitrary<number>, unit: string) =>
  fc
    .tuple(range, propertyUncertainty)
    .map(([stated, wide]) => ({ value: stated, unit, ...(wide !== undefined && { uncertainty: wide }) }));
const least = (range: fc.Arbitrary<number>, unit: string) =>
  fc
    .tuple(range, propertyUncertainty)
    .map(([minimum, wide]) => ({ minimum, unit, ...(wide !== undefined && { uncertainty: wide }) }));

const optional = <T>(property: fc.Arbitrary<T>) => fc.option(property, { nil: undefined, freq: 6 });

const clean = (quality: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(quality).filter(([, stated]) => stated !== undefined)) as PartyInput["quality"];

const purity = fc.double({ min: 70, max: 100, noNaN: true });
const askedPurity = fc.double({ min: 40, max: 90, noNaN: true });

const steam: fc.Arbitrary<Side> = fc.record({
  output: fc.record({
    kind: fc.constant("steam" as const),
    grade: fc.constantFrom(null, "process_steam"),
    quality: fc
      .record({
        temperature: optional(value(temperature, "Cel")),
        pressure: optional(value(fc.constantFrom(8, 10, 14, 20), "bar")),
      })
      .map(clean),
    economics: economics(60, "t"),
  }),
  input: fc.record({
    kind: fc.constant("steam" as const),
    grade: fc.constantFrom(null, "process_steam"),
    quality: fc
      .record({
        temperature: optional(least(askedTemperature, "Cel")),
        pressure: optional(least(fc.constantFrom(6, 8, 12), "bar")),
      })
      .map(clean),
    economics: economics(60, "t"),
  }),
});

const heat: fc.Arbitrary<Side> = fc.record({
  output: fc.record({
    kind: fc.constant("heat" as const),
    quality: fc
      .record({
        temperature: optional(value(temperature, "Cel")),
        returnTemperature: optional(value(backTemperature, "Cel")),
      })
      .map(clean),
    economics: economics(80, "MW.h"),
  }),
  input: fc.record({
    kind: fc.constant("heat" as const),
    quality: fc
      .record({
        temperature: optional(least(askedTemperature, "Cel")),
        returnTemperature: optional(value(backTemperature, "Cel")),
      })
      .map(clean),
    economics: economics(80, "MW.h"),
  }),
});

const gypsum: fc.Arbitrary<Side> = fc.record({
  output: fc.record({
    kind: fc.constant("byproduct" as const),
    grade: fc.constantFrom("gypsum", "mineral_byproduct", "fly_ash"),
    codes: fc.constantFrom({ ewc: "100105" }, {}),
    quality: fc.record({ purity: optional(value(purity, "%")) }).map(clean),
    economics: economics(100, "t"),
  }),
  input: fc.record({
    kind: fc.constant("byproduct" as const),
    grade: fc.constantFrom("gypsum", "gypsum", "mineral_byproduct"),
    codes: fc.constantFrom({ ewc: "100105" }, {}),
    quality: fc.record({ purity: optional(least(askedPurity, "%")) }).map(clean),
    economics: economics(100, "t"),
  }),
});

const sludge: fc.Arbitrary<Side> = fc.record({
  output: fc.record({
    kind: fc.constant("waste" as const),
    grade: fc.constant("sewage_sludge"),
    codes: fc.constantFrom({ ewc: "190805" }, { ewc: "190813" }, {}),
    economics: economics(100, "t"),
  }),
  input: fc.record({
    kind: fc.constant("waste" as const),
    grade: fc.constant("sewage_sludge"),
    constraints: fc.constantFrom(
      {},
      { permitsHeld: ["ewc:190805"] },
      { permitsHeld: ["ewc:1908*"] },
      { permitsHeld: ["waste-exemption"] },
    ),
    economics: economics(100, "t"),
  }),
});

const families = [
  { sides: steam, unit: "t/a", reach: 3_300 },
  { sides: heat, unit: "GW.h/a", reach: 5_500 },
  { sides: gypsum, unit: "t/a", reach: 330_000 },
  { sides: sludge, unit: "t/a", reach: 330_000 },
];

const facts = fc.record({
  amount,
  uncertainty,
  availability,
  level: precision,
  verified: fc.boolean(),
  exchangesCompleted: fc.nat(20),
  lot: fc.option(fc.double({ min: 1, max: 2_000, noNaN: true }), { nil: null, freq: 4 }),
});
type Facts = typeof facts extends fc.Arbitrary<infer T> ? T : never;

function inputOf(
  content: PartyInput,
  unit: string,
  { amount, uncertainty, availability, level, verified, exchangesCompleted, lot }: Facts,
): PartyInput {
  const minimumLot = lot === null || lot > amount ? null : { amount: lot, unit: unit.replace("/a", "") };
  return {
    ...content,
    quantity: { amount, unit, uncertainty, minimumLot },
    availability,
    precision: { level },
    verified,
    exchangesCompleted,
  };
}

/** Two sides that might meet, as what their owners write, so that a test can change a field and build them again. */
export const pairInputs: fc.Arbitrary<{ output: PartyInput; input: PartyInput; meters: number }> = fc
  .constantFrom(...families)
  .chain(({ sides, unit, reach }) =>
    fc
      .tuple(sides, facts, facts, fc.integer({ min: 0, max: reach }))
      .map(([{ output, input }, give, take, meters]) => ({
        output: { ...inputOf(output, unit, give), direction: "output" as const, id: 1 },
        input: { ...inputOf(input, unit, take), direction: "input" as const, id: 2, position: north(meters) },
        meters,
      })),
  );

/** One need and some supplies of its family, each somewhere in reach or a little beyond. */
export const needWithSupplies: fc.Arbitrary<{ need: Party; supplies: Party[] }> = fc
  .constantFrom(...families)
  .chain(({ sides, unit, reach }) =>
    fc
      .tuple(
        sides,
        facts,
        fc.array(fc.tuple(sides, facts, fc.integer({ min: 0, max: reach })), {
          minLength: 1,
          maxLength: 12,
        }),
      )
      .map(([{ input }, take, offers]) => ({
        need: createParty({ ...inputOf(input, unit, take), direction: "input", id: 500 }),
        supplies: offers.map(([{ output }, give, meters], index) =>
          createParty({ ...inputOf(output, unit, give), direction: "output", id: index + 1, position: north(meters) }),
        ),
      })),
  );
