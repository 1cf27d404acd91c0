/**
 * Writes `src/domain/reference/ewc.json` from `scripts/data/ewc.csv`: `node scripts/deriveEwc.ts`. With `--check` it
 * writes nothing and exits with 1 when the committed file is not what would be written.
 *
 * Mirror links, from a waste's hazardous entry to its non-hazardous ones and back, are found by three rules in turn:
 * 1. named: a mirror entry's text names one of the opposite hazard, alone or in a range ("other than those mentioned in
 *    19 02 08 and 19 02 09", "except 16 08 07"). Absolute entries are never linked.
 * 2. family: the mirror entries of a sub-chapter that rule 1 left out are linked, hazardous with non-hazardous
 *    (17 04 09 with 17 04 01 to 17 04 07, 06 10 02 with 06 10 99).
 * 3. contents: a non-hazardous entry still left is linked with a hazardous one of its sub-chapter whose text has every
 *    word of its own (17 01 01 "Concrete" with 17 01 06 "... concrete, bricks, tiles ...").
 * What no rule reaches stays without a link (10 14 01 has no counterpart in the list).
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { EwcEdition, EwcEntry, EwcEntryType } from "../src/domain/reference/types.ts";

const sourcePath = new URL("./data/ewc.csv", import.meta.url);
export const editionPath = new URL("../src/domain/reference/ewc.json", import.meta.url);

const entryTypes: Record<string, EwcEntryType> = {
  "Absolute non-hazardous": "AN",
  "Absolute hazardous": "AH",
  "Mirror non-hazardous": "MN",
  "Mirror hazardous": "MH",
};

type Row = { code: string; entry: EwcEntryType; chapter: string; subChapter: string; description: string };
type Links = Map<string, Set<string>>;

/** The file as it must be, formatted as Biome leaves it. */
export function renderEdition(): string {
  const rows = readRows(readFileSync(sourcePath, "utf8"));
  const links = findMirrors(rows);
  return format({
    edition: "2000/532/EC",
    amendedBy: ["2001/118/EC", "2001/119/EC", "2001/573/EC", "2014/955/EU"],
    appliesFrom: "2015-06-01",
    changes: null,
    removed: [],
    attribution:
      "Code list of Decision 2000/532/EC as published by Defra; contains public sector information licensed under the Open Government Licence v3.0.",
    chapters: collectTitles(rows, 2, (row) => row.chapter),
    subChapters: collectTitles(rows, 4, (row) => row.subChapter),
    entries: rows.map(({ code, entry, description }) => ({
      code,
      entry,
      description,
      mirrors: [...(links.get(code) ?? [])].sort(),
    })),
  });
}

function readRows(csv: string): Row[] {
  const [header, ...records] = csv.trim().split(/\r?\n/).map(splitRecord);
  if (header?.join() !== "code,hazardous,entry_type,chapter,sub_chapter,description")
    throw new Error("ewc.csv has other columns than expected.");
  return records.map(([code, hazardous, type, chapter, subChapter, description]) => {
    const entry = entryTypes[type ?? ""];
    if (!code || !entry || !chapter || !subChapter || !description)
      throw new Error(`ewc.csv: row ${code} is not whole.`);
    if ((hazardous === "true") !== entry.endsWith("H")) throw new Error(`ewc.csv: ${code} contradicts its entry type.`);
    return { code, entry, chapter, subChapter, description };
  });
}

/** Fields of one line of RFC 4180 text; the file has no line breaks inside fields. */
function splitRecord(line: string): string[] {
  const fields = line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return [...fields].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "");
}

function collectTitles(rows: readonly Row[], digits: number, read: (row: Row) => string): Record<string, string> {
  const titles: Record<string, string> = {};
  for (const row of rows) {
    const prefix = row.code.slice(0, digits);
    titles[prefix] ??= read(row);
    if (titles[prefix] !== read(row)) throw new Error(`ewc.csv: ${prefix} has two titles.`);
  }
  return titles;
}

function findMirrors(rows: readonly Row[]): Links {
  const mirrorRows = rows.filter((row) => row.entry === "MN" || row.entry === "MH");
  const byCode = new Map(mirrorRows.map((row) => [row.code, row]));
  const links: Links = new Map(mirrorRows.map((row) => [row.code, new Set()]));
  const link = (one: Row, other: Row) => {
    links.get(one.code)?.add(other.code);
    links.get(other.code)?.add(one.code);
  };
  for (const row of mirrorRows)
    for (const named of namedCodes(row.description, [...byCode.keys()])) {
      const other = byCode.get(named);
      if (other && other.entry !== row.entry) link(row, other);
    }
  const unlinked = () => mirrorRows.filter((row) => links.get(row.code)?.size === 0);
  const isSameFamily = (one: Row, other: Row) =>
    one.code.slice(0, 4) === other.code.slice(0, 4) && one.entry === "MH" && other.entry === "MN";
  const leftByName = unlinked();
  for (const hazardous of leftByName)
    for (const harmless of leftByName) if (isSameFamily(hazardous, harmless)) link(hazardous, harmless);
  for (const harmless of unlinked())
    for (const hazardous of mirrorRows)
      if (isSameFamily(hazardous, harmless) && hasEveryWord(hazardous.description, harmless.description))
        link(hazardous, harmless);
  return links;
}

/** Codes written "19 02 08" in a text, ranges ("16 01 07 to 16 01 11") filled from those that exist. */
function namedCodes(text: string, codes: readonly string[]): string[] {
  const code = String.raw`(\d\d) (\d\d) (\d\d)`;
  return [...text.matchAll(new RegExp(`${code}(?: to ${code})?`, "g"))].flatMap(([, ...parts]) => {
    const first = parts.slice(0, 3).join("");
    const last = parts.slice(3, 6).join("") || first;
    return codes.filter((candidate) => candidate >= first && candidate <= last);
  });
}

function hasEveryWord(text: string, words: string): boolean {
  const present = new Set(text.toLowerCase().match(/[a-z]+/g));
  return (words.toLowerCase().match(/[a-z]+/g) ?? []).every((word) => present.has(word));
}

function format(edition: EwcEdition): string {
  const { entries, ...head } = edition;
  const headText = JSON.stringify(head, null, 2)
    .replace(/\[\n\s+([^\]]*?)\n\s+\]/g, (_, inner: string) => `[${inner.replace(/\n\s+/g, " ")}]`)
    .slice(0, -2);
  return `${headText},\n  "entries": [\n${entries.map(formatEntry).join(",\n")}\n  ]\n}\n`;
}

/** On one line where 120 columns are enough (the comma after it counted), else a line for each field. */
function formatEntry(entry: EwcEntry): string {
  const fields = Object.entries(entry).map(([name, value]) => {
    const text = Array.isArray(value)
      ? `[${value.map((item) => JSON.stringify(item)).join(", ")}]`
      : JSON.stringify(value);
    return `"${name}": ${text}`;
  });
  const line = `    { ${fields.join(", ")} }`;
  if (line.length < 120) return line;
  return `    {\n${fields.map((field) => `      ${field}`).join(",\n")}\n    }`;
}

if (import.meta.main) {
  const wanted = renderEdition();
  if (!process.argv.includes("--check")) {
    writeFileSync(editionPath, wanted);
  } else if (readFileSync(editionPath, "utf8") !== wanted) {
    console.error(
      "src/domain/reference/ewc.json is not what scripts/data/ewc.csv gives; run node scripts/deriveEwc.ts",
    );
    process.exitCode = 1;
  }
}
