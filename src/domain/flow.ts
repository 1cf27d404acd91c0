import * as z from "zod";
import { alwaysAvailable, availabilitySchema } from "./availability.ts";
import { type FlowId, idSchema, type OrganizationId, type SiteId } from "./ids.ts";
import { economicsSchema, noEconomics } from "./price.ts";
import { qualitySchema } from "./quality.ts";
import { checkFlowQuantity, quantitySchema, unitSchema } from "./quantity.ts";

export const directions = ["output", "input", "shared"] as const;
export type Direction = (typeof directions)[number];

/** What flows, after CWA 17354:2018 (Industrial symbiosis: core elements and implementation approaches). */
export const kinds = [
  "heat",
  "steam",
  "water",
  "wastewater",
  "co2",
  "gas",
  "electricity",
  "material",
  "byproduct",
  "waste",
  "service",
  "capacity",
  "logistics",
  "expertise",
  "equipment",
] as const;
export type Kind = (typeof kinds)[number];

/** Legal status of a material; `waste` brings the waste rules with it (Directive 2008/98/EC, articles 5 and 6). */
export const legalStatuses = ["product", "by_product", "end_of_waste", "waste"] as const;
export type LegalStatus = (typeof legalStatuses)[number];

export const flowStatuses = ["draft", "active", "paused", "fulfilled", "withdrawn"] as const;
export type FlowStatus = (typeof flowStatuses)[number];

export const visibilities = ["public", "network", "private"] as const;
export type Visibility = (typeof visibilities)[number];

export const quantityBases = ["one_off", "rate", "recurring"] as const;
export type QuantityBasis = (typeof quantityBases)[number];

export const precisionLevels = ["rough", "estimated", "measured", "metered"] as const;
export type PrecisionLevel = (typeof precisionLevels)[number];

/** Relative uncertainty taken for a quantity that states none, by how it was found. */
export const defaultUncertainty: Record<PrecisionLevel, number> = {
  rough: 0.3,
  estimated: 0.15,
  measured: 0.05,
  metered: 0.02,
};

export const externalIdSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[\x21-\x7e]+$/, "printable ASCII without spaces")
  .meta({ description: "the caller's own key, unique per organization and noun", example: "asnaes-steam" });

export const gradeSlugSchema = z
  .string()
  .max(64)
  .regex(/^[a-z][a-z0-9_]*$/, "a grade is a slug in snake_case; see /v1/taxonomy/grades")
  .meta({ example: "process_steam" });

const codesSchema = z
  .strictObject({
    ewc: z
      .string()
      .regex(/^\d{6}$/, "an EWC code has six digits; see /v1/taxonomy/ewc")
      .nullable()
      .default(null)
      .meta({ description: "European Waste Catalogue code, six digits", example: "100105" }),
    hs: z
      .string()
      .regex(/^(\d{4}|\d{6}|\d{8}|\d{10})$/, "an HS code has 4, 6, 8 or 10 digits")
      .nullable()
      .default(null)
      .meta({ description: "Harmonized System heading or a longer code under it", example: "2503" }),
    treatment: z
      .string()
      .regex(/^(R([1-9]|1[0-3])|D([1-9]|1[0-5]))$/, "a treatment code is R1 to R13 or D1 to D15")
      .nullable()
      .default(null)
      .meta({ description: "recovery or disposal operation, Directive 2008/98/EC annexes I and II", example: "R5" }),
    hazardProperties: z
      .array(z.string().regex(/^HP([1-9]|1[0-5])$/, "a hazard property is HP1 to HP15"))
      .max(15)
      .default([])
      .meta({ description: "hazard properties, Regulation (EU) 1357/2014" }),
    shownNonHazardous: z
      .boolean()
      .default(false)
      .meta({ description: "for a mirror entry: tests have shown that it has no hazardous property" }),
  })
  .meta({ id: "Codes" });

export const flowQuantitySchema = z
  .strictObject({
    amount: z.number().positive(),
    unit: unitSchema,
    basis: z.enum(quantityBases).default("rate"),
    uncertainty: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .default(null)
      .meta({ description: "relative, 0 to 1; by precision level where null" }),
    minimumLot: quantitySchema.nullable().default(null),
  })
  .superRefine((quantity, context) => {
    for (const fault of checkFlowQuantity(quantity))
      context.addIssue({ code: "custom", path: fault.path, message: fault.message, params: { code: fault.code } });
  })
  .meta({ id: "FlowQuantity" });
