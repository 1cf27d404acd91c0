import * as z from "zod";
import { amountUnitSchema } from "./quantity.ts";

/** ISO 4217 codes that exchange rates exist for: the European Central Bank's reference list and the euro. */
export const currencies = [
  "EUR",
  "AUD",
  "BRL",
  "CAD",
  "CHF",
  "CNY",
  "CZK",
  "DKK",
  "GBP",
  "HKD",
  "HUF",
  "IDR",
  "ILS",
  "INR",
  "ISK",
  "JPY",
  "KRW",
  "MXN",
  "MYR",
  "NOK",
  "NZD",
  "PHP",
  "PLN",
  "RON",
  "SEK",
  "SGD",
  "THB",
  "TRY",
  "USD",
  "ZAR",
] as const;
export type Currency = (typeof currencies)[number];

export const currencySchema = z
  .enum(currencies)
  .meta({ description: "ISO 4217 currency with a published euro reference rate", example: "EUR" });

const decimalPattern = /^-?\d{1,12}(\.\d{1,6})?$/;

/** An amount of money as a decimal string, so that no binary rounding enters an agreement; may be negative. */
export const moneyAmountSchema = z
  .string()
  .max(24)
  .regex(decimalPattern, "must be a decimal number as a string, at most 12 digits and 6 decimals")
  .meta({ example: "12.50" });

/** Money per unit of the resource; a negative price is paid by whoever gives the resource away. */
export const priceSchema = z
  .strictObject({
    amount: moneyAmountSchema,
    currency: currencySchema,
    per: amountUnitSchema,
  })
  .meta({
    id: "Price",
    description: "Money per UCUM unit of the resource; the amount is a decimal string and may be negative",
  });
export type Price = z.infer<typeof priceSchema>;

const costSchema = priceSchema.refine((price) => !price.amount.startsWith("-") || Number(price.amount) === 0, {
  path: ["amount"],
  error: "a cost is not negative",
});

/** What a flow is worth to its owner; what is not stated is taken from the grade's typical figures. */
export const economicsSchema = z
  .strictObject({
    price: priceSchema
      .nullable()
      .default(null)
      .meta({ description: "asked (output) or bid (input); negative when the giver pays" }),
    disposalCost: costSchema
      .nullable()
      .default(null)
      .meta({ description: "what getting rid of it costs otherwise (output)" }),
    virginPrice: costSchema
      .nullable()
      .default(null)
      .meta({ description: "what the need costs from the usual source (input)" }),
    treatmentCost: costSchema
      .nullable()
      .default(null)
      .meta({ description: "own cost of making it ready, on either side" }),
    floor: costSchema.nullable().default(null).meta({ description: "least own gain worth the trouble; private" }),
  })
  .meta({ id: "Economics" });
export type Economics = z.infer<typeof economicsSchema>;

export const noEconomics: Economics = {
  price: null,
  disposalCost: null,
  virginPrice: null,
  treatmentCost: null,
  floor: null,
};
