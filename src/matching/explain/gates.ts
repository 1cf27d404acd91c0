import { readMeasure } from "../../domain/dimension.ts";
import { haveEqualHs } from "../../domain/taxonomy.ts";
import type { GateName, GateResult, Shortfall } from "../evaluation.ts";
import { phraseClosing } from "../nearLimits.ts";
import { at, partyReasons, quantityReasons } from "../pair.ts";
import { relationCodes } from "../rules.ts";
import { fail, gateSlots, near, pass, uncertain, unknown, verdictName } from "../verdictCodes.ts";
import { explainDistance } from "./distance.ts";
import { explainHazard, explainPermit } from "./lawGates.ts";
import { priceInUnits } from "./priceUnits.ts";
import { explainQualityGates } from "./qualityGates.ts";
import { type Explained, formatQuantity, inUnitOf, nameOf } from "./subject.ts";
import { formatNumber, plural, tidy } from "./words.ts";

/** What a gate's explanation adds to its verdict. */
export type GateWords = { detail: string; short?: Shortfall | null; closes?: string | null };

/** Every gate of a pair that the kernel has evaluated in full, in the order of evaluation. */
export function explainGates(explained: Explained): GateResult[] {
  const result = (gate: Exclude<keyof typeof gateSlots, "quality">, words: GateWords): GateResult => ({
    gate: gate as GateName,
    verdict: verdictName(explained.pair.gates[gateSlots[gate]]!),
    short: words.short ?? null,
    closes: words.closes ?? null,
    detail: words.detail,
  });
  return [
    result("resource", { detail: explainResource(explained) }),
    ...explainQualityGates(explained),
    result("quantity", explainQuantity(explained)),
    result("temporal", explainTemporal(explained)),
    result("distance", explainDistance(explained)),
    result("hazard", { detail: explainHazard(explained) }),
    result("permit", explainPermit(explained)),
    result("party", { detail: explainParty(explained) }),
    result("price", explainPrice(explained)),
    result("economics", { detail: explainEconomics(explained) }),
  ];
}

function explainResource({ pair, output, input }: Explained): string {
  const { figures } = pair;
  const [supply, need] = [nameOf(pair, output), nameOf(pair, input)];
  if (figures[at.relation] === relationCodes.same) return `Both are ${need}`;
  if (figures[at.isEqualByCode] === 1) {
    const { ewc, hs } = output.flow.codes;
    return haveEqualHs(hs, input.flow.codes.hs) ? `Both have HS code ${hs}` : `Both have EWC code ${ewc}`;
  }
  const relation = pair.rules.taxonomy.relate(output.flow.grade, input.flow.grade);
  switch (relation.kind) {
    case "same":
    case "special":
      return `${supply} is a kind of ${need}`;
    case "substitution":
      return `${supply} can stand in for ${need}, as good as ${formatNumber(relation.factor)} of it: ${relation.note}`;
    case "ancestor":
      return `${need} is asked for; the output says only ${supply}`;
    case "unspecified":
      return `The input says only ${need}; whether ${supply} serves it is not stated`;
    case "none":
      return `${supply} does not serve as ${need}`;
  }
}