export type FlowQuantity = z.infer<typeof flowQuantitySchema>;

/** Permits are named `ewc:190813`, `ewc:1908*`, `treatment:R3` or by the authority's own reference. */
const permitSchema = z.string().min(1).max(64);

const constraintsSchema = z
  .strictObject({
    maximumDistanceMeters: z.number().positive().max(20_037_508).nullable().default(null),
    permitsHeld: z.array(permitSchema).max(100).default([]),
    permitsRequired: z.array(permitSchema).max(100).default([]),
    blockedOrganizationIds: z.array(idSchema("organization")).max(1_000).default([]),
    allowsOwnOrganization: z
      .boolean()
      .default(false)
      .meta({ description: "also match flows of the same organization" }),
  })
  .meta({ id: "Constraints" });
export type Constraints = z.infer<typeof constraintsSchema>;

export const noConstraints: Constraints = {
  maximumDistanceMeters: null,
  permitsHeld: [],
  permitsRequired: [],
  blockedOrganizationIds: [],
  allowsOwnOrganization: false,
};

const precisionSchema = z
  .strictObject({
    level: z.enum(precisionLevels).default("estimated"),
    source: z.string().max(300).nullable().default(null),
    asOf: z.iso.date().nullable().default(null),
  })
  .meta({ id: "Precision" });

/** What its owner writes of a flow. */
export const flowContentSchema = z
  .strictObject({
    siteId: idSchema("site"),
    externalId: externalIdSchema.nullable().default(null),
    direction: z.enum(directions),
    kind: z.enum(kinds),
    grade: gradeSlugSchema
      .nullable()
      .default(null)
      .meta({ description: "a slug of the resource taxonomy; the kind's root grade where null" }),
    title: z.string().min(1).max(200),
    notes: z.string().max(4_000).nullable().default(null),
    legalStatus: z.enum(legalStatuses).nullable().default(null).meta({
      description:
        "by kind where null: waste and wastewater are `waste`, byproduct is `by_product`, all else `product`",
    }),
    codes: codesSchema.default({
      ewc: null,
      hs: null,
      treatment: null,
      hazardProperties: [],
      shownNonHazardous: false,
    }),
    quantity: flowQuantitySchema,
    quality: qualitySchema.default({}),
    availability: availabilitySchema.default(alwaysAvailable),
    economics: economicsSchema.default(noEconomics),
    constraints: constraintsSchema.default(noConstraints),
    precision: precisionSchema.default({ level: "estimated", source: null, asOf: null }),
    status: z
      .enum(["draft", "active"])
      .default("active")
      .meta({ description: "later states are reached by activate, pause and withdraw" }),
    visibility: z.enum(visibilities).default("network"),
  })
  .superRefine((flow, context) => {
    if (flow.quantity.basis === "recurring" && flow.availability.rrule === null)
      context.addIssue({
        code: "custom",
        path: ["availability", "rrule"],
        message: "a recurring quantity needs the rule by which it recurs",
      });
  })
  .meta({ id: "FlowContent" });
/** What a caller sends. */
export type FlowInput = z.input<typeof flowContentSchema>;
/** The same with every default filled in. */
export type FlowContent = z.infer<typeof flowContentSchema>;

/** A stored resource flow. */
export type Flow = Omit<FlowContent, "grade" | "legalStatus" | "status"> & {
  id: FlowId;
  organizationId: OrganizationId;
  siteId: SiteId;
  grade: string;
  legalStatus: LegalStatus;
  status: FlowStatus;
  /** What agreements have reserved, in the quantity's unit. */
  reservedAmount: number;
  version: number;
  /** RFC 3339 in UTC. */
  createdAt: string;
  updatedAt: string;
};

/** The legal status of a flow that states none. */
export function defaultLegalStatus(kind: Kind): LegalStatus {
  if (kind === "waste" || kind === "wastewater") return "waste";
  return kind === "byproduct" ? "by_product" : "product";
}

/** Whether a flow meets inputs: `shared` is an output that several use in turn. */
export function isSupply(direction: Direction): boolean {
  return direction !== "input";
}
