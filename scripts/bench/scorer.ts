import ewcData from "../../src/domain/reference/ewc.json" with { type: "json" };
import gradesData from "../../src/domain/reference/grades.json" with { type: "json" };
import substitutionsData from "../../src/domain/reference/substitutions.json" with { type: "json" };
import type { EwcEntry, Grade, Substitution } from "../../src/domain/reference/types.ts";
import { createTaxonomy } from "../../src/domain/taxonomy.ts";
import { encodeParties } from "../../src/matching/encodeParties.ts";
import { createInterner } from "../../src/matching/interner.ts";
import { evaluatePair, everything, match, onlyMatches } from "../../src/matching/kernel.ts";
import { createPair } from "../../src/matching/pair.ts";
import type { Party } from "../../src/matching/party.ts";
import { compileRules } from "../../src/matching/rules.ts";
import { parseTables } from "../../src/matching/tables.ts";
import { scoreNaively } from "./naiveScorer.ts";
import { createScorerParties } from "./scorerParties.ts";

export type ScorerBench = {
  /** Pairs a second on one core: every gate and term; given up where a pair cannot match; and the naive scorer. */
  kernelPairsPerSecond: number;
  kernelMatchesOnlyPairsPerSecond: number;
  naivePairsPerSecond: number;
  /** Share of the pairs that match, and parties encoded a second. */
  matchShare: number;
  encodedPartiesPerSecond: number;
  /** Heap that the kernel leaves behind for each pair. */
  kernelBytesPerPair: number;
};

const asOf = new Date("2026-01-01T00:00:00Z");
const sidesCount = 400;

/**
 * The kernel beside a scorer that works on the parties' own objects, over the same pairs in the same run. Encoding is
 * outside the kernel's time, for a subject is encoded once and a page of candidates once, and its own figure is given.
 */
export function benchScorer(secondsEach = 1): ScorerBench {
  const taxonomy = createTaxonomy({
    grades: gradesData as readonly Grade[],
    substitutions: substitutionsData as readonly Substitution[],
    ewc: ewcData.entries as readonly EwcEntry[],
  });
  const rules = compileRules(taxonomy, parseTables());
  const interner = createInterner(rules, asOf);
  const { outputs, inputs } = createScorerParties(sidesCount);
  const started = performance.now();
  const outputColumns = encodeParties(outputs, rules, interner);
  const inputColumns = encodeParties(inputs, rules, interner);
  const encodingSeconds = (performance.now() - started) / 1_000;
  const pair = createPair(rules, interner);
  let matches = 0;
  const runKernel = (asked: number) =>
    measurePairs(secondsEach, (i, j) => {
      if (evaluatePair(pair, outputColumns, i, inputColumns, j, asked) === match) matches++;
    });
  const all = runKernel(everything);
  const matchShare = matches / all.pairs;
  const heapBefore = process.memoryUsage().heapUsed;
  const pairsMeasured = sidesCount * sidesCount;
  for (let j = 0; j < sidesCount; j++)
    for (let i = 0; i < sidesCount; i++) evaluatePair(pair, outputColumns, i, inputColumns, j, everything);
  const kernelBytesPerPair = Math.max(0, process.memoryUsage().heapUsed - heapBefore) / pairsMeasured;
  const matchesOnly = runKernel(onlyMatches);
  const naive = measurePairs(secondsEach, (i, j) => {
    scoreNaively(outputs[i] as Party, inputs[j] as Party, taxonomy, rules.tables);
  });
  return {
    kernelPairsPerSecond: all.perSecond,
    kernelMatchesOnlyPairsPerSecond: matchesOnly.perSecond,
    naivePairsPerSecond: naive.perSecond,
    matchShare,
    kernelBytesPerPair,
    encodedPartiesPerSecond: (outputs.length + inputs.length) / encodingSeconds,
  };
}

/** Warms up for a fifth of the time, then counts whole rows until the time is over. */
function measurePairs(seconds: number, evaluate: (i: number, j: number) => void): { pairs: number; perSecond: number } {
  const runFor = (milliseconds: number) => {
    const start = performance.now();
    let pairs = 0;
    for (let j = 0; performance.now() - start < milliseconds; j = (j + 1) % sidesCount) {
      for (let i = 0; i < sidesCount; i++) evaluate(i, j);
      pairs += sidesCount;
    }
    return { pairs, milliseconds: performance.now() - start };
  };
  const warm = runFor(seconds * 200);
  const { pairs, milliseconds } = runFor(seconds * 1_000);
  return { pairs: pairs + warm.pairs, perSecond: (pairs / milliseconds) * 1_000 };
}

if (import.meta.main) {
  const result = benchScorer();
  const format = (perSecond: number) => Math.round(perSecond).toLocaleString("en-US").padStart(12);
  console.log(`kernel, every gate and term  ${format(result.kernelPairsPerSecond)} pairs/s`);
  console.log(`kernel, matches only         ${format(result.kernelMatchesOnlyPairsPerSecond)} pairs/s`);
  console.log(`naive, an object per pair    ${format(result.naivePairsPerSecond)} pairs/s`);
  console.log(
    `ratio                        ${(result.kernelPairsPerSecond / result.naivePairsPerSecond).toFixed(1).padStart(12)}`,
  );
  console.log(`encoding                     ${format(result.encodedPartiesPerSecond)} parties/s`);
  console.log(`heap left by a pair          ${result.kernelBytesPerPair.toFixed(1).padStart(12)} bytes`);
  console.log(`share of pairs that match    ${(result.matchShare * 100).toFixed(1).padStart(11)} %`);
}
