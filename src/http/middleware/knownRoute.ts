import type { Context, Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import type { RouterRoute } from "hono/types";
import { AppError } from "../../domain/errors.ts";
import type { AppEnvironment } from "../environment.ts";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** Refuses what has no route before anything of its body is read. */
export function knownRoute(app: Hono<AppEnvironment>) {
  let literals: ReadonlySet<string> | null = null;
  return createMiddleware<AppEnvironment>(async (c, next) => {
    literals ??= new Set(app.routes.filter(answers).map(({ path }) => path));
    const route = matchedRoutes(c).find(answers);
    // A path that is written out for another method is not this method's path with a parameter.
    if (!route || (route.path !== c.req.path && literals.has(c.req.path))) throw noRoute(app, c);
    await next();
  });
}

/** The refusal of a request without a route: what its path can be asked instead, by the app's own routes, or that nothing is there. */
export function noRoute(app: Hono<AppEnvironment>, c: Context<AppEnvironment>): AppError {
  const { method, path } = c.req;
  const isThere = (by: string) => app.router.match(by, path)[0].some(([[, route]]) => answers(route));
  const isWritten = (by: string) => app.routes.some((route) => route.method === by && route.path === path);
  const written = methods.filter(isWritten);
  const allowed = (written.length > 0 ? written : methods.filter(isThere)).flatMap((by) =>
    by === "GET" ? ["GET", "HEAD"] : [by],
  );
  if (allowed.length === 0)
    return new AppError("not_found", `There is nothing at ${method} ${path}.`, { reason: "route_not_found" });
  return new AppError("invalid", `${path} cannot be asked by ${method}.`, {
    reason: "method_not_allowed",
    allowedMethods: allowed,
  });
}

/** Middleware is there for all methods, an answer for one. */
function answers(route: RouterRoute): boolean {
  return route.method !== "ALL";
}
