import { dimensions, readMeasure } from "../../domain/dimension.ts";
import type { MaterialProperties } from "../../domain/quantity.ts";
import type { Grade } from "../../domain/reference/types.ts";
import type { Columns } from "../columns.ts";
import { findMaterial } from "../encodeParties.ts";
import type { Pair } from "../pair.ts";
import type { Party } from "../party.ts";
import { formatNumber, tidy } from "./words.ts";

/** A pair that the kernel has evaluated in full, with the parties that its figures are of. */
export type Explained = {
  pair: Pair;
  output: Party;
  input: Party;
  outputColumns: Columns;
  i: number;
  inputColumns: Columns;
  j: number;
};

export type Quantity = { amount: number; unit: string };

/** A canonical amount of a side, in the unit that the side writes; what recurs is told per year. */
export function inUnitOf({ flow }: Party, canonical: number): Quantity {
  const { unit, basis } = flow.quantity;
  const read = readMeasure(unit);
  const factor = read.ok ? read.measure.factor : 1;
  return { amount: tidy(canonical / factor), unit: basis === "recurring" ? `${unit}/a` : unit };
}

export const formatQuantity = ({ amount, unit }: Quantity) => `${formatNumber(amount)} ${unit}`;

export function gradeOf({ rules }: Pair, { flow }: Party): Grade | null {
  return rules.taxonomy.findGrade(flow.grade);
}

export function nameOf(pair: Pair, party: Party): string {
  return gradeOf(pair, party)?.name ?? party.flow.grade;
}

export function materialOf(pair: Pair, party: Party): MaterialProperties {
  return findMaterial(party, gradeOf(pair, party));
}

export const dimensionOf = (columns: Columns, row: number) => dimensions[columns.dimension[row]!]!;
