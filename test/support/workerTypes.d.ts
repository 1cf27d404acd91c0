/** Of the Workers' runtime, what Node's types do not have and sources name that scripts and tests in Node import. */
interface Env {
  ASSETS?: { fetch(request: Request): Promise<Response> };
}

interface CacheStorage {
  readonly default: Cache;
}
