import * as z from "zod";
import { checkProperty } from "./property.ts";
import { unitSchema } from "./quantity.ts";

/**
 * One named property as an interval in a unit of its dimension. An output states the interval it stays within (`value`
 * stands for [value, value]); an input states the interval it accepts, open at either end.
 */
export const propertyRangeSchema = z
  .strictObject({
    value: z.number().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    uncertainty: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .meta({ description: "relative uncertainty of what is stated, 0 to 1" }),
    unit: unitSchema,
  })
  .superRefine((range, context) => {
    const { value, minimum, maximum } = range;
    if (value === undefined && minimum === undefined && maximum === undefined)
      context.addIssue({ code: "custom", message: "states neither value, minimum nor maximum" });
    if (value !== undefined && (minimum !== undefined || maximum !== undefined))
      context.addIssue({
        code: "custom",
        path: ["value"],
        message: "value stands alone; use minimum and maximum for a range",
      });
    if (minimum !== undefined && maximum !== undefined && minimum > maximum)
      context.addIssue({ code: "custom", path: ["maximum"], message: "maximum is under minimum" });
  })
  .meta({ id: "PropertyRange" });
export type PropertyRange = z.infer<typeof propertyRangeSchema>;

export const maximumProperties = 40;

const propertyNamePattern = /^[a-z][A-Za-z0-9]{0,39}$/;

/** Named properties: temperature, returnTemperature, pressure, purity, moisture, heatingValue, pH, one per contaminant. */
export const qualitySchema = z
  .record(
    z.string().regex(propertyNamePattern, "property names are camelCase, at most 40 characters"),
    propertyRangeSchema,
  )
  .superRefine((quality, context) => {
    const names = Object.keys(quality);
    if (names.length > maximumProperties)
      context.addIssue({ code: "custom", message: `at most ${maximumProperties} properties` });
    for (const name of names) {
      for (const fault of checkProperty(name, quality[name]!))
        context.addIssue({
          code: "custom",
          path: [name, ...fault.path],
          message: fault.message,
          params: { code: fault.code },
        });
    }
  })
  .meta({
    id: "Quality",
    description: "Open set of named properties, each an interval in a unit of its own dimension",
    propertyNames: { pattern: propertyNamePattern.source },
    maxProperties: maximumProperties,
  });
export type Quality = z.infer<typeof qualitySchema>;
