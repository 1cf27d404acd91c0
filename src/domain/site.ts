import * as z from "zod";
import { isTimeZone } from "./availability.ts";
import { externalIdSchema } from "./flow.ts";
import { pointSchema, polygonSchema } from "./geography.ts";
import type { OrganizationId, SiteId } from "./ids.ts";
import { countrySchema, naceSchema } from "./organization.ts";

export const addressSchema = z
  .strictObject({
    street: z.string().max(200).nullable().default(null),
    postalCode: z.string().max(20).nullable().default(null),
    locality: z.string().max(100).nullable().default(null),
    region: z.string().max(100).nullable().default(null),
  })
  .meta({ id: "Address" });

/** What its owner writes of a site. */
export const siteContentSchema = z
  .strictObject({
    externalId: externalIdSchema.nullable().default(null),
    name: z.string().min(1).max(200),
    location: pointSchema,
    footprint: polygonSchema.nullable().default(null),
    timeZone: z
      .string()
      .max(64)
      .refine(isTimeZone, { error: "is not a time zone of the IANA database" })
      .meta({ description: "IANA time zone", example: "Europe/Copenhagen" }),
    country: countrySchema,
    nace: naceSchema.nullable().default(null),
    address: addressSchema.nullable().default(null),
  })
  .meta({ id: "SiteContent" });
export type SiteInput = z.input<typeof siteContentSchema>;
export type SiteContent = z.infer<typeof siteContentSchema>;

/** A place of an organization. */
export type Site = SiteContent & {
  id: SiteId;
  organizationId: OrganizationId;
  version: number;
  createdAt: string;
  updatedAt: string;
};
