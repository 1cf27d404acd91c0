import * as z from "zod";
import { gradeSlugSchema, kinds } from "../../domain/flow.ts";

const moneyRangeSchema = z
  .object({ low: z.number(), high: z.number(), currency: z.literal("EUR"), per: z.string() })
  .meta({ id: "MoneyRange", description: "usual range of a price per UCUM unit" });

const carbonRangeSchema = z
  .object({
    replacedLow: z.number(),
    replacedHigh: z.number(),
    disposalLow: z.number(),
    disposalHigh: z.number(),
    per: z.string(),
  })
  .meta({
    id: "CarbonRange",
    description: "kg CO2e avoided per UCUM unit, by what need not be produced and not be disposed of",
  });

export const kindListSchema = z
  .object({
    data: z.array(
      z
        .object({
          kind: z.enum(kinds),
          rootGrade: gradeSlugSchema,
          name: z.string(),
          description: z.string(),
          grades: z.int(),
        })
        .meta({ id: "KindEntry" }),
    ),
  })
  .meta({ id: "KindList" });

export const gradeListSchema = z
  .object({
    data: z.array(
      z
        .object({
          slug: gradeSlugSchema,
          kind: z.enum(kinds),
          parent: gradeSlugSchema.nullable(),
          name: z.string(),
          description: z.string(),
          quantityDimension: z.string(),
          densityKgPerM3: z.number().nullable(),
          heatingValueMjPerKg: z.number().nullable(),
          specificHeatKjPerKgK: z.number().nullable(),
          ewc: z.array(z.string()),
          hs: z.string().nullable(),
          virginPrice: moneyRangeSchema.nullable(),
          disposalCost: moneyRangeSchema.nullable(),
          carbonKgPerUnit: carbonRangeSchema.nullable(),
          transportClass: z.string(),
          sources: z.array(z.string()),
          substitutes: z.array(z.object({ output: gradeSlugSchema, qualityFactor: z.number(), note: z.string() })),
        })
        .meta({ id: "GradeEntry" }),
    ),
  })
  .meta({ id: "GradeList" });

export const ewcListSchema = z
  .object({
    data: z.array(
      z
        .object({
          code: z.string(),
          entry: z.enum(["AH", "AN", "MH", "MN"]).meta({ description: "absolute or mirror, hazardous or not" }),
          hazardous: z.boolean(),
          description: z.string(),
          chapter: z.string(),
          subChapter: z.string(),
          mirrors: z.array(z.string()).meta({ description: "the opposite entries of a mirror pair" }),
          edition: z.string(),
          appliesFrom: z.iso.date(),
        })
        .meta({ id: "EwcEntry" }),
    ),
  })
  .meta({ id: "EwcList" });

export const unitListSchema = z
  .object({
    data: z.array(
      z
        .object({
          code: z.string(),
          name: z.string(),
          coherentUnit: z.string(),
          factor: z.number(),
          offset: z.number().nullable(),
          quantity: z
            .object({
              dimension: z.string(),
              per: z.enum(["once", "year"]),
              canonicalUnit: z.string(),
              factor: z.number(),
            })
            .nullable(),
        })
        .meta({ id: "UnitEntry" }),
    ),
  })
  .meta({ id: "UnitList" });
