/** What Cypher takes and gives. Whole numbers are integers there, all others floats. */
export type CypherValue =
  | string
  | number
  | boolean
  | null
  | readonly CypherValue[]
  | { readonly [name: string]: CypherValue };

/** A statement with its parameters: no value is ever part of the text. */
export type Cypher = { text: string; parameters: Record<string, CypherValue> };

/** The same statement over either way to the server; bound to the request's deadline. */
export type CypherRunner = {
  /** Runs one statement in a transaction of its own and gives its rows, by column. */
  run<Row extends Record<string, unknown>>(statement: Cypher, access: "read" | "write"): Promise<Row[]>;
};

/** What later readers of what was written have to name; shared by those who are to see each other's writes. */
export type Bookmarks = { known: readonly string[] };
