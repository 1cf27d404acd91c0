import type { FlowLink } from "./flowLinks.ts";

/**
 * What a link costs on a way: 1 - score, in millionths, so that sums are exact and ties are ties. An exchange, which is there
 * already, costs nothing.
 */
export function costOf(link: FlowLink): number {
  return Math.round((1 - link.score) * costsPerUnit);
}

export const costsPerUnit = 1_000_000;

/** No way has more links than this, so that cost and number of links fit one integer. */
export const maximumParties = 30_000;
const linkUnit = 2 ** 15;
const stepUnit = maximumParties * costsPerUnit;

/** Compared as numbers, sums of these order ways by cost, then by number of links. */
export const byCost = (link: FlowLink): number => costOf(link) * linkUnit + 1;

/** Compared as numbers, sums of these order ways by number of links, then by cost. */
export const bySteps = (link: FlowLink): number => stepUnit + costOf(link);
