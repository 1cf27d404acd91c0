import type { Columns } from "./columns.ts";
import { at, type Pair, termAt, writeTriple } from "./pair.ts";
import { fail, gateSlots, unknown } from "./verdictCodes.ts";

/**
 * What can be exchanged, in the input's canonical unit: the least of what the supply has left and the need has left, each
 * within the shared hours (one-off amounts are not spread over hours), after what the temperatures and the way leave of
 * it. Writes the quantity term, `Q / need`.
 */
export function computeQuantity(pair: Pair, output: Columns, i: number, input: Columns, j: number) {
  const { figures, gates, terms } = pair;
  computeHeatShare(pair, output, i, input, j);
  computeArrivingShare(pair, output.grade[i]!);
  const bridge = figures[at.bridge]!;
  const isYearly = input.isYearly[j] === 1;
  const hours = figures[at.usedHours]!;
  const supplyShare = isYearly ? share(hours, output.hours[i]!) : hours > 0 ? 1 : 0;
  const needShare = isYearly ? share(hours, input.hours[j]!) : hours > 0 ? 1 : 0;
  const isExchangeable = gates[gateSlots.quantity] !== fail && !Number.isNaN(bridge);
  const scale = isExchangeable ? supplyShare / bridge : 0;
  const lowSupply = output.amountLow[i]! * scale * figures[at.heatShare]! * figures[at.arrivingShare]!;
  const supply = output.amount[i]! * scale * figures[at.heatShare + 1]! * figures[at.arrivingShare + 1]!;
  const highSupply = output.amountHigh[i]! * scale * figures[at.heatShare + 2]! * figures[at.arrivingShare + 2]!;
  const within = isExchangeable ? needShare : 0;
  const lowNeed = input.amountLow[j]!;
  const need = input.amount[j]!;
  const highNeed = input.amountHigh[j]!;
  writeTriple(
    figures,
    at.quantity,
    Math.min(lowSupply, lowNeed * within),
    Math.min(supply, need * within),
    Math.min(highSupply, highNeed * within),
  );
  writeTriple(
    terms,
    termAt.quantity,
    highNeed > 0 ? Math.min(lowSupply / highNeed, within) : 0,
    need > 0 ? Math.min(supply / need, within) : 0,
    lowNeed > 0 ? Math.min(highSupply / lowNeed, within) : highSupply > 0 ? within : 0,
  );
}

/** Shares are at most 1, whatever the rounding of hours. */
const share = (part: number, whole: number) => (whole > 0 ? Math.min(1, part / whole) : 0);

/**
 * Share of a supply's heat that the need's temperatures let pass, where both sides state how cold the carrier comes back:
 * `Q = m cp (Ts - max(Tr, Tk + dTmin))` of `m cp (Ts - Tr)`, with Ts and Tr of the supply, Tk where the need's sink enters.
 * A temperature gate that is near counts as closed: the pump delivers what is needed. Of a supply that does not say how hot
 * it is, while it comes back colder than the need can cool it, nothing is counted on.
 */
function computeHeatShare(pair: Pair, output: Columns, i: number, input: Columns, j: number) {
  const { figures } = pair;
  const supply = output.temperature[i]!;
  const back = output.returnTemperature[i]!;
  const sink = input.returnTemperature[j]!;
  const approach = figures[at.approachKelvin]!;
  const isSized = approach > 0 && !(supply <= back) && !Number.isNaN(back) && !Number.isNaN(sink);
  if (!isSized || figures[at.isTemperatureNear] === 1) return writeTriple(figures, at.heatShare, 1, 1, 1);
  if (Number.isNaN(supply)) {
    const known = output.returnTemperatureLow[i]! >= input.returnTemperatureHigh[j]! + approach ? 1 : 0;
    return writeTriple(figures, at.heatShare, known, known, 1);
  }
  const low = heatShare(
    output.temperatureLow[i]!,
    output.returnTemperatureLow[i]!,
    input.returnTemperatureHigh[j]! + approach,
  );
  const high = heatShare(
    output.temperatureHigh[i]!,
    output.returnTemperatureHigh[i]!,
    input.returnTemperatureLow[j]! + approach,
  );
  writeTriple(figures, at.heatShare, low, heatShare(supply, back, sink + approach), high);
}

/** Rises with the supply's two temperatures and falls with the coldest that it can be cooled to. */
function heatShare(supply: number, back: number, coldest: number): number {
  if (coldest <= back) return 1;
  return coldest >= supply ? 0 : (supply - coldest) / (supply - back);
}

function computeArrivingShare({ figures, rules }: Pair, grade: number) {
  if (grade < 0) return writeTriple(figures, at.arrivingShare, 1, 1, 1);
  const loss = rules.carriages[grade]!.lossPerMeter;
  writeTriple(
    figures,
    at.arrivingShare,
    Math.max(0, 1 - loss[2] * figures[at.farthestMeters]!),
    Math.max(0, 1 - loss[1] * figures[at.distanceMeters]!),
    Math.max(0, 1 - loss[0] * figures[at.nearestMeters]!),
  );
}

/** Hours shared of the hours needed, which are exact, and how near the two are. */
export function computeTimeAndPlace({ figures, terms }: Pair, input: Columns, j: number) {
  const time = share(figures[at.sharedHours]!, input.hours[j]!);
  writeTriple(terms, termAt.temporal, time, time, time);
  const limit = figures[at.limitMeters]!;
  const near = computeProximity(figures[at.distanceMeters]!, limit);
  const isExact = figures[at.nearestMeters] === figures[at.farthestMeters];
  const low = isExact ? near : computeProximity(figures[at.farthestMeters]!, limit);
  const high = isExact ? near : computeProximity(figures[at.nearestMeters]!, limit);
  writeTriple(terms, termAt.proximity, low, near, high);
}

/** `(1 - x^2)^2` of the share x of the limit: 1 and level at nothing, falling to 0 and level at the limit. */
export function computeProximity(distanceMeters: number, limitMeters: number): number {
  if (!(distanceMeters < limitMeters)) return 0;
  const x = distanceMeters / limitMeters;
  return (1 - x * x) ** 2;
}

/** Mean of both sides' trust; its low end, 0, where the law asks for something that is not stated. */
export function computeTrust({ gates, terms }: Pair, output: Columns, i: number, input: Columns, j: number) {
  const trust = (output.trust[i]! + input.trust[j]!) / 2;
  const isKnown = isStated(gates[gateSlots.hazard]!) && isStated(gates[gateSlots.permit]!);
  writeTriple(terms, termAt.trust, isKnown ? trust : 0, isKnown ? trust : 0, trust);
}

const isStated = (verdict: number) => verdict !== unknown;
