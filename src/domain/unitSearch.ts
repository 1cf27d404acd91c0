import { canonicalUnitOf, type Dimension, measureOf, type Per } from "./dimension.ts";
import { parseUnit, type Unit } from "./ucum.ts";
import { unitRows } from "./ucumTable.ts";

/** A unit as reference data: what `GET /v1/taxonomy/units` lists. */
export type UnitEntry = {
  code: string;
  name: string;
  /** The coherent unit of its dimension, in UCUM: `kg.m2.s-2`. */
  coherentUnit: string;
  /** One of this unit in the coherent unit. */
  factor: number;
  /** Zero of its scale in the coherent unit; null where it measures from zero. */
  offset: number | null;
  /** What a flow's quantity in this unit measures; null for units that no quantity has. */
  quantity: { dimension: Dimension; per: Per; canonicalUnit: string; factor: number } | null;
};

/** Combinations that industry writes and no table of single units has; first in the list. */
const combined: readonly [string, string, string][] = [
  ["t/a", "tonne per year", "tpa mass flow"],
  ["t/d", "tonne per day", "tpd mass flow"],
  ["t/h", "tonne per hour", "tph steam mass flow"],
  ["kg/h", "kilogram per hour", "mass flow"],
  ["kg", "kilogram", "kilo mass"],
  ["kt/a", "kilotonne per year", "mass flow"],
  ["m3/a", "cubic metre per year", "volume flow"],
  ["m3/h", "cubic metre per hour", "volume flow"],
  ["m3", "cubic metre", "volume cbm"],
  ["m2", "square metre", "area"],
  ["GW.h/a", "gigawatt hour per year", "gwh energy"],
  ["MW.h/a", "megawatt hour per year", "mwh energy"],
  ["GW.h", "gigawatt hour", "gwh energy"],
  ["MW.h", "megawatt hour", "mwh energy"],
  ["kW.h", "kilowatt hour", "kwh energy"],
  ["TJ/a", "terajoule per year", "energy"],
  ["GJ", "gigajoule", "energy"],
  ["MJ/kg", "megajoule per kilogram", "heating value"],
  ["MJ/m3", "megajoule per cubic metre", "heating value"],
  ["kW", "kilowatt", "power heat electricity"],
  ["MW", "megawatt", "power heat electricity"],
  ["t.km", "tonne kilometre", "tkm transport"],
  ["t.km/a", "tonne kilometre per year", "tkm transport"],
  ["h/a", "hour per year", "capacity time"],
  ["h/wk", "hour per week", "capacity time"],
  ["{pieces}", "piece", "pieces items number count"],
  ["{pieces}/a", "piece per year", "pieces items number count"],
  ["mg/L", "milligram per litre", "concentration"],
  ["mg/kg", "milligram per kilogram", "concentration"],
  ["kg/m3", "kilogram per cubic metre", "density"],
  ["kPa", "kilopascal", "pressure"],
  ["mm", "millimetre", "length particle size"],
  ["uS/cm", "microsiemens per centimetre", "conductivity"],
];

type Searched = { code: string; name: string; words: string; unit: Unit };

let everything: readonly Searched[] | undefined;

/**
 * Units whose code, name or synonyms hold what is asked for, exact codes first, then codes, names and synonyms; all of
 * them for an empty question. A question that is itself a UCUM code (`kW.h/d`) is answered first though no table has it.
 */
export function searchUnits(question: string, limit = 50): UnitEntry[] {
  everything ??= listUnits();
  const asked = question.trim().slice(0, 100);
  const lower = asked.toLowerCase();
  const ranked = everything
    .map((searched) => ({ searched, rank: lower === "" ? 0 : rankOf(searched, asked, lower) }))
    .filter(({ rank }) => rank !== null)
    .sort((one, other) => one.rank! - other.rank!)
    .map(({ searched }) => searched);
  const parsed = parseUnit(asked);
  if (parsed.ok && ranked[0]?.code !== asked)
    ranked.unshift({ code: asked, name: asked, words: "", unit: parsed.unit });
  return ranked.slice(0, limit).map(toEntry);
}

function listUnits(): Searched[] {
  const single = unitRows
    .trim()
    .split("\n")
    .map((row): [string, string, string] => {
      const columns = row.split("|");
      return [columns[0]!, columns[5]!, columns[6]!];
    });
  return [...combined, ...single].flatMap(([code, name, words]) => {
    const parsed = parseUnit(code);
    return parsed.ok ? [{ code, name, words: words.toLowerCase(), unit: parsed.unit }] : [];
  });
}

/** Lower is better; null does not fit. */
function rankOf({ code, name, words }: Searched, asked: string, lower: string): number | null {
  if (code === asked) return 0;
  const lowerName = name.toLowerCase();
  const lowerCode = code.toLowerCase();
  if (lowerCode === lower || lowerName === lower) return 1;
  if (lowerCode.startsWith(lower)) return 2;
  if (lowerName.startsWith(lower)) return 3;
  if (lowerCode.includes(lower) || lowerName.includes(lower)) return 4;
  return words.includes(lower) ? 5 : null;
}

function toEntry({ code, name, unit }: Searched): UnitEntry {
  const measure = measureOf(unit);
  const quantity = measure && { ...measure, canonicalUnit: canonicalUnitOf(measure) };
  return { code, name, coherentUnit: unit.dimension, factor: unit.factor, offset: unit.offset, quantity };
}
