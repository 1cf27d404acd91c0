/** A division of NACE Rev. 2, two digits ("35"), or a section, one letter ("D"). */
export type NaceDivisionOrSection = string;

/** The first division of each section of NACE Rev. 2 (Regulation (EC) No 1893/2006, annex I). */
const firstDivisions: readonly (readonly [number, string])[] = [
  [1, "A"],
  [5, "B"],
  [10, "C"],
  [35, "D"],
  [36, "E"],
  [41, "F"],
  [45, "G"],
  [49, "H"],
  [55, "I"],
  [58, "J"],
  [64, "K"],
  [68, "L"],
  [69, "M"],
  [77, "N"],
  [84, "O"],
  [85, "P"],
  [86, "Q"],
  [90, "R"],
  [94, "S"],
  [97, "T"],
  [99, "U"],
];

/** The section that a division of NACE Rev. 2 belongs to; null for a number before the first. */
export function naceSectionOf(division: string): string | null {
  return firstDivisions.findLast(([first]) => Number(division) >= first)?.[1] ?? null;
}
