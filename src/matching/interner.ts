import type { Availability } from "../domain/availability.ts";
import { type Calendar, createCalendar, createYearWindow, type YearWindow } from "../domain/calendar.ts";
import { monthGap } from "../domain/monthGap.ts";
import { extendSeason } from "../domain/season.ts";
import { sharedHours } from "../domain/sharedHours.ts";
import { parseUnit } from "../domain/ucum.ts";
import type { QualityNearLimits } from "./nearLimits.ts";
import { coversPermit, coversWaste, type WasteFacts } from "./permits.ts";
import type { Rules } from "./rules.ts";

/** A property's name as an index, with what scoring asks of it. */
export type InternedProperty = {
  near: QualityNearLimits;
  name: string;
  /** Excess in the coherent unit at which half of the loss for being better than needed is felt; 0 where there is none. */
  overqualificationScale: number;
  isLowerBetter: boolean;
};

/** Strings and objects as small numbers, and what follows from pairs of them, each worked out once. */
export type Interner = ReturnType<typeof createInterner>;

export function createInterner(rules: Rules, asOf: Date) {
  const window: YearWindow = createYearWindow(asOf.getTime());
  const calendars = createIndex<Calendar>();
  const properties = createIndex<string>();
  const propertyFacts: InternedProperty[] = [];
  const dimensions = createIndex<string>();
  const organizations = createIndex<string>();
  const countries = createIndex<string>();
  const permitSets = createIndex<string>();
  const permits: (readonly string[])[] = [];
  const wastes = createIndex<string>();
  const wasteFacts: WasteFacts[] = [];
  let shared = new Float64Array();
  let sharedRows = 0;
  const closings = new Map<number, { months: number; hours: number } | null>();
  const missing = new Map<number, number>();
  const covered = new Map<number, boolean>();

  return {
    window,
    calendar(availability: Availability, timeZone: string): number {
      const index = calendars.add(createCalendar(availability, timeZone, window));
      return index;
    },
    hoursOpen: (calendar: number) => calendars.items[calendar]!.hoursOpen,
    occurrences: (calendar: number) => calendars.items[calendar]!.occurrences,

    /** Hours in the year that two calendars share. Beyond 2,048 calendars the cells are looked up in the domain's memo. */
    sharedHours(one: number, other: number): number {
      if (one >= sharedRows || other >= sharedRows) {
        const count = calendars.items.length;
        if (count > 2_048) return sharedHours(calendars.items[one]!, calendars.items[other]!);
        sharedRows = Math.min(2_048, Math.max(16, 2 ** Math.ceil(Math.log2(count))));
        shared = new Float64Array(sharedRows * sharedRows).fill(-1);
      }
      const cell = one * sharedRows + other;
      const before = shared[cell]!;
      if (before >= 0) return before;
      const hours = sharedHours(calendars.items[one]!, calendars.items[other]!);
      shared[cell] = hours;
      return hours;
    },

    /** For two that share no hour: by how many months a season falls short, and the hours shared once it is longer. */
    closeSeason(one: number, other: number): { months: number; hours: number } | null {
      const key = one * 65_536 + other;
      const before = closings.get(key);
      if (before !== undefined) return before;
      const [left, right] = [calendars.items[one]!, calendars.items[other]!];
      const months = monthGap(left, right);
      const hours =
        months && Math.max(sharedHours(lengthen(left, months), right), sharedHours(left, lengthen(right, months)));
      const closing = months && hours ? { months, hours } : null;
      closings.set(key, closing);
      return closing;
    },

    property(name: string): number {
      const index = properties.add(name);
      if (index === propertyFacts.length) propertyFacts.push(readProperty(name, rules));
      return index;
    },
    propertyFacts,
    dimension: dimensions.add,
    organization: organizations.add,
    country: countries.add,

    permitSet(held: readonly string[]): number {
      const index = permitSets.add(JSON.stringify([...held].sort()));
      if (index === permits.length) permits.push(held);
      return index;
    },
    waste(facts: WasteFacts): number {
      const index = wastes.add(`${facts.ewc} ${facts.isHazardous}`);
      if (index === wasteFacts.length) wasteFacts.push(facts);
      return index;
    },
    /** How many of the required permits the held ones do not cover. */
    missingPermits(required: number, held: number): number {
      const key = required * 65_536 + held;
      let count = missing.get(key);
      if (count === undefined) {
        const holder = permits[held]!;
        count = permits[required]!.filter((permit) => !holder.some((pattern) => coversPermit(pattern, permit))).length;
        missing.set(key, count);
      }
      return count;
    },
    /** Whether the held permits let their holder receive the waste. */
    coversWaste(held: number, waste: number): boolean {
      const key = held * 65_536 + waste;
      let covers = covered.get(key);
      if (covers === undefined) {
        covers = permits[held]!.some((permit) => coversWaste(permit, wasteFacts[waste]!));
        covered.set(key, covers);
      }
      return covers;
    },
  };
}

function lengthen({ availability, timeZone, window }: Calendar, months: number): Calendar {
  return createCalendar(extendSeason(availability, months), timeZone, window);
}

function readProperty(name: string, { tables, near }: Rules): InternedProperty {
  const property = tables.properties.properties[name];
  const unit = property && parseUnit(property.unit);
  const factor = unit?.ok ? unit.unit.factor : 1;
  return {
    name,
    overqualificationScale: (property?.overqualificationScale ?? 0) * factor,
    isLowerBetter: property?.isLowerBetter ?? false,
    near: near.qualityOf(name),
  };
}

/** Items in the order of their first coming, each once. */
function createIndex<T>() {
  const indices = new Map<T, number>();
  const items: T[] = [];
  return {
    items,
    add(item: T): number {
      let index = indices.get(item);
      if (index === undefined) {
        index = items.length;
        indices.set(item, index);
        items.push(item);
      }
      return index;
    },
  };
}
