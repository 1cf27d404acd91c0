import * as z from "zod";
import {
  type Flow,
  type FlowInput,
  flowContentSchema,
  flowStatuses,
  gradeSlugSchema,
  legalStatuses,
} from "../../domain/flow.ts";
import { idSchema } from "../../domain/ids.ts";
import { quantitySchema } from "../../domain/quantity.ts";
import { listOf, recordFields } from "./answers.ts";

export const flowSchema = z
  .object({
    id: idSchema("flow"),
    organizationId: idSchema("organization"),
    ...flowContentSchema.shape,
    grade: gradeSlugSchema,
    legalStatus: z.enum(legalStatuses),
    status: z.enum(flowStatuses),
    remaining: quantitySchema.meta({ description: "the quantity less what agreements have reserved" }),
    ...recordFields,
  })
  .meta({ id: "Flow" });

export const flowListSchema = listOf("FlowList", flowSchema);

export const flowExample: FlowInput = {
  siteId: "site_01jd7p3v2fe1k9wx5m7t8q4z6c",
  externalId: "asnaes-steam",
  direction: "output",
  kind: "steam",
  grade: "process_steam",
  title: "Extraction steam",
  legalStatus: "product",
  quantity: { amount: 550_000, unit: "t/a", basis: "rate", uncertainty: 0.09, minimumLot: { amount: 24, unit: "t" } },
  quality: { temperature: { value: 200, unit: "Cel" }, pressure: { minimum: 13, maximum: 15, unit: "bar" } },
  availability: { pattern: "continuous" },
  economics: { price: { amount: "6.00", currency: "EUR", per: "t" } },
  precision: { level: "estimated", source: "annual report", asOf: "1995-12-31" },
  visibility: "public",
};

/** A flow as it is answered. */
export function answerFlow({ reservedAmount, ...flow }: Flow): z.infer<typeof flowSchema> {
  return { ...flow, remaining: { amount: flow.quantity.amount - reservedAmount, unit: flow.quantity.unit } } as z.infer<
    typeof flowSchema
  >;
}
