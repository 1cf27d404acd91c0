import * as z from "zod";
import { externalIdSchema } from "./flow.ts";
import type { OrganizationId } from "./ids.ts";

export const countrySchema = z
  .string()
  .regex(/^[A-Z]{2}$/, "a country is two capital letters (ISO 3166-1 alpha-2)")
  .meta({ description: "ISO 3166-1 alpha-2", example: "DK" });

export const naceSchema = z
  .string()
  .regex(/^\d{2}(\.\d{1,2})?$/, "a NACE code is a division, group or class: 35, 35.1, 35.11")
  .meta({ description: "NACE Rev. 2 division, group or class", example: "35.11" });

/** What is written of an organization; `verified` is the operator's to say. */
export const organizationContentSchema = z
  .strictObject({
    externalId: externalIdSchema.nullable().default(null),
    name: z.string().min(1).max(200),
    country: countrySchema,
    nace: naceSchema.nullable().default(null),
    verified: z.boolean().default(false),
  })
  .meta({ id: "OrganizationContent" });
export type OrganizationInput = z.input<typeof organizationContentSchema>;
export type OrganizationContent = z.infer<typeof organizationContentSchema>;

/** A company, municipality or farm; the tenant. */
export type Organization = OrganizationContent & {
  id: OrganizationId;
  version: number;
  createdAt: string;
  updatedAt: string;
};
