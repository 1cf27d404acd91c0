/** What a figure is held against: `atLeast` and `atMost` are the bounds of its ratio, or of itself where it has none. */
export type Target = { kind: "atLeast" | "atMost"; value: number; of: "ratio" | "value" };

/** One measured figure. */
export type Figure = {
  /** The measure that found it, by the name that `--only` takes. */
  measure: string;
  name: string;
  value: number;
  unit: string;
  /** What was measured beside it, in the same run. */
  beside: { name: string; value: number } | null;
  /** `value / beside.value`. */
  ratio: number | null;
  target: Target | null;
  /** Null where there is no target. */
  isMet: boolean | null;
  /** How it was found, where the name does not say. */
  note: string;
};

type FigureInput = Pick<Figure, "measure" | "name" | "value" | "unit"> & {
  beside?: { name: string; value: number };
  target?: Target;
  note?: string;
};

export function createFigure({ beside, target, note, ...input }: FigureInput): Figure {
  const ratio = beside ? input.value / beside.value : null;
  const held = target?.of === "ratio" ? ratio : input.value;
  const isMet =
    !target || held === null ? null : target.kind === "atLeast" ? held >= target.value : held <= target.value;
  return { ...input, beside: beside ?? null, ratio, target: target ?? null, isMet, note: note ?? "" };
}

export const atLeast = (value: number): Target => ({ kind: "atLeast", value, of: "value" });
export const atMost = (value: number): Target => ({ kind: "atMost", value, of: "value" });
export const ratioAtLeast = (value: number): Target => ({ kind: "atLeast", value, of: "ratio" });
export const ratioAtMost = (value: number): Target => ({ kind: "atMost", value, of: "ratio" });

const verdicts = new Map([
  [true, "met"],
  [false, "MISSED"],
  [null, ""],
]);

const head = ["figure", "value", "unit", "beside it in the same run", "ratio", "target", "", "how"];

/** Every figure as a line of one table. */
export function formatFigures(figures: readonly Figure[]): string {
  const lines = figures.map(({ name, value, unit, beside, ratio, target, isMet, note }) => [
    name,
    formatNumber(value),
    unit,
    beside ? `${beside.name}: ${formatNumber(beside.value)}` : "",
    ratio === null ? "" : ratio.toFixed(2),
    target ? `${target.of} ${target.kind === "atLeast" ? ">=" : "<="} ${formatNumber(target.value)}` : "",
    verdicts.get(isMet)!,
    note,
  ]);
  const table = [head, ...lines];
  const widths = head.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
  const isNumber = (column: number) => column === 1 || column === 4;
  const format = (line: readonly string[]) =>
    line
      .map((cell, column) => (isNumber(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join("  ")
      .trimEnd();
  return [format(head), widths.map((width) => "-".repeat(width)).join("  "), ...lines.map(format)].join("\n");
}

/** Three significant digits, and no fewer than the whole part has. */
function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
