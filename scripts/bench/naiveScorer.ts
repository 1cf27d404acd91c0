import { createCalendar, createYearWindow } from "../../src/domain/calendar.ts";
import { distanceMeters } from "../../src/domain/geography.ts";
import { convertProperty } from "../../src/domain/property.ts";
import { convertQuantity } from "../../src/domain/quantity.ts";
import { sharedHours } from "../../src/domain/sharedHours.ts";
import type { Taxonomy } from "../../src/domain/taxonomy.ts";
import type { Party } from "../../src/matching/party.ts";
import type { MatchingTables } from "../../src/matching/tables.ts";

const window = createYearWindow(Date.UTC(2026, 0, 1));

/**
 * What one would write first: the parties' own objects, a list of gates and a list of terms for each pair. It leaves out
 * intervals, law, money's ends and near misses, so it does less than the kernel.
 */
export function scoreNaively(output: Party, input: Party, taxonomy: Taxonomy, tables: MatchingTables) {
  const relation = taxonomy.relate(output.flow.grade, input.flow.grade);
  const meters = distanceMeters(output.site.position, input.site.position);
  const grade = taxonomy.findGrade(output.flow.grade)!;
  const limit = tables.transport.classes[grade.transportClass].limitMeters;
  const supplyCalendar = createCalendar(output.flow.availability, output.site.timeZone, window);
  const needCalendar = createCalendar(input.flow.availability, input.site.timeZone, window);
  const hours = sharedHours(supplyCalendar, needCalendar);
  const supply = convertQuantity(output.flow.quantity, input.flow.quantity.unit, grade);
  const qualities = Object.entries(input.flow.quality).map(([name, asked]) => {
    const stated = output.flow.quality[name];
    const value = stated && convertProperty(stated.value ?? stated.minimum ?? 0, stated.unit, asked.unit);
    return { gate: `quality.${name}`, passes: value?.ok === true && value.value >= (asked.minimum ?? 0) };
  });
  const gates = [
    { gate: "resource", passes: relation.kind !== "none" },
    ...qualities,
    { gate: "quantity", passes: supply.ok },
    { gate: "temporal", passes: hours > 0 },
    { gate: "distance", passes: meters <= limit },
  ];
  const available = supply.ok ? (supply.value * hours) / supplyCalendar.hoursOpen : 0;
  const quantity = Math.min(available, (input.flow.quantity.amount * hours) / needCalendar.hoursOpen);
  const price = taxonomy.findGrade(input.flow.grade)!.virginPrice;
  const joint = price ? (quantity * (price.low + price.high)) / 2 : 0;
  const { weights } = tables.scoring;
  const terms = [
    { term: "quality", value: relation.factor, weight: weights.quality },
    { term: "quantity", value: quantity / input.flow.quantity.amount, weight: weights.quantity },
    { term: "temporal", value: hours / needCalendar.hoursOpen, weight: weights.temporal },
    { term: "proximity", value: Math.max(0, 1 - meters / limit), weight: weights.proximity },
    { term: "economics", value: joint > 0 ? 1 : 0, weight: weights.economics },
    { term: "trust", value: output.organization.verified ? 1 : 0.5, weight: weights.trust },
  ];
  return {
    verdict: gates.every(({ passes }) => passes) ? "match" : "no_match",
    score: terms.reduce((sum, { value, weight }) => sum + value * weight, 0),
    gates,
    terms,
  };
}
