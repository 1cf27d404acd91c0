/**
 * Writes `src/domain/ucumTable.ts` from the tables of `@lhncbc/ucum-lhc`, and beside it the notice that its terms ask for:
 * `node scripts/deriveUnits.ts`. With `--check` it writes nothing and exits with 1 when the committed files are others.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

type SourceUnit = {
  csCode_: string;
  name_: string;
  synonyms_: string | null;
  source_: string | null;
  magnitude_: number;
  dim_: { dimVec_: number[] | null };
  isMetric_: boolean;
  isBase_: boolean;
  isSpecial_: boolean;
  isArbitrary_: boolean;
};
type SourcePrefix = { code_: string; value_: number };

const folder = new URL("../src/domain/", import.meta.url);

/** Texts of files by their names in `src/domain`. */
export type UnitFiles = Record<"ucumTable.ts" | "ucumTable.LICENSE.md", string>;

/** UCUM's base mass is the gram, ours the kilogram; this is its place in the dimension vector. */
const massIndex = 2;

/** Units of an affine or logarithmic scale that are kept, with the zero of their scale in kelvin. */
const scaleOffsets: Record<string, number> = {
  Cel: 273.15,
  "[degF]": (459.67 * 5) / 9,
  // pH is kept as a plain number: minus the decimal logarithm of the activity, never turned into mol/L.
  "[pH]": 0,
};

/** Defined by UCUM as `/m`, `/[in_i]` and `/s`; the package's tables hold their reciprocals. */
const reciprocals = new Set(["[diop]", "[mesh_i]", "Bd"]);

const missingNames: Record<string, string> = { "%": "percent" };

/** The files as they must be, from the package that is installed. */
export function deriveUnitFiles(): UnitFiles {
  const require = createRequire(import.meta.url);
  require("@lhncbc/ucum-lhc").UcumLhcUtils.getInstance();
  const { UnitTables } = require("@lhncbc/ucum-lhc/source-cjs/unitTables.js");
  const { PrefixTables } = require("@lhncbc/ucum-lhc/source-cjs/prefixTables.js");
  const units = Object.values<SourceUnit>(UnitTables.getInstance().unitCodes_).filter(isKept);
  const prefixes = Object.values<SourcePrefix>(PrefixTables.getInstance().byCode_);
  const packageRoot = new URL("../node_modules/@lhncbc/ucum-lhc/", import.meta.url);
  const { version } = JSON.parse(readFileSync(new URL("package.json", packageRoot), "utf8"));
  return {
    "ucumTable.ts": render(version, units, prefixes),
    "ucumTable.LICENSE.md": `${readFileSync(new URL("LICENSE.md", packageRoot), "utf8").trim()}\n`,
  };
}

/** Single units of UCUM itself; those marked LOINC are combinations that the parser makes, arbitrary ones convert to nothing. */
function isKept(unit: SourceUnit): boolean {
  if (unit.source_ !== "UCUM" || unit.isArbitrary_) return false;
  return !unit.isSpecial_ || unit.csCode_ in scaleOffsets;
}

function render(version: string, units: SourceUnit[], prefixes: SourcePrefix[]): string {
  return [
    "/**",
    ` * The units and prefixes of UCUM, derived by scripts/deriveUnits.ts from @lhncbc/ucum-lhc ${version}; not edited by hand.`,
    " * Copyright Regenstrief Institute, Inc. and the UCUM Organization; the notice of that package and of UCUM stands in",
    " * ucumTable.LICENSE.md, as its terms ask.",
    " */",
    "",
    "/** One prefix a line: code and factor. */",
    "export const prefixRows = `",
    ...prefixes.map((prefix) => `${prefix.code_}|${prefix.value_}`),
    "`;",
    "",
    "/**",
    " * One unit a line: code, factor to the coherent unit of its dimension, exponents of m, s, kg, rad, K, C and cd (zeros at",
    " * the end left out), `p` where prefixes are allowed, zero of its scale for those that have one, name, synonyms. Factors",
    " * are rounded to 15 digits.",
    " */",
    "export const unitRows = `",
    ...units.map(renderUnit),
    "`;",
    "",
  ].join("\n");
}

function renderUnit(unit: SourceUnit): string {
  const code = unit.csCode_;
  const sign = reciprocals.has(code) ? -1 : 1;
  const isAcidity = code === "[pH]";
  const exponents = isAcidity ? [] : (unit.dim_.dimVec_ ?? []).map((exponent) => sign * exponent || 0);
  const mass = exponents[massIndex] ?? 0;
  const factor = isAcidity ? 1 : round15(unit.magnitude_ ** sign / 1000 ** mass);
  while (exponents.at(-1) === 0) exponents.pop();
  const offset = scaleOffsets[code];
  const columns = [
    code,
    factor,
    exponents.join(","),
    (unit.isMetric_ || unit.isBase_) && offset === undefined ? "p" : "",
    offset === undefined ? "" : round15(offset),
    unit.name_.trim().replaceAll(/\s+/g, " ") || missingNames[code] || code,
    (unit.synonyms_ ?? "").trim().replaceAll(/\s*;\s*/g, ";"),
  ].map(String);
  if (columns.some((column) => /[|`\\\n]/.test(column))) throw new Error(`${code} holds a character the table cannot`);
  return columns.join("|");
}

const round15 = (value: number) => Number(value.toPrecision(15));

/** The file as it is committed. */
export const readUnitFile = (name: string) => readFileSync(new URL(name, folder), "utf8");

function main(): void {
  for (const [name, text] of Object.entries(deriveUnitFiles())) {
    if (!process.argv.includes("--check")) writeFileSync(new URL(name, folder), text);
    else if (readUnitFile(name) !== text) {
      console.error(
        `src/domain/${name} is not what the installed @lhncbc/ucum-lhc gives: run node scripts/deriveUnits.ts`,
      );
      process.exitCode = 1;
    }
  }
}

if (import.meta.main) main();
