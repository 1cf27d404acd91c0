import type { Paged } from "../../domain/page.ts";

/** Cuts the one row more that was asked for to learn whether another page follows. */
export function page<Row extends { id: string }, Item>(
  rows: Row[],
  limit: number,
  parse: (row: Row) => Item,
): Paged<Item> {
  const kept = rows.slice(0, limit);
  return { items: kept.map(parse), next: rows.length > limit ? (kept[kept.length - 1]?.id ?? null) : null };
}
