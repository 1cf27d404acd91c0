import type { Cell } from "../domain/cell.ts";
import type { Flow } from "../domain/flow.ts";
import type { Economics, Price } from "../domain/price.ts";
import type { Quantity } from "../domain/quantity.ts";
import type { Party } from "./party.ts";

/** Prices that another side states are known to within this factor, be it by what is shown or by what is probed. */
export const priceStep = 1.05;

/** Quantities are known to this many significant digits: within 5 % up or down. */
const quantityDigits = 2;
/** By how much more may be left of a quantity than its two digits say, and the other way round: 10.5 is told as 10 or 11. */
export const quantityStep = 1.0527;

/**
 * A party with its place, quantity and prices as coarse as others may know them. What the engine finds for it is then a
 * function of what may be known, so that no number of questions finds out more.
 */
export function coarsenParty(party: Party, cell: Cell): Party {
  return coarsenMoney(
    {
      ...party,
      flow: {
        ...party.flow,
        title: "",
        quantity: coarsenQuantity(party.flow.quantity),
        ...coarsenReserved(party.flow),
      },
      site: { ...party.site, position: cell.center, radiusMeters: cell.radiusMeters },
    },
    { showsPrice: false },
  );
}

/** A party whose place and quantity may be known, with every price in steps but the one it shows to everybody. */
export function coarsenMoney(party: Party, { showsPrice }: { showsPrice: boolean }): Party {
  const { price, disposalCost, virginPrice, treatmentCost, floor } = party.flow.economics;
  const economics: Economics = {
    price: showsPrice ? price : coarsenPrice(price),
    disposalCost: coarsenPrice(disposalCost),
    virginPrice: coarsenPrice(virginPrice),
    treatmentCost: coarsenPrice(treatmentCost),
    floor: coarsenPrice(floor),
  };
  return { ...party, flow: { ...party.flow, economics } };
}

/** A flow's quantity in two significant digits, its minimum lot too. Rounding keeps the order: a lot that fits still does. */
export function coarsenQuantity(quantity: Flow["quantity"]): Flow["quantity"] {
  return {
    ...quantity,
    amount: roundAmount(quantity.amount),
    minimumLot: quantity.minimumLot && coarsenLot(quantity.minimumLot),
  };
}

/** What agreements have reserved, so that what is left is told in two digits. */
export function coarsenReserved({ quantity, reservedAmount }: Pick<Flow, "quantity" | "reservedAmount">) {
  return { reservedAmount: roundAmount(quantity.amount) - roundAmount(quantity.amount - reservedAmount) };
}

function coarsenLot({ amount, unit }: Quantity): Quantity {
  return { amount: roundAmount(amount), unit };
}

function roundAmount(amount: number): number {
  return Number(amount.toPrecision(quantityDigits));
}

/** The nearest power of the step; nothing stays nothing, and a price keeps its sign. */
function coarsenPrice(price: Price | null): Price | null {
  if (price === null) return null;
  const amount = Number(price.amount);
  if (amount === 0) return price;
  const steps = Math.round(Math.log(Math.abs(amount)) / Math.log(priceStep));
  return { ...price, amount: (Math.sign(amount) * priceStep ** steps).toFixed(6) };
}
