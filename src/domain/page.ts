/** A slice of a list by keyset: rows whose id sorts below `after` (a UUID), newest first. */
export type Page = { limit: number; after: string | null };

/** One page; `next` is the UUID to continue below, or null at the end. */
export type Paged<Item> = { items: Item[]; next: string | null };
