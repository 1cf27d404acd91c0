import { canonicalUnits } from "../../domain/dimension.ts";
import type { Currency, Price } from "../../domain/price.ts";
import type { Money, MoneyPart } from "../evaluation.ts";
import { at } from "../pair.ts";
import { priceInUnits } from "./priceUnits.ts";
import { dimensionOf, type Explained, gradeOf } from "./subject.ts";

/** A summand of the joint value in EUR: what is earned is positive, what is paid negative. */
type Summand = { label: string; side: MoneyPart["side"]; low: number; middle: number; high: number };

/** The pair's money in the currency that its sides write, in euros where they differ or write none. */
export function explainMoney(explained: Explained): Money {
  const { pair, inputColumns, j } = explained;
  const { figures } = pair;
  const currency = chooseCurrency(explained);
  const rate = pair.rules.tables.exchangeRates.perEuro[currency]!;
  const summands = listSummands(explained);
  const parts = summands.map((summand) => ({ summand, cents: toCents(summand.middle * rate) }));
  const sumOf = (side: MoneyPart["side"]) =>
    parts.reduce((sum, { summand, cents }) => (summand.side === side ? sum + cents : sum), 0n);
  const joint = sumOf("seller") + sumOf("buyer") + sumOf("both");
  const price = findPrice(explained, Number(joint) / 100 / rate, Number(sumOf("seller")) / 100 / rate);
  const paid = price === null ? 0n : toCents(figures[at.quantity + 1]! * price.eurPerUnit * rate);
  // An even split is even to the cent; of a stated price each side bears half of what serves both.
  const isEven = price === null || price.from === "even_split";
  const seller = isEven ? joint / 2n : sumOf("seller") + paid + sumOf("both") / 2n;
  // In order, whatever the cents of the parts were rounded to.
  const ends = [toCents(figures[at.joint]! * rate), joint, toCents(figures[at.joint + 2]! * rate)];
  const [low, , high] = ends.sort((left, right) => (left < right ? -1 : 1));
  return {
    basis: inputColumns.isYearly[j] === 1 ? "per_year" : "once",
    perYear: { joint: toDecimal(joint), seller: toDecimal(seller), buyer: toDecimal(joint - seller), currency },
    low: toDecimal(low!),
    high: toDecimal(high!),
    price: price && { ...priceInUnits(explained, price.eurPerUnit, currency, choosePer(explained)), from: price.from },
    parts: parts
      .filter(({ summand }) => summand.low !== 0 || summand.high !== 0)
      .map(({ summand, cents }) => ({
        label: summand.label,
        side: summand.side,
        amount: toDecimal(cents),
        low: toDecimal(toCents(summand.low * rate)),
        high: toDecimal(toCents(summand.high * rate)),
      })),
  };
}

function listSummands({ pair, output, outputColumns, i, inputColumns, j }: Explained): Summand[] {
  const { figures, rules } = pair;
  const bridge = figures[at.bridge]! || 0;
  const factor = figures[at.qualityFactor]!;
  const [lowQ, q, highQ] = [figures[at.quantity]!, figures[at.quantity + 1]!, figures[at.quantity + 2]!];
  const earn = (label: string, side: Summand["side"], slot: number, scale = 1): Summand => ({
    label,
    side,
    low: figures[slot]! * scale * lowQ,
    middle: figures[slot + 1]! * scale * q,
    high: figures[slot + 2]! * scale * highQ,
  });
  const pay = (label: string, side: Summand["side"], each: number | null, whole: number | null): Summand => {
    const cost = (end: number, quantity: number) =>
      (each === null ? 0 : figures[each + end]! * quantity) + (whole === null ? 0 : figures[whole + end]!);
    return { label, side, low: -cost(2, highQ), middle: -cost(1, q), high: -cost(0, lowQ) };
  };
  const treat = (side: "seller" | "buyer", each: number): Summand => ({
    label: "Own treatment",
    side,
    low: -each * highQ,
    middle: -each * q,
    high: -each * lowQ,
  });
  const carriedBy = rules.tables.transport.classes[gradeOf(pair, output)?.transportClass ?? "service"].carriedBy;
  const way = { pipe: "Pipe, as an annuity", line: "Line, as an annuity", road: "Way", visit: "Journeys" }[carriedBy];
  const isOnce = inputColumns.isYearly[j] === 0;
  return [
    earn("Usual source not paid", "buyer", at.virgin, factor),
    earn("Disposal avoided", "seller", at.disposal),
    treat("seller", outputColumns.treatment[i]! * bridge),
    treat("buyer", inputColumns.treatment[j]!),
    pay("Freight by road", "buyer", at.freight, null),
    pay("Pumping", "buyer", at.pumping, null),
    pay(
      isOnce && carriedBy !== "visit" ? way.replace(", as an annuity", ", whole") : way,
      "buyer",
      null,
      at.carriageFixed,
    ),
    pay("Closing the gap", "both", at.closingPerUnit, at.closingFixed),
    pay("Contract, analyses and accounts", "both", null, at.transaction),
  ];
}

type FoundPrice = { eurPerUnit: number; from: NonNullable<Money["price"]>["from"] };

/** What is stated, the middle of what both state, or what splits the joint value evenly; for one unit of the input. */
function findPrice(
  { pair, outputColumns, i, inputColumns, j }: Explained,
  joint: number,
  sellerOwn: number,
): FoundPrice | null {
  const { figures } = pair;
  const quantity = figures[at.quantity + 1]!;
  if (!(quantity > 0)) return null;
  const ask = outputColumns.price[i]! * figures[at.bridge]!;
  const bid = inputColumns.price[j]!;
  if (!Number.isNaN(ask) && !Number.isNaN(bid)) return { eurPerUnit: (ask + bid) / 2, from: "both" };
  if (!Number.isNaN(ask)) return { eurPerUnit: ask, from: "output" };
  if (!Number.isNaN(bid)) return { eurPerUnit: bid, from: "input" };
  const shared =
    figures[at.closingPerUnit + 1]! * quantity + figures[at.closingFixed + 1]! + figures[at.transaction + 1]!;
  return { eurPerUnit: (joint / 2 + shared / 2 - sellerOwn) / quantity, from: "even_split" };
}

function statedPrices({ output, input }: Explained): Price[] {
  return [...Object.values(input.flow.economics), ...Object.values(output.flow.economics)].filter(
    (price) => price !== null,
  );
}

function chooseCurrency(explained: Explained): Currency {
  const stated = new Set(statedPrices(explained).map(({ currency }) => currency));
  const [only] = stated;
  return stated.size === 1 && only ? only : "EUR";
}

function choosePer(explained: Explained): string {
  const { pair, output, input, inputColumns, j } = explained;
  const stated = input.flow.economics.price ?? output.flow.economics.price ?? gradeOf(pair, input)?.virginPrice;
  return stated?.per ?? canonicalUnits[dimensionOf(inputColumns, j)];
}

/** Whole cents, exact for whatever a flow can be worth. */
function toCents(amount: number): bigint {
  const cents = Math.round(amount * 100);
  return Number.isFinite(cents) ? BigInt(cents) : 0n;
}

function toDecimal(cents: bigint): string {
  const [sign, size] = cents < 0n ? ["-", -cents] : ["", cents];
  return `${sign}${size / 100n}.${String(size % 100n).padStart(2, "0")}`;
}
