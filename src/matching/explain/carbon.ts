import { type Dimension, dimensions } from "../../domain/dimension.ts";
import type { MaterialProperties } from "../../domain/quantity.ts";
import type { Grade } from "../../domain/reference/types.ts";
import type { Triple } from "../carriage.ts";
import type { Columns } from "../columns.ts";
import { unitsOf } from "../economics.ts";
import { perCanonical } from "../encodeEconomics.ts";
import type { Carbon, CarbonPart } from "../evaluation.ts";
import { at } from "../pair.ts";
import { dimensionOf, type Explained, gradeOf, materialOf } from "./subject.ts";
import { tidy } from "./words.ts";

/**
 * CO2e avoided: what need not be produced, and need not be disposed of, less carriage. Beside the score and not inside it.
 * What is replaced follows the need's grade, what is disposed of the output's.
 */
export function explainCarbon(explained: Explained): Carbon {
  const { pair, output, input, outputColumns, i, inputColumns, j } = explained;
  const { figures } = pair;
  const bridge = figures[at.bridge]! || 0;
  const factor = figures[at.qualityFactor]!;
  const need = carbonOf(gradeOf(pair, input), inputColumns, j, materialOf(pair, input));
  const supply = carbonOf(gradeOf(pair, output), outputColumns, i, materialOf(pair, output));
  const replaced = need?.replaced ?? scale(supply?.replaced ?? nothing, bridge);
  const parts = [
    times("Production replaced", scale(replaced, factor), figures),
    times("Disposal avoided", scale(supply?.disposal ?? nothing, bridge), figures),
    times("Carriage", scale(carriageOf(explained), -1), figures),
  ].filter(({ low, high }) => low !== 0 || high !== 0);
  const sum = (pick: (part: CarbonPart) => number) => tidy(parts.reduce((total, part) => total + pick(part), 0));
  return { avoidedKgPerYear: sum(({ kg }) => kg), low: sum(({ low }) => low), high: sum(({ high }) => high), parts };
}

const nothing: Triple = [0, 0, 0];

/** By a factor that may be negative, which turns the ends around. */
function scale([low, middle, high]: Triple, factor: number): Triple {
  return factor < 0 ? [high * factor, middle * factor, low * factor] : [low * factor, middle * factor, high * factor];
}

function times(label: string, [low, middle, high]: Triple, figures: Float64Array): CarbonPart {
  const [least, quantity, most] = [figures[at.quantity]!, figures[at.quantity + 1]!, figures[at.quantity + 2]!];
  return {
    label,
    kg: tidy(middle * quantity),
    low: tidy(low * (low < 0 ? most : least)),
    high: tidy(high * (high < 0 ? least : most)),
  };
}

/** kg for one canonical unit of the party's own dimension. */
function carbonOf(
  grade: Grade | null,
  columns: Columns,
  row: number,
  material: MaterialProperties,
): { replaced: Triple; disposal: Triple } | null {
  const range = grade?.carbonKgPerUnit;
  const units = range ? perCanonical(range.per, dimensionOf(columns, row), material) : Number.NaN;
  if (!range || Number.isNaN(units)) return null;
  const ends = (low: number, high: number): Triple => [low * units, ((low + high) / 2) * units, high * units];
  return {
    replaced: ends(range.replacedLow, range.replacedHigh),
    disposal: ends(range.disposalLow, range.disposalHigh),
  };
}

/** kg for one unit of the input: freight by mass, pumping by what is pumped. */
function carriageOf({ pair, outputColumns, i, inputColumns, j }: Explained): Triple {
  const grade = outputColumns.grade[i]!;
  const carriage = grade < 0 ? null : pair.rules.carriages[grade]!;
  if (carriage === null) return nothing;
  const units = (dimension: Dimension) => {
    const count = unitsOf(outputColumns, i, inputColumns, j, dimensions.indexOf(dimension), pair.figures[at.bridge]!);
    return Number.isNaN(count) ? 0 : count;
  };
  const { pumpedDimension, carbonPerKgMeter, carbonPerUnitMeter } = carriage;
  const [mass, pumped] = [units("mass"), pumpedDimension === null ? 0 : units(pumpedDimension)];
  const over = (end: 0 | 1 | 2) => {
    const meters = pair.figures[at.nearestMeters + end]!;
    return carbonPerKgMeter[end] * (mass * meters) + carbonPerUnitMeter[end] * (pumped * meters);
  };
  return [over(0), over(1), over(2)];
}
