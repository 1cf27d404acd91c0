import { parseUnit } from "../../domain/ucum.ts";
import type { GateResult, Shortfall } from "../evaluation.ts";
import { phraseClosing } from "../nearLimits.ts";
import { at } from "../pair.ts";
import { near, verdictName } from "../verdictCodes.ts";
import type { Explained } from "./subject.ts";
import { describeRange, formatNumber, tidy } from "./words.ts";

/** The quality gates of a pair, by name. */
export function explainQualityGates(explained: Explained): GateResult[] {
  const { pair, input, inputColumns, j } = explained;
  const { start, name } = inputColumns.properties;
  const results: GateResult[] = [];
  for (let ask = 0; ask < pair.figures[at.qualityCount]!; ask++) {
    const property = pair.interner.propertyFacts[name[start[j]! + ask]!]!.name;
    results.push(explainProperty(explained, property, ask, input.flow.quality[property]!.unit));
  }
  return results.sort((left, right) => (left.gate < right.gate ? -1 : 1));
}

function explainProperty({ pair, output, input }: Explained, name: string, ask: number, unit: string): GateResult {
  const verdict = pair.qualityVerdicts[ask]!;
  const short = pair.qualityShort[ask]!;
  const asked = input.flow.quality[name]!;
  const stated = output.flow.quality[name];
  const approach = name === "temperature" ? pair.figures[at.approachKelvin]! : 0;
  const exchanger = approach > 0 ? `, and ${formatNumber(approach)} K more for the heat exchanger` : "";
  const shortfall = short === 0 ? null : measureShort(Math.abs(short), unit);
  const limits = pair.rules.near.qualityOf(name);
  const limit = short > 0 ? limits.below : limits.above;
  const gap = shortfall && `: ${formatNumber(shortfall.amount)} ${shortfall.unit} too ${short > 0 ? "low" : "high"}`;
  const has = stated ? describeRange(stated) : "Not stated";
  return {
    gate: `quality.${name}`,
    verdict: verdictName(verdict),
    short: shortfall,
    closes: verdict === near && shortfall ? phraseClosing(limit, formatNumber(shortfall.amount), shortfall.unit) : null,
    detail: `${has}; ${describeRange(asked)} ${asked.value === undefined ? "" : "exactly "}asked for${exchanger}${gap ?? ""}`,
  };
}

/** A difference in the unit that the need is written in; of temperatures in kelvins. */
function measureShort(coherent: number, unit: string): Shortfall | null {
  const parsed = parseUnit(unit);
  if (!parsed.ok) return null;
  if (parsed.unit.dimension === "K") return { amount: tidy(coherent), unit: "K" };
  return { amount: tidy(coherent / parsed.unit.factor), unit };
}
