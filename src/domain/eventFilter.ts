import * as z from "zod";
import { type EventType, eventTypes } from "./eventCatalogue.ts";

/** The filters that an event of a type passes: the type itself, its noun's and all. */
export function filtersFor(type: EventType): string[] {
  return [type, `${type.slice(0, type.lastIndexOf("."))}.*`, "turash.*"];
}

const knownFilters = new Set(eventTypes.flatMap(filtersFor));

/** Whether any type passes a filter. */
export function isEventFilter(text: string): boolean {
  return knownFilters.has(text);
}

const maximumFilters = 50;

/** Filters with commas between, as a query names them. */
export const eventFiltersSchema = z
  .string()
  .min(1)
  .max(2_000)
  .transform((text, context) => {
    const filters = [...new Set(text.split(",").map((filter) => filter.trim()))];
    const strange = filters.find((filter) => !isEventFilter(filter));
    if (strange === undefined && filters.length <= maximumFilters) return filters;
    context.addIssue({
      code: "custom",
      message:
        strange === undefined
          ? `names more than ${maximumFilters} filters`
          : `${strange.slice(0, 100)} is neither a type of event nor the beginning of one such as turash.flow.*`,
    });
    return z.NEVER;
  });
