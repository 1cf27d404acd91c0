import fc from "fast-check";
import { TrieRouter } from "hono/router/trie-router";
import { expect, it } from "vitest";
import { RememberingRouter } from "../../src/http/rememberingRouter.ts";

const routes = [
  ["ALL", "/*"],
  ["GET", "/v1/flows"],
  ["POST", "/v1/flows"],
  ["GET", "/v1/flows/:id"],
  ["GET", "/v1/flows/:id/matches"],
  ["PUT", "/v1/flows/by-external-id/:externalId"],
] as const;
const paths = fc.oneof(
  fc.constantFrom("/v1/flows", "/v1/flows/1", "/v1/flows/2", "/v1/flows/1/matches", "/v1/flows/by-external-id/1", "/"),
  fc.string({ minLength: 0, maxLength: 8 }).map((name) => `/v1/flows/${name}`),
  fc.integer({ min: 150, max: 300 }).map((length) => `/v1/flows/${"x".repeat(length)}`),
);

it("leads every request where the trie does, however often it comes and whatever routes are added meanwhile", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom("GET", "POST", "PUT", "DELETE"), paths), { maxLength: 30 }),
      (asked) => {
        const [remembering, trie] = [new RememberingRouter<string>(), new TrieRouter<string>()];
        for (const [method, path] of routes) {
          remembering.add(method, path, `${method} ${path}`);
          trie.add(method, path, `${method} ${path}`);
          for (const [askedMethod, askedPath] of [...asked, ...asked])
            expect(remembering.match(askedMethod, askedPath)).toEqual(trie.match(askedMethod, askedPath));
        }
      },
    ),
  );
});

it("holds no more paths than it may", () => {
  const router = new RememberingRouter<string>();
  router.add("GET", "/v1/flows/:id", "flow");
  const first = router.match("GET", "/v1/flows/0");
  expect(router.match("GET", "/v1/flows/0")).toBe(first);
  for (let id = 1; id <= 2_000; id++) router.match("GET", `/v1/flows/${id}`);
  expect(router.match("GET", "/v1/flows/0")).not.toBe(first);
});
