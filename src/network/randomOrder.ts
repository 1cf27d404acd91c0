/**
 * The first `count` of 0..total-1 in an order that follows from a seed alone (Fisher and Yates, over mulberry32, a generator of
 * 32 bits by Tommy Ettinger in the public domain).
 */
export function drawNumbers(total: number, count: number, seed: number): number[] {
  const numbers = Array.from({ length: total }, (_, number) => number);
  let state = seed >>> 0;
  const nextShare = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const drawn = Math.min(count, total);
  for (let index = 0; index < drawn; index++) {
    const other = index + Math.floor(nextShare() * (total - index));
    [numbers[index], numbers[other]] = [numbers[other]!, numbers[index]!];
  }
  return numbers.slice(0, drawn);
}
