import { phraseClosing } from "../nearLimits.ts";
import { at, type Pair } from "../pair.ts";
import { gateSlots, near, pass, uncertain } from "../verdictCodes.ts";
import type { GateWords } from "./gates.ts";
import { type Explained, gradeOf } from "./subject.ts";
import { formatKilometers, formatNumber, tidy } from "./words.ts";

export function explainDistance({ pair, output }: Explained): GateWords {
  const { figures, gates } = pair;
  const limit = figures[at.limitMeters]!;
  const carriage = gradeOf(pair, output)?.transportClass.replaceAll("_", " ") ?? "unknown";
  const meters = isKnown(pair)
    ? `${formatKilometers(figures[at.distanceMeters]!)} of at most ${formatKilometers(limit)}`
    : describeDistance(pair);
  const detail = `${meters} (${carriage}, or a side's own limit)`;
  const verdict = gates[gateSlots.distance];
  if (verdict === pass || verdict === uncertain) return { detail };
  const over = { amount: tidy((figures[at.nearestMeters]! - limit) / 1_000), unit: "km" };
  return {
    detail,
    short: over,
    closes: verdict === near ? phraseClosing(pair.rules.near.distance, formatNumber(over.amount), over.unit) : null,
  };
}

/** "1.07 km apart; the limit is 3 km", or "Between 2.1 and 5 km apart; the limit is 5 km" where a place is not known. */
export function describeDistance(pair: Pair): string {
  const { figures } = pair;
  const apart = isKnown(pair)
    ? formatKilometers(figures[at.distanceMeters]!)
    : `Between ${formatNumber(figures[at.nearestMeters]! / 1_000)} and ${formatKilometers(figures[at.farthestMeters]!)}`;
  return `${apart} apart; the limit is ${formatKilometers(figures[at.limitMeters]!)}`;
}

function isKnown({ figures }: Pair): boolean {
  return figures[at.nearestMeters] === figures[at.farthestMeters];
}
