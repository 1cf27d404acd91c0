/** What pairs are ordered by: score and joint value descending, then distance and the counterpart's id ascending. */
export type RankKey = { score: number; joint: number; distanceMeters: number; id: string };

/** Negative where `one` comes first; 0 only for the same id. */
export function compareRank(one: RankKey, other: RankKey): number {
  return (
    other.score - one.score ||
    other.joint - one.joint ||
    one.distanceMeters - other.distanceMeters ||
    (one.id < other.id ? -1 : one.id > other.id ? 1 : 0)
  );
}

/** The best `limit` of all that were added, whatever the order in which they came; a counterpart added twice counts once. */
export function createBest<T extends RankKey>(limit: number) {
  /** A heap with the worst on top, so that what cannot enter is refused by one comparison. */
  const heap: T[] = [];
  const ids = new Set<string>();

  function lift(from: number) {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (compareRank(heap[at]!, heap[parent]!) <= 0) return;
      swap(at, parent);
      at = parent;
    }
  }
  function sink() {
    let at = 0;
    for (;;) {
      let worst = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && compareRank(heap[child]!, heap[worst]!) > 0) worst = child;
      if (worst === at) return;
      swap(at, worst);
      at = worst;
    }
  }
  function swap(one: number, other: number) {
    [heap[one], heap[other]] = [heap[other]!, heap[one]!];
  }

  return {
    isFull: () => heap.length >= limit,
    worst: (): T | null => heap[0] ?? null,
    add(item: T) {
      if (limit <= 0 || ids.has(item.id)) return;
      if (heap.length < limit) {
        heap.push(item);
        ids.add(item.id);
        lift(heap.length - 1);
      } else if (compareRank(item, heap[0]!) < 0) {
        ids.delete(heap[0]!.id);
        ids.add(item.id);
        heap[0] = item;
        sink();
      }
    },
    sorted: (): T[] => [...heap].sort(compareRank),
  };
}
