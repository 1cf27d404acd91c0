import { atLeast, createFigure, type Figure } from "../figures.ts";
import { benchScorer } from "../scorer.ts";
import type { Stage } from "../stage.ts";

/** The matching kernel beside a scorer that makes an object for each pair, in this process and so on one core. */
export async function measureScorer(stage: Stage): Promise<Figure[]> {
  stage.progress("Pairs a second: the kernel beside a naive scorer ...");
  const result = benchScorer(stage.isQuick ? 0.5 : 3);
  const naive = { name: "naive, an object a pair", value: result.naivePairsPerSecond };
  return [
    createFigure({
      measure: "scorer",
      name: "kernel, every gate and every term",
      value: result.kernelPairsPerSecond,
      unit: "pair/s",
      beside: naive,
      target: atLeast(1_000_000),
      note: `one core, Node's V8; ${(result.matchShare * 100).toFixed(1)} % of the pairs match`,
    }),
    createFigure({
      measure: "scorer",
      name: "kernel, matches only",
      value: result.kernelMatchesOnlyPairsPerSecond,
      unit: "pair/s",
      beside: naive,
      target: atLeast(1_000_000),
      note: "given up at the first gate that refuses, as lists of matches do",
    }),
    createFigure({
      measure: "scorer",
      name: "parties encoded into columns",
      value: result.encodedPartiesPerSecond,
      unit: "party/s",
      note: "once for a subject and once for a candidate; not part of the pairs' time; cold",
    }),
  ];
}
