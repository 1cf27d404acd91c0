import type { NearMiss, RankedMatch, Supply } from "./mainJob.ts";

const columns = [
  { title: "Need", width: 27 },
  { title: "#", width: 2, right: true },
  { title: "Supplied by", width: 25 },
  { title: "Score", width: 5, right: true },
  { title: "Interval", width: 13 },
  { title: "km", width: 7, right: true },
  { title: "EUR/a", width: 13, right: true },
  { title: "t CO2e/a", width: 11, right: true },
];

/** The network's matches as a table, and the near misses with what they lack. */
export function formatSupplies(supplies: readonly Supply[]): string {
  const lines = [row(columns.map(({ title }) => title)), columns.map(({ width }) => "-".repeat(width)).join("  ")];
  for (const { need, matches } of supplies) {
    if (matches.length === 0) lines.push(row([need, "", "nobody yet"]));
    for (const match of matches) lines.push(row(matchCells(match.rank === 1 ? need : "", match)));
  }
  const misses = supplies.flatMap(({ need, nearMisses }) => nearMisses.map((miss) => ({ need, miss })));
  lines.push("", misses.length === 0 ? "No near misses." : "Near misses:");
  for (const { need, miss } of misses) lines.push(`  ${need} <- ${miss.output}: ${describeMiss(miss)}`);
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

function matchCells(need: string, match: RankedMatch): string[] {
  return [
    need,
    String(match.rank),
    match.output,
    match.score.toFixed(3),
    `${match.low.toFixed(3)}-${match.high.toFixed(3)}`,
    (match.distanceMeters / 1_000).toFixed(1),
    formatWhole(Number(match.money.perYear.joint)),
    formatWhole(match.carbon.avoidedKgPerYear / 1_000),
  ];
}

function row(cells: readonly string[]): string {
  return columns
    .map(({ width, right }, index) =>
      right ? (cells[index] ?? "").padStart(width) : (cells[index] ?? "").padEnd(width),
    )
    .join("  ");
}

function formatWhole(amount: number): string {
  return Math.round(amount)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, " ");
}

/** The one gate that refuses the pair: by how much, on which facts, and what would close it. */
function describeMiss({ near: { gate, short, closes, detail } }: NearMiss): string {
  const lacking = short ? ` short by ${Number(short.amount.toPrecision(4))} ${short.unit}` : "";
  return [`${gate}${lacking}`, detail, closes && `would close it: ${closes}`].filter(Boolean).join("; ");
}
