/** Draws that a seed decides: the same data in every run. */
export type Random = {
  /** 0 up to 1, without 1. */
  share(): number;
  between(low: number, high: number): number;
  /** Between the two, each order of magnitude as likely as the next. */
  betweenLogarithmic(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
};

/** Marsaglia's xorshift with shifts 13, 17 and 5 over 32 bits (Journal of Statistical Software 8:14, 2003). */
export function createRandom(seed: number): Random {
  let state = seed | 0 || 1;
  const share = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  return {
    share,
    between: (low, high) => low + (high - low) * share(),
    betweenLogarithmic: (low, high) => low * (high / low) ** share(),
    chance: (probability) => share() < probability,
    pick: (items) => items[Math.floor(share() * items.length)]!,
  };
}
