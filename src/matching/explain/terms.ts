import type { Money, TermName, TermResult } from "../evaluation.ts";
import { termNames } from "../evaluation.ts";
import { at, termAt } from "../pair.ts";
import { gateSlots, unknown } from "../verdictCodes.ts";
import { describeDistance } from "./distance.ts";
import { type Explained, formatQuantity, inUnitOf, nameOf } from "./subject.ts";
import { describeRange, formatNumber, plural } from "./words.ts";

/** The six terms as the kernel found them, each with a sentence. */
export function explainTerms(explained: Explained, money: Money): TermResult[] {
  const { pair } = explained;
  const sentences: Record<TermName, string> = {
    quality: explainQuality(explained),
    quantity: explainCover(explained),
    temporal: explainTime(explained),
    proximity: describeDistance(pair),
    economics: explainEconomics(explained, money),
    trust: explainTrust(explained),
  };
  return termNames.map((term) => ({
    term,
    value: pair.terms[termAt[term] + 1]!,
    low: pair.terms[termAt[term]]!,
    high: pair.terms[termAt[term] + 2]!,
    weight: pair.rules.tables.scoring.weights[term],
    contribution: pair.contributions[termAt[term] + 1]!,
    sentence: sentences[term],
  }));
}

function explainQuality({ pair, output, input }: Explained): string {
  const { figures, gates } = pair;
  const supply = nameOf(pair, output);
  const asked = Object.entries(input.flow.quality).filter(([name]) => name !== "returnTemperature");
  const factor = figures[at.qualityFactor]!;
  const standIn = factor < 1 && factor > 0 ? `, as good as ${formatNumber(factor)} of what is asked for` : "";
  const doubt = gates[gateSlots.resource] === unknown ? "; whether it is the resource asked for is not stated" : "";
  if (asked.length === 0) return `${supply}${standIn}; nothing is asked of its quality${doubt}`;
  const has = asked.map(([name]) => {
    const range = output.flow.quality[name];
    return range ? `${labelOf(name)}${describeRange(range)}` : `${labelOf(name)}not stated`;
  });
  const wants = asked.map(([name, range]) => `${labelOf(name)}${describeRange(range)}`);
  return `${supply} at ${has.join(", ")}${standIn}; ${wants.join(", ")} ${wants.length === 1 ? "is" : "are"} asked for${doubt}`;
}

/** Temperature and pressure speak by their units; all else is named: "pH 7", "purity at least 90 %". */
function labelOf(name: string): string {
  if (name === "temperature" || name === "pressure") return "";
  return `${name.replace(/(?<=[a-z])([A-Z])(?=[a-z])/g, (letter) => ` ${letter.toLowerCase()}`)} `;
}

function explainCover({ pair, input, inputColumns, j }: Explained): string {
  const can = inUnitOf(input, pair.figures[at.quantity + 1]!);
  const need = inUnitOf(input, inputColumns.amount[j]!);
  const share = pair.figures[at.heatShare + 1]!;
  const heat = share < 1 ? `; the temperatures let ${formatNumber(share * 100)} % of the heat pass` : "";
  return `${formatQuantity(can)} of the ${formatQuantity(need)} needed${heat}`;
}

function explainTime({ pair, inputColumns, j }: Explained): string {
  return `${formatNumber(pair.figures[at.sharedHours]!)} of the ${formatNumber(inputColumns.hours[j]!)} hours needed in the year are shared`;
}

function explainEconomics({ pair, output, outputColumns, i, inputColumns, j }: Explained, money: Money): string {
  if (pair.figures[at.isMoneyUnknown] === 1)
    return "What the exchange would be worth is not stated and not usual for the grade";
  const { joint, currency } = money.perYear;
  const time = money.basis === "per_year" ? "a year" : "once";
  const otherwise = pair.figures[at.virgin + 1]! * pair.figures[at.quantity + 1]!;
  const rate = pair.rules.tables.exchangeRates.perEuro[currency]!;
  const cost = `the need would otherwise cost ${formatNumber(otherwise * rate)}`;
  const hasDisposal = outputColumns.disposalHigh[i]! > 0 && output.flow.economics.disposalCost === null;
  const isUsual = inputColumns.statesVirgin[j] === 0 || hasDisposal;
  const usual = isUsual ? "; costs that are not stated count at the less favourable end of what is usual" : "";
  return `${formatNumber(Number(joint))} ${currency} ${time} for both sides together; ${cost}${usual}`;
}

function explainTrust({ pair, output, input }: Explained): string {
  const isStated = pair.gates[gateSlots.hazard] !== unknown && pair.gates[gateSlots.permit] !== unknown;
  const side = ({ flow, organization }: Explained["output"]) =>
    `${flow.precision.level} by ${organization.verified ? "a verified" : "an unverified"} organization with ${plural(organization.exchangesCompleted, "completed exchange")}`;
  const law = isStated ? "" : "; counted as nothing until what the law asks for is stated";
  return `Supply ${side(output)}; need ${side(input)}${law}`;
}
