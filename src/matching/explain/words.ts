import type { PropertyRange } from "../../domain/quality.ts";

const numberFormat = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 4 });
const wholeFormat = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** Four significant digits, and every digit of a whole part that has more: 1.072, 215,000, 1,234,567. */
export function formatNumber(value: number): string {
  return Math.abs(value) >= 10_000 ? wholeFormat.format(value) : numberFormat.format(value);
}

/** A figure without the noise of conversions: twelve significant digits. */
export function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

export function formatKilometers(meters: number): string {
  return `${formatNumber(meters / 1_000)} km`;
}

/** "200 Cel", "13 to 15 bar", "at least 140 Cel", "at most 28 Cel"; its uncertainty behind it. */
export function describeRange({ value, minimum, maximum, uncertainty, unit }: PropertyRange): string {
  const wide = uncertainty ? ` (within ${formatNumber(uncertainty * 100)} %)` : "";
  if (value !== undefined) return `${formatNumber(value)} ${unit}${wide}`;
  if (minimum !== undefined && maximum !== undefined)
    return `${formatNumber(minimum)} to ${formatNumber(maximum)} ${unit}${wide}`;
  return minimum !== undefined
    ? `at least ${formatNumber(minimum)} ${unit}${wide}`
    : `at most ${formatNumber(maximum!)} ${unit}${wide}`;
}

export const plural = (count: number, one: string, many = `${one}s`) =>
  `${formatNumber(count)} ${count === 1 ? one : many}`;
