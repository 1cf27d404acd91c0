import type { ConversionResult, Fault, MaterialProperties } from "./quantity.ts";
import { convertValue, parseUnit, toCoherent, type Unit } from "./ucum.ts";

/** What a named property of quality measures, with the coherent unit that it is compared in. */
export type PropertyRule = {
  measures: "temperature" | "pressure" | "fraction" | "heating value" | "acidity" | "length" | "density";
  /** UCUM codes whose dimensions are allowed, the usual one first. */
  units: readonly string[];
  /** Inclusive, in the coherent unit of the dimension. */
  least: number;
  most: number;
  /** Said of a value outside. */
  bounds: string;
};

const rules = {
  temperature: {
    measures: "temperature",
    units: ["Cel"],
    least: 0,
    most: 1e5,
    bounds: "a temperature is not under absolute zero (-273.15 Cel)",
  },
  pressure: {
    measures: "pressure",
    units: ["bar"],
    least: 0,
    most: 1e12,
    bounds: "a pressure is absolute and not negative",
  },
  fraction: { measures: "fraction", units: ["%"], least: 0, most: 1, bounds: "a fraction is from 0 to 100 %" },
  heatingValue: {
    measures: "heating value",
    units: ["MJ/kg", "MJ/m3"],
    least: 0,
    most: 1e12,
    bounds: "a heating value is not negative",
  },
  // Strong acids and bases lie a little outside 0 to 14.
  acidity: { measures: "acidity", units: ["[pH]"], least: -2, most: 16, bounds: "a pH is from -2 to 16" },
  length: { measures: "length", units: ["mm"], least: 0, most: 1e9, bounds: "a length is not negative" },
  density: { measures: "density", units: ["kg/m3"], least: 0, most: 1e6, bounds: "a density is not negative" },
} as const satisfies Record<string, PropertyRule>;

const rulesByName: readonly [RegExp, PropertyRule][] = [
  [/^temperature$|Temperature$|^(dew|flash|melting|boiling|freezing|pour)Point$/, rules.temperature],
  [/^pressure$|Pressure$/, rules.pressure],
  [
    /^(purity|moisture|humidity|dryness|ash|ashContent|dryMatter|dryMatterContent|moistureContent|waterContent)$/,
    rules.fraction,
  ],
  [/^heatingValue$|HeatingValue$|^calorificValue$|CalorificValue$/, rules.heatingValue],
  [/^pH$/, rules.acidity],
  [/^particleSize$|ParticleSize$|^(length|width|height|thickness|diameter)$/, rules.length],
  [/^density$|Density$/, rules.density],
];

/** What nothing in nature goes under, whatever the property is called; by coherent unit. */
const leastByDimension = new Map([
  ["K", { least: 0, bounds: rules.temperature.bounds }],
  ["kg.m-3", { least: 0, bounds: "a concentration is not negative" }],
  ["m-3", { least: 0, bounds: "a concentration is not negative" }],
]);

/** Valid UCUM, and almost never what is meant as a property's unit. */
const lookalikes = new Map([
  ["C", "C is the coulomb; write Cel for degrees Celsius"],
  ["F", "F is the farad; write [degF] for degrees Fahrenheit"],
  ["pH", "pH is the picohenry; write [pH]"],
]);

/** The rule of a property; null for a name that is not known (a contaminant, say), which takes any unit. */
export function findPropertyRule(name: string): PropertyRule | null {
  return rulesByName.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}

type Range = { value?: number | undefined; minimum?: number | undefined; maximum?: number | undefined; unit: string };

