import type { FlowContent } from "./flow.ts";
import { toKelvin } from "./property.ts";
import { toCanonical } from "./quantity.ts";
import { monthsMask, widenMonthsMask } from "./season.ts";

/** What of a flow the database compares to find candidates, worked out when the flow is written. */
export type FlowSearchFacts = {
  /** `mass/year`, `energy/once`: the dimension of the quantity and what it is per. */
  dimension: string;
  /** The quantity in the canonical unit of its dimension; for a recurring one, of each occurrence. */
  canonicalAmount: number;
  /** UTC months in which the flow can be open, wherever its site is: bit 0 is January. */
  monthsMask: number;
  /** The stated bounds of `quality.temperature`, widened by its uncertainty; null where open. */
  temperatureMinimumKelvin: number | null;
  temperatureMaximumKelvin: number | null;
};

/** The search facts of a flow whose quantity has passed its checks. */
export function computeSearchFacts(flow: Pick<FlowContent, "quantity" | "quality" | "availability">): FlowSearchFacts {
  const result = toCanonical(flow.quantity);
  if (!result.ok) throw new TypeError(result.message);
  const { dimension, per, value } = result.canonical;
  return {
    dimension: `${dimension}/${per}`,
    canonicalAmount: value,
    // A site can move to another zone, so a month is added at both ends, which covers all of them.
    monthsMask: widenMonthsMask(monthsMask(flow.availability, "UTC"), 1),
    ...temperatureBounds(flow),
  };
}

function temperatureBounds({ quality }: Pick<FlowContent, "quality">) {
  const range = quality.temperature;
  const bound = (stated: number | undefined, sign: 1 | -1): number | null => {
    if (range === undefined || stated === undefined) return null;
    const kelvin = toKelvin(stated, range.unit);
    return kelvin === null
      ? null
      : Math.max(0, kelvin + sign * Math.abs(stated) * (range.uncertainty ?? 0) * kelvinsPer(range.unit));
  };
  return {
    temperatureMinimumKelvin: bound(range?.value ?? range?.minimum, -1),
    temperatureMaximumKelvin: bound(range?.value ?? range?.maximum, 1),
  };
}

/** The size of one step of a temperature scale, in kelvins. */
function kelvinsPer(unit: string): number {
  return (toKelvin(1, unit) ?? 1) - (toKelvin(0, unit) ?? 0);
}
