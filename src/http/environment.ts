import { OpenAPIHono } from "@hono/zod-openapi";
import * as z from "zod";
import { invalid } from "../domain/errors.ts";
import { fieldErrors } from "../domain/fieldErrors.ts";
import type { RequestContext } from "../operations/context.ts";

/** What a route finds in Hono's context. */
export type AppEnvironment = {
  Bindings: Env;
  Variables: {
    requestId: string;
    /** Present behind the taxonomy's middleware, whose routes need no caller. */
    services: RequestContext["services"];
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
export function createRouter(): OpenAPIHono<AppEnvironment> {
  const router = new OpenAPIHono<AppEnvironment>({
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
