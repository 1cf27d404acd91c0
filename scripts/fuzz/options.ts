import { parseArgs } from "node:util";

export type FuzzOptions = {
  /** What the requests are drawn from: the same seed asks the same. */
  seed: number;
  /** How many requests are drawn for an operation, besides those that its schema's limits give. */
  maxExamples: number;
  /** How long is asked, null for once through: what is drawn goes on until then, the rest has a third of it. */
  minutes: number | null;
  /** Of the requests that the schemas' limits give, one in so many is sent. */
  every: number;
};

export const usage = `Usage: npm run fuzz -- [--seed N] [--max-examples N] [--minutes N] [--every N]
  --seed          what the requests are drawn from; a random one, printed, where missing
  --max-examples  requests drawn for an operation, 30
  --minutes       asks for so long, as 0.5, instead of once through; short ones need --every to get to all operations
  --every         sends one in so many of the requests that follow from the schemas' limits, 1`;

const largestSeed = 2 ** 31 - 1;

/** The options, or what is wrong with them. */
export function parseFuzzOptions(parameters: readonly string[]): FuzzOptions | { problem: string } {
  try {
    const { values } = parseArgs({
      args: [...parameters],
      options: {
        seed: { type: "string" },
        "max-examples": { type: "string", default: "30" },
        minutes: { type: "string" },
        every: { type: "string", default: "1" },
      },
    });
    const seed = values.seed ?? String(Math.floor(Math.random() * largestSeed));
    if (!isWhole(seed, 0, largestSeed)) return { problem: `--seed takes a number from 0 to ${largestSeed}` };
    if (!isWhole(values["max-examples"], 1, 100_000)) return { problem: "--max-examples takes a number from 1 on" };
    if (!isWhole(values.every, 1, 100_000)) return { problem: "--every takes a number from 1 on" };
    if (values.minutes !== undefined && !(Number(values.minutes) >= 0.1))
      return { problem: "--minutes takes a number from 0.1 on" };
    return {
      seed: Number(seed),
      maxExamples: Number(values["max-examples"]),
      minutes: values.minutes === undefined ? null : Number(values.minutes),
      every: Number(values.every),
    };
  } catch (error) {
    return { problem: (error as Error).message.split(". ")[0]!.replaceAll("\n", " ") };
  }
}

function isWhole(text: string, least: number, most: number): boolean {
  return /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most;
}
