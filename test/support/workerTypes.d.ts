/** The generated binding types lead to src/index.ts, whose one name of the Workers' runtime Node's types do not have. */
type ExportedHandler<_Environment> = { fetch?: unknown };
