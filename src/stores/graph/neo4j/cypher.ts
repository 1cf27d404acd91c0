/** What Cypher takes and gives. Whole numbers are integers there, all others floats. */
export type CypherValue =
  | string
  | number
  | boolean
  | null
  | readonly CypherValue[]
  | { readonly [name: string]: CypherValue };

/**
 * A statement and what it is given: no value is ever part of the text. The text has the values as `$given.name`, all of them fields of
 * one parameter: Neo4j keeps a plan for each text and each combination of what its parameters are, of a list also how long it is about,
 * so that lists as parameters of their own would be planned anew, a second and more each time, whenever one of them is longer.
 */
export type Cypher = { text: string; given: Record<string, CypherValue> };

/** The same statement over either way to the server; bound to the request's deadline. */
export type CypherRunner = {
  /** Runs one statement in a transaction of its own and gives its rows, by column. */
  run<Row extends Record<string, unknown>>(statement: Cypher, access: "read" | "write"): Promise<Row[]>;
};

/** What later readers of what was written have to name; shared by those who are to see each other's writes. */
export type Bookmarks = { known: readonly string[] };
