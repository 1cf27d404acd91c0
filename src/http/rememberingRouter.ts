import type { Result, Router } from "hono/router";
import { TrieRouter } from "hono/router/trie-router";

const maximumPaths = 2_000;
/** Longer paths are asked once. */
const longestPath = 200;

/**
 * Hono's trie, which alone takes every path of the API, with the routes of the paths that were asked last: searching it shows
 * in the profile of a short answer.
 */
export class RememberingRouter<Handler> implements Router<Handler> {
  readonly name = "RememberingRouter";
  readonly #trie = new TrieRouter<Handler>();
  readonly #found = new Map<string, Result<Handler>>();

  add(method: string, path: string, handler: Handler): void {
    this.#trie.add(method, path, handler);
    this.#found.clear();
  }

  match(method: string, path: string): Result<Handler> {
    if (path.length > longestPath) return this.#trie.match(method, path);
    const key = `${method} ${path}`;
    let found = this.#found.get(key);
    if (!found) {
      found = this.#trie.match(method, path);
      if (this.#found.size >= maximumPaths) this.#found.clear();
      this.#found.set(key, found);
    }
    return found;
  }
}
