import { prefixRows, unitRows } from "./ucumTable.ts";

/** What the table holds of one unit. */
export type Atom = { factor: number; exponents: readonly number[]; takesPrefix: boolean; offset: number | null };

const atoms = new Map<string, Atom>(
  unitRows
    .trim()
    .split("\n")
    .map((row) => {
      const [code, factor, exponents, prefix, offset] = row.split("|") as [string, string, string, string, string];
      return [
        code,
        {
          factor: Number(factor),
          exponents: exponents === "" ? [] : exponents.split(",").map(Number),
          takesPrefix: prefix === "p",
          offset: offset === "" ? null : Number(offset),
        },
      ];
    }),
);

const prefixes = new Map<string, number>(
  prefixRows
    .trim()
    .split("\n")
    .map((row) => row.split("|") as [string, string])
    .map(([code, factor]) => [code, Number(factor)]),
);

/** One atom, with its prefix if it has one. */
export function findAtom(symbol: string): Atom | undefined {
  const whole = atoms.get(symbol);
  if (whole) return whole;
  for (let length = 1; length <= 2 && length < symbol.length; length++) {
    const prefix = prefixes.get(symbol.slice(0, length));
    const atom = prefix === undefined ? undefined : atoms.get(symbol.slice(length));
    if (prefix !== undefined && atom?.takesPrefix) return { ...atom, factor: prefix * atom.factor };
  }
  return undefined;
}