/** What is wrong with a property's range: a unit of another dimension, or a value that cannot be (under absolute zero). */
export function checkProperty(name: string, range: Range): Fault[] {
  const parsed = parseUnit(range.unit);
  // A unit that is not UCUM was refused already by its own schema.
  if (!parsed.ok) return [];
  const { unit } = parsed;
  const rule = findPropertyRule(name);
  if (rule && !fitsRule(unit, rule)) {
    const hint = lookalikes.get(unit.code) ?? `write it in ${rule.units.join(" or ")}`;
    return [
      { path: ["unit"], code: "wrong_dimension", message: `${name} is a ${rule.measures}, not ${unit.code}: ${hint}.` },
    ];
  }
  const limits = rule ?? leastByDimension.get(unit.dimension);
  if (!limits) return [];
  const most = rule?.most ?? Number.POSITIVE_INFINITY;
  const faults: Fault[] = [];
  for (const end of ["value", "minimum", "maximum"] as const) {
    const stated = range[end];
    if (stated === undefined) continue;
    const coherent = toCoherent(stated, unit);
    // The slack lets -273.15 Cel, -459.67 [degF] and 100 % through whatever their rounding.
    if (coherent >= limits.least - 1e-9 && coherent <= most * (1 + 1e-9)) continue;
    const isTooCold = unit.dimension === "K" && coherent < 0;
    const code = isTooCold ? "below_absolute_zero" : "value_out_of_range";
    faults.push({ path: [end], code, message: `${name} ${stated} ${unit.code}: ${limits.bounds}.` });
  }
  return faults;
}

/** A temperature in kelvin; null for a unit that measures none. */
export function toKelvin(value: number, unit: string): number | null {
  return toDimension(value, unit, "K");
}

/** A pressure in pascals; null for a unit that measures none. */
export function toPascals(value: number, unit: string): number | null {
  return toDimension(value, unit, "kg.m-1.s-2");
}

/** A fraction of 1; null for a unit with a dimension. */
export function toFraction(value: number, unit: string): number | null {
  return toDimension(value, unit, "1");
}

/**
 * A property's value in another unit: of the same dimension, or from a mass in a volume to a mass in a mass (`mg/L` to
 * `mg/kg`) and from energy per mass to energy per volume, which need the density. Nothing is guessed.
 */
export function convertProperty(
  value: number,
  fromUnit: string,
  toUnit: string,
  properties: MaterialProperties = {},
): ConversionResult {
  const from = parseUnit(fromUnit);
  if (!from.ok) return from;
  const to = parseUnit(toUnit);
  if (!to.ok) return to;
  const converted = convertValue(value, from.unit, to.unit);
  if (converted !== null) return { ok: true, value: converted };
  const power = perMassOfPerVolume.get(from.unit.dimension) === to.unit.dimension ? -1 : 1;
  const [volumetric, massive] = power === -1 ? [from.unit, to.unit] : [to.unit, from.unit];
  if (perMassOfPerVolume.get(volumetric.dimension) !== massive.dimension)
    return { ok: false, reason: "dimension_mismatch", message: `${fromUnit} and ${toUnit} measure different things.` };
  const density = properties.densityKgPerM3;
  if (!density || density < 0)
    return {
      ok: false,
      reason: "density_needed",
      message: `${volumetric.code} is per volume and ${massive.code} per mass; comparing them needs a density in kg/m3.`,
    };
  return { ok: true, value: (value * from.unit.factor * density ** power) / to.unit.factor };
}

/** Dimensions of what is stated per volume, each with that of the same per mass: concentration, energy, number. */
const perMassOfPerVolume = new Map([
  ["kg.m-3", "1"],
  ["kg.m-1.s-2", "m2.s-2"],
  ["m-3", "kg-1"],
]);

function toDimension(value: number, code: string, dimension: string): number | null {
  const parsed = parseUnit(code);
  return parsed.ok && parsed.unit.dimension === dimension ? toCoherent(value, parsed.unit) : null;
}

function fitsRule(unit: Unit, rule: PropertyRule): boolean {
  // Percentages are no pH, although both are without dimension.
  if (rule === rules.acidity) return unit.dimension === "1" && unit.factor === 1 && !unit.isTimeOverTime;
  if (unit.code === "[pH]" || unit.isTimeOverTime) return false;
  return rule.units.some((code) => {
    const allowed = parseUnit(code);
    return allowed.ok && allowed.unit.dimension === unit.dimension;
  });
}
