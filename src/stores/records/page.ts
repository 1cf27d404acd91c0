/** A slice of a list by keyset: rows whose id sorts below `after`, newest first. */
export type Page = { limit: number; after: string | null };

/** One page; `next` is the UUID to continue below, or null at the end. */
export type Paged<Item> = { items: Item[]; next: string | null };

/** Cuts the one row more that was asked for to learn whether another page follows. */
export function page<Row extends { id: string }, Item>(
  rows: Row[],
  limit: number,
  parse: (row: Row) => Item,
): Paged<Item> {
  const kept = rows.slice(0, limit);
  return { items: kept.map(parse), next: rows.length > limit ? (kept[kept.length - 1]?.id ?? null) : null };
}
