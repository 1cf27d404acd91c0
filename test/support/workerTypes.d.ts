/** The generated binding types lead to src/index.ts, of whose names of the Workers' runtime Node's types do not have these. */
type ExportedHandler<Environment> = {
  fetch?: unknown;
  scheduled?: (event: { cron: string; scheduledTime: number }, env: Environment) => Promise<void>;
};

interface CacheStorage {
  readonly default: Cache;
}
