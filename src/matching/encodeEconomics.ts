import type { Dimension } from "../domain/dimension.ts";
import { readMeasure } from "../domain/dimension.ts";
import type { Price } from "../domain/price.ts";
import { bridgeQuantity, type MaterialProperties } from "../domain/quantity.ts";
import type { Grade, MoneyRange } from "../domain/reference/types.ts";
import type { Columns } from "./columns.ts";
import type { Party } from "./party.ts";
import type { MatchingTables } from "./tables.ts";

/** Kinds whose receiver buys nothing else in their place: what their grade has no price for replaces nothing. */
const replacesNothing = new Set(["waste", "wastewater"]);

/** Money of one party, for one canonical unit of its own dimension; what it does not state is its grade's usual range. */
export function encodeEconomics(
  columns: Columns,
  row: number,
  { flow }: Party,
  grade: Grade | null,
  dimension: Dimension,
  material: MaterialProperties,
  { exchangeRates }: MatchingTables,
) {
  const { economics } = flow;
  const euros = (price: Price | null): number => {
    if (price === null) return Number.NaN;
    return (
      (Number(price.amount) / exchangeRates.perEuro[price.currency]!) * perCanonical(price.per, dimension, material)
    );
  };
  columns.price[row] = euros(economics.price);
  columns.treatment[row] = euros(economics.treatmentCost) || 0;
  columns.floor[row] = euros(economics.floor) || 0;
  const virgin = euros(economics.virginPrice);
  const disposal = euros(economics.disposalCost);
  columns.statesVirgin[row] = Number.isNaN(virgin) ? 0 : 1;
  columns.statesDisposal[row] = Number.isNaN(disposal) ? 0 : 1;
  const usualVirgin = readRange(grade?.virginPrice ?? null, dimension, material);
  const nothing = grade && replacesNothing.has(grade.kind) ? 0 : Number.NaN;
  columns.virginLow[row] = Number.isNaN(virgin) ? (usualVirgin?.low ?? nothing) : virgin;
  columns.virginHigh[row] = Number.isNaN(virgin) ? (usualVirgin?.high ?? nothing) : virgin;
  columns.virgin[row] = (columns.virginLow[row]! + columns.virginHigh[row]!) / 2;
  const usualDisposal = readRange(grade?.disposalCost ?? null, dimension, material);
  columns.disposalLow[row] = Number.isNaN(disposal) ? (usualDisposal?.low ?? 0) : disposal;
  columns.disposalHigh[row] = Number.isNaN(disposal) ? (usualDisposal?.high ?? 0) : disposal;
  columns.disposal[row] = (columns.disposalLow[row]! + columns.disposalHigh[row]!) / 2;
}

function readRange(range: MoneyRange | null, dimension: Dimension, material: MaterialProperties) {
  const scale = range === null ? Number.NaN : perCanonical(range.per, dimension, material);
  return range === null || Number.isNaN(scale) ? null : { low: range.low * scale, high: range.high * scale };
}

/** What one `per` is for one canonical unit of a dimension; NaN where nothing leads from one to the other. */
export function perCanonical(per: string, dimension: Dimension, material: MaterialProperties): number {
  const read = readMeasure(per);
  if (!read.ok) return Number.NaN;
  const bridge = bridgeQuantity(
    { dimension, per: "once" },
    { dimension: read.measure.dimension, per: "once" },
    material,
  );
  return bridge.ok ? bridge.value / read.measure.factor : Number.NaN;
}