function explainQuantity({ pair, output, input, outputColumns, i, inputColumns, j }: Explained): GateWords {
  const reason = pair.figures[at.quantityReason]!;
  const supply = inUnitOf(output, outputColumns.amount[i]!);
  const need = inUnitOf(input, inputColumns.amount[j]!);
  const facts = `${formatQuantity(supply)} left of the supply, ${formatQuantity(need)} of the need`;
  if (reason === quantityReasons.dimension)
    return {
      detail: `${supply.unit} and ${need.unit} measure different things, and no density or heating value is known to compare them`,
    };
  if (reason === quantityReasons.basis) {
    const [rate, once] = outputColumns.isYearly[i] === 1 ? ["supply", "need"] : ["need", "supply"];
    return { detail: `The ${rate} is a rate and the ${once} a single amount: ${supply.unit} against ${need.unit}` };
  }
  if (reason === quantityReasons.nothingLeft) return { detail: `Nothing is left on one side: ${facts}` };
  if (reason === quantityReasons.fits) return { detail: facts };
  const isSupplyLot = reason === quantityReasons.supplyLot;
  const lot = (isSupplyLot ? output : input).flow.quantity.minimumLot!;
  const read = readMeasure(lot.unit);
  const bridge = pair.figures[at.bridge]!;
  const leftHigh = isSupplyLot ? inputColumns.amountHigh[j]! * bridge : outputColumns.amountHigh[i]! / bridge;
  const left = tidy(leftHigh / (read.ok ? read.measure.factor : 1));
  const over = { amount: tidy(lot.amount - left), unit: lot.unit };
  const verdict = pair.gates[gateSlots.quantity];
  return {
    detail: `The ${isSupplyLot ? "supply" : "need"} goes in lots of ${formatQuantity(lot)}; the other side has at most ${formatNumber(left)} ${lot.unit} left`,
    short: verdict === uncertain ? null : over,
    closes: verdict === near ? phraseClosing(pair.rules.near.quantity, formatNumber(lot.amount), lot.unit) : null,
  };
}

function explainTemporal({ pair, inputColumns, j }: Explained): GateWords {
  const { figures, gates } = pair;
  const needed = `${formatNumber(inputColumns.hours[j]!)} hours needed in the year`;
  if (gates[gateSlots.temporal] === pass)
    return { detail: `${formatNumber(figures[at.sharedHours]!)} of the ${needed} are shared` };
  const months = figures[at.seasonMonthsShort]!;
  if (months === 0) return { detail: `None of the ${needed} is shared` };
  const isNear = gates[gateSlots.temporal] === near;
  return {
    detail: `None of the ${needed} is shared; one season would have to be ${plural(months, "month")} longer`,
    short: { amount: months, unit: "mo" },
    closes: isNear
      ? phraseClosing(pair.rules.near.temporal, formatNumber(months), months === 1 ? "month" : "months")
      : null,
  };
}

function explainParty({ pair }: Explained): string {
  switch (pair.figures[at.partyReason]) {
    case partyReasons.sameOrganization:
      return "Both flows are of one organization, and neither asks for that";
    case partyReasons.blockedByOutput:
    case partyReasons.blockedByInput:
      return "One side does not deal with the other";
    default:
      return "Neither side has blocked the other";
  }
}

function explainPrice(explained: Explained): GateWords {
  const { pair, output, input } = explained;
  const [ask, bid] = [output.flow.economics.price, input.flow.economics.price];
  if (ask === null || bid === null) return { detail: "At most one side states a price" };
  const detail = `${ask.amount} ${ask.currency} per ${ask.per} asked, ${bid.amount} ${bid.currency} per ${bid.per} bid`;
  const gap = pair.figures[at.priceGap]!;
  if (gap === 0) return { detail };
  const { amount, currency, per } = priceInUnits(explained, gap, bid.currency, bid.per);
  const short = { amount: tidy(Number(amount)), unit: `${currency}/${per}` };
  const isNear = pair.gates[gateSlots.price] === near;
  return {
    detail,
    short,
    closes: isNear ? phraseClosing(pair.rules.near.price, formatNumber(short.amount), short.unit) : null,
  };
}

/** Says nothing of the floors, which are private to either side. */
function explainEconomics({ pair }: Explained): string {
  switch (pair.gates[gateSlots.economics]) {
    case pass:
      return "Together the two sides gain, whatever the uncertain figures turn out to be";
    case uncertain:
      return "Together the two sides gain at the favourable end of the uncertain figures, and not at the other";
    case fail:
      return "Carriage and treatment cost more than the exchange saves, or it saves less than the sides want at the least";
    case unknown:
      return pair.figures[at.isMoneyUnknown] === 1
        ? "What the need costs otherwise, or what carrying it costs, is neither stated nor usual for the grade"
        : "Nothing can be exchanged, so nothing is gained";
    default:
      return "";
  }
}
