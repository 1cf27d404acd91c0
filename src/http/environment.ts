import { OpenAPIHono } from "@hono/zod-openapi";
import type { HonoOptions } from "hono/hono-base";
import * as z from "zod";
import type { Actor } from "../domain/actor.ts";
import { invalid } from "../domain/errors.ts";
import { fieldErrors } from "../domain/fieldErrors.ts";
import type { OpenRequest, RequestContext } from "../operations/context.ts";
import type { Visit } from "./middleware/visit.ts";

/** What a route finds in Hono's context. */
export type AppEnvironment = {
  Bindings: Env;
  Variables: {
    visit: Visit;
    /** The request's way to all that it works with, once it is opened. */
    open: OpenRequest;
    /** Who asks, once that is known. */
    actor: Actor;
    /** What the answer's problem was made from. */
    failure: unknown;
    /** Of the taxonomy, where an answer was made of that. */
    edition: string;
    /** Present behind the middleware `authenticated`. */
    context: RequestContext;
  };
};

const placeByTarget: Record<string, string> = {
  json: "",
  param: "/path",
  query: "/query",
  header: "/headers",
  form: "",
  cookie: "/cookies",
};

/**
 * A router whose failed validations throw `invalid` with every wrong field, and whose routes take no query parameter but
 * those that they name.
 */
export function createRouter(options: Pick<HonoOptions<AppEnvironment>, "router"> = {}): OpenAPIHono<AppEnvironment> {
  const router = new OpenAPIHono<AppEnvironment>({
    ...options,
    defaultHook: (result) => {
      if (!result.success) throw invalid(fieldErrors(result.error, placeByTarget[result.target] ?? ""));
    },
  });
  const { openapi } = router;
  router.openapi = ((route, ...rest) =>
    openapi(
      { ...route, request: { ...route.request, query: strict(route.request?.query) } },
      ...rest,
    )) as typeof openapi;
  return router;
}

function strict(query: unknown): z.ZodObject {
  if (query === undefined) return z.strictObject({});
  if (!(query instanceof z.ZodObject)) throw new TypeError("the query of a route is an object schema");
  return query.strict();
}
