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
import type { FlowView } from "../../operations/flowView.ts";
import { listOf, recordFields } from "./answers.ts";
import { counterpartSchema } from "./counterpart.ts";

export const flowSchema = z
  .object({
    id: idSchema("flow"),
    ...flowContentSchema.shape,
    organizationId: idSchema("organization").nullable(),
    siteId: idSchema("site").nullable(),
    title: z.string().nullable(),
    grade: gradeSlugSchema,
    legalStatus: z.enum(legalStatuses),
    status: z.enum(flowStatuses),
    remaining: quantitySchema.meta({ description: "the quantity less what agreements have reserved" }),
    owner: counterpartSchema
      .nullable()
      .meta({ description: "what may be known of an owner whose flow is shown coarsely; null for one shown in full" }),
    ...recordFields,
  })
  .meta({
    id: "Flow",
    description:
      "A resource flow. One that is not public shows to other organizations of its programme neither its owner, place, words nor prices, and its quantity in two digits, until a match of both sides' interest opens it; its externalId stays its organization's own until then, also of one that is public",
  });

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
export function answerFlow({ reservedAmount, ...flow }: Flow | FlowView): z.infer<typeof flowSchema> {
  return {
    owner: null,
    ...flow,
    remaining: { amount: flow.quantity.amount - reservedAmount, unit: flow.quantity.unit },
  } as z.infer<typeof flowSchema>;
}
