import { canonicalUnits } from "../../domain/dimension.ts";
import type { Currency } from "../../domain/price.ts";
import { perCanonical } from "../encodeEconomics.ts";
import { dimensionOf, type Explained, materialOf } from "./subject.ts";

/** EUR for one canonical unit of the input, as money in a currency per unit of trade. */
export function priceInUnits(
  { pair, input, inputColumns, j }: Explained,
  eurPerUnit: number,
  currency: Currency,
  per: string,
): { amount: string; currency: Currency; per: string } {
  const dimension = dimensionOf(inputColumns, j);
  const units = perCanonical(per, dimension, materialOf(pair, input));
  const isPer = units > 0;
  const rate = pair.rules.tables.exchangeRates.perEuro[currency]!;
  return {
    amount: trimDecimals((eurPerUnit * rate) / (isPer ? units : 1)),
    currency,
    per: isPer ? per : canonicalUnits[dimension],
  };
}

/** At least two decimals, and as many more as four significant digits of a small price need, up to six. */
function trimDecimals(amount: number): string {
  const digits = Math.abs(amount) >= 1 || amount === 0 ? 2 : Math.min(6, 3 - Math.floor(Math.log10(Math.abs(amount))));
  const text = amount.toFixed(Math.max(2, digits));
  return Number(text) === 0 ? "0.00" : text;
}
