import { apiKeys } from "./http/apiKeys.ts";
import { docs } from "./http/docs.ts";
import { createRouter } from "./http/environment.ts";
import { flows } from "./http/flows.ts";
import { health } from "./http/health.ts";
import { matches } from "./http/matches.ts";
import { me } from "./http/me.ts";
import { members } from "./http/members.ts";
import { authenticated, type BeginRequest } from "./http/middleware/authenticated.ts";
import { idempotencyKey } from "./http/middleware/idempotencyKey.ts";
import { jsonBody } from "./http/middleware/jsonBody.ts";
import { knownRoute, noRoute } from "./http/middleware/knownRoute.ts";
import { requestId } from "./http/middleware/requestId.ts";
import { logFailure, serverTiming } from "./http/middleware/requestLog.ts";
import { securityHeaders } from "./http/middleware/securityHeaders.ts";
import { organizations } from "./http/organizations.ts";
import { toProblemResponse } from "./http/problem.ts";
import { sites } from "./http/sites.ts";
import { taxonomy } from "./http/taxonomy.ts";

/**
 * The API: a request passes its id, the headers, the reading of its body and the check of its credential, and then meets
 * its route. Whatever any of them throws becomes a problem here and nowhere else.
 */
export function createApp(begin: BeginRequest) {
  const app = createRouter();
  app.onError((error, c) => {
    const id = c.var.requestId;
    logFailure(error, { requestId: id, method: c.req.method, route: c.req.path });
    return toProblemResponse(error, id);
  });
  app.notFound((c) => toProblemResponse(noRoute(app, c), c.var.requestId));
  app.use(requestId, securityHeaders, serverTiming);
  app.route("/", health(begin));
  app.route("/", taxonomy(begin));
  app.use("/v1/*", authenticated(begin), knownRoute(app), jsonBody, idempotencyKey);
  for (const routes of [me, organizations, members, apiKeys, sites, flows, matches]) app.route("/", routes);
  app.route("/", docs(app));
  return app;
}
