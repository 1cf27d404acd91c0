import * as z from "zod";
import { exchangeContentSchema, exchangeStates } from "../../domain/exchange.ts";
import { externalIdSchema, visibilities } from "../../domain/flow.ts";
import { idSchema } from "../../domain/ids.ts";
import { listOf, recordFields, timestampSchema } from "./answers.ts";

const { externalId: _, state: _state, visibility: _visibility, ...terms } = exchangeContentSchema.shape;
const sides = <Value extends z.ZodType>(value: Value) => z.object({ output: value, input: value });
const visibility = z.enum(visibilities);
const organization = idSchema("organization").nullable();

export const exchangeSchema = z
  .object({
    id: idSchema("exchange"),
    externalId: externalIdSchema
      .nullable()
      .meta({ description: "the caller's own key for it; each side and the operator have one of their own" }),
    origin: z.enum(["agreed", "recorded"]),
    matchId: idSchema("match").nullable().meta({ description: "of one that was agreed in a match's room" }),
    round: z.int().positive().nullable(),
    ...terms,
    outputOrganizationId: organization.meta({
      description: "null where it has yet to confirm and its flow shows the caller no owner",
    }),
    inputOrganizationId: organization,
    state: z.enum(exchangeStates),
    confirmedBy: sides(z.boolean()).meta({
      description: "which side stands by it: one that a side recorded is a proposal until the other records the same",
    }),
    recordedBy: z.enum(["output", "input", "operator"]).nullable(),
    visibility: visibility.meta({ description: "to whom both sides let it be shown" }),
    visibilityBy: sides(visibility)
      .nullable()
      .meta({ description: "what each side says of that; null, as price and history, for whoever is on neither" }),
    history: z
      .array(
        z.object({
          state: z.enum(exchangeStates),
          at: timestampSchema,
          by: z.enum(["output", "input", "operator", "schedule"]),
          reason: z.string().nullable(),
        }),
      )
      .nullable(),
    ...recordFields,
  })
  .meta({
    id: "Exchange",
    description: "What is delivered from an output to an input: agreed, or recorded as it existed",
  });

export const exchangeListSchema = listOf("ExchangeList", exchangeSchema);

export const advanceSchema = z
  .strictObject({
    to: z.enum(["permitting", "implementing", "active", "completed", "failed"]),
    reason: z
      .string()
      .min(1)
      .max(500)
      .nullable()
      .default(null)
      .meta({ description: "both sides read it; needed where the exchange failed" }),
  })
  .meta({ id: "Advance" });

export const exchangeExample: z.input<typeof exchangeContentSchema> = {
  outputFlowId: "flow_01jd7p3v2fe1k9wx5m7t8q4z6c",
  inputFlowId: "flow_01jd7p3v2fe1k9wx5m7t8q4z6d",
  quantity: { amount: 215_000, unit: "t/a" },
  price: { amount: "6.00", currency: "EUR", per: "t" },
  from: "1982-01-01",
  state: "active",
};
