import * as z from "zod";
import { idSchema } from "../../domain/ids.ts";
import { gateVerdicts, matchStates } from "../../domain/match.ts";
import { quantitySchema } from "../../domain/quantity.ts";
import { termNames, verdicts } from "../../matching/evaluation.ts";
import { listOf, recordFields, timestampSchema } from "./answers.ts";
import { counterpartSchema } from "./counterpart.ts";

const fraction = z.number().min(0).max(1);
const decimal = z.string().meta({ example: "412000.00" });

const gateSchema = z
  .object({
    gate: z.string().meta({ example: "quality.temperature" }),
    verdict: z.enum(gateVerdicts),
    short: z
      .object({ amount: z.number(), unit: z.string() })
      .nullable()
      .meta({ description: "by how much the pair falls short" }),
    closes: z
      .string()
      .nullable()
      .meta({ description: "what would close a near gate", example: "A heat pump that lifts 45 K" }),
    detail: z.string().meta({ description: "the facts that the verdict rests on" }),
  })
  .meta({ id: "Gate" });

const termSchema = z
  .object({
    term: z.enum(termNames),
    value: fraction,
    low: fraction,
    high: fraction,
    weight: fraction,
    contribution: fraction,
    sentence: z.string(),
  })
  .meta({ id: "Term", description: "A part of the score: contributions sum to it exactly" });

const moneySchema = z
  .object({
    basis: z
      .enum(["per_year", "once"])
      .meta({ description: "whether the amounts come every year or, for a one-off quantity, once" }),
    perYear: z.object({
      joint: decimal.nullable(),
      seller: decimal.nullable(),
      buyer: decimal.nullable(),
      currency: z.string().nullable(),
    }),
    low: decimal.nullable().meta({ description: "low end of the joint value" }),
    high: decimal.nullable(),
    price: z
      .object({
        amount: decimal,
        currency: z.string(),
        per: z.string(),
        from: z.enum(["both", "output", "input", "even_split"]),
      })
      .nullable(),
    parts: z.array(
      z.object({
        label: z.string(),
        side: z.enum(["seller", "buyer", "both"]),
        amount: decimal,
        low: decimal,
        high: decimal,
      }),
    ),
  })
  .meta({ id: "Money", description: "What the exchange is worth; null where it is the other side's to know" });

const carbonSchema = z
  .object({
    avoidedKgPerYear: z.number(),
    low: z.number(),
    high: z.number(),
    parts: z.array(z.object({ label: z.string(), kg: z.number(), low: z.number(), high: z.number() })),
  })
  .meta({ id: "Carbon", description: "kg CO2e avoided, in a year or once as money.basis says" });

const pairFields = {
  outputFlowId: idSchema("flow"),
  inputFlowId: idSchema("flow"),
  verdict: z.enum(verdicts),
  score: fraction,
  low: fraction,
  high: fraction,
  distanceMeters: z
    .number()
    .nonnegative()
    .meta({ description: "great circle; from the centre of its cell where a place is hidden" }),
  distanceLowMeters: z
    .number()
    .nonnegative()
    .meta({ description: "the least that it can be; the same as distanceMeters where both places are known" }),
  distanceHighMeters: z.number().nonnegative().meta({ description: "the most that it can be" }),
  quantity: quantitySchema.nullable().meta({ description: "what can be exchanged, in the input's unit" }),
  money: moneySchema,
  carbon: carbonSchema,
  counterpart: counterpartSchema
    .nullable()
    .meta({ description: "the other side of the caller's; null for the operator" }),
};

export const evaluationSchema = z
  .object({ matchId: idSchema("match"), ...pairFields, gates: z.array(gateSchema), terms: z.array(termSchema) })
  .meta({ id: "Evaluation", description: "One pair with every gate and every term" });

export const rankedPairSchema = z
  .object({
    matchId: idSchema("match"),
    ...pairFields,
    gates: z.array(gateSchema).optional(),
    terms: z.array(termSchema).optional(),
  })
  .meta({ id: "RankedPair", description: "A pair of a ranked list; gates and terms with explain=true" });

export const nearMissSchema = z
  .object({
    matchId: idSchema("match"),
    ...pairFields,
    near: gateSchema.meta({ description: "the one gate that fails narrowly" }),
    gates: z.array(gateSchema).optional(),
    terms: z.array(termSchema).optional(),
  })
  .meta({ id: "NearMiss" });

export const rankedListSchema = listOf("RankedList", rankedPairSchema);
export const nearMissListSchema = listOf("NearMissList", nearMissSchema);

export const previewSchema = z
  .object({ matches: z.array(evaluationSchema), nearMisses: z.array(nearMissSchema) })
  .meta({ id: "Preview" });

const side = z.enum(["output", "input"]);

export const matchSchema = z
  .object({
    id: idSchema("match"),
    ...pairFields,
    outputOrganizationId: idSchema("organization").nullable().meta({ description: "null where it is hidden" }),
    inputOrganizationId: idSchema("organization").nullable().meta({ description: "null where it is hidden" }),
    state: z.enum(matchStates),
    round: z.int().positive(),
    interest: z.object({ output: z.boolean(), input: z.boolean() }),
    history: z.array(
      z.object({
        state: z.enum(matchStates),
        round: z.int(),
        at: timestampSchema,
        by: z.enum([...side.options, "engine", "facilitator"]),
        reason: z.string().nullable(),
      }),
    ),
    ...recordFields,
  })
  .meta({ id: "Match", description: "A pair that the engine suggested, and what the two sides made of it" });

export const matchListSchema = listOf("MatchList", matchSchema);
