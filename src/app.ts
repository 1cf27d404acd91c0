import type { Context } from "hono";
import { apiKeys } from "./http/apiKeys.ts";
import { auditEntries } from "./http/auditEntries.ts";
import { docs } from "./http/docs.ts";
import { type AppEnvironment, createRouter } from "./http/environment.ts";
import { eventStream } from "./http/eventStream.ts";
import { events } from "./http/events.ts";
import { exchanges } from "./http/exchanges.ts";
import { flows } from "./http/flows.ts";
import { graph } from "./http/graph.ts";
import { health } from "./http/health.ts";
import { matches } from "./http/matches.ts";
import { me } from "./http/me.ts";
import { members } from "./http/members.ts";
import { answersAtHand } from "./http/middleware/answersAtHand.ts";
import { authenticated, type BeginRequest } from "./http/middleware/authenticated.ts";
import { gateway } from "./http/middleware/gateway.ts";
import { idempotencyKey } from "./http/middleware/idempotencyKey.ts";
import { jsonBody } from "./http/middleware/jsonBody.ts";
import { KnownQuestions } from "./http/middleware/keptAnswers.ts";
import { knownRoute, noRoute } from "./http/middleware/knownRoute.ts";
import type { ReadSettings } from "./http/middleware/visit.ts";
import { network } from "./http/network.ts";
import { organizations } from "./http/organizations.ts";
import { outbox } from "./http/outbox.ts";
import { participants } from "./http/participants.ts";
import { toProblemResponse } from "./http/problem.ts";
import { programmes } from "./http/programmes.ts";
import { RememberingRouter } from "./http/rememberingRouter.ts";
import { roomDocuments } from "./http/roomDocuments.ts";
import { roomSocket } from "./http/roomSocket.ts";
import { rooms } from "./http/rooms.ts";
import { sites } from "./http/sites.ts";
import { taxonomy } from "./http/taxonomy.ts";
import { webhooks } from "./http/webhooks.ts";
import { roomChannel } from "./rooms/asyncApi.ts";

/**
 * The API: an answer that is at hand is given at once; any other request passes the gateway (its id and trace, the headers, the
 * log), the check of its credential and the reading of its body, and then meets its route. Whatever any of them throws becomes a problem here and nowhere else.
 */
export function createApp(begin: BeginRequest, readSettings: ReadSettings) {
  const app = createRouter({ router: new RememberingRouter() });
  const fail = (failure: Error, c: Context<AppEnvironment>) => {
    c.set("failure", failure);
    return toProblemResponse(failure, c.get("visit").requestId);
  };
  app.onError(fail);
  app.notFound((c) => fail(noRoute(app, c), c));
  app.use(gateway(readSettings));
  app.route("/", health(begin));
  const questions = new KnownQuestions();
  app.route("/", taxonomy(begin, questions));
  app.route("/", eventStream(begin));
  app.route("/", roomSocket(begin));
  app.route("/", roomDocuments(begin));
  app.use("/v1/*", authenticated(begin), knownRoute(app), jsonBody, idempotencyKey);
  for (const routes of [
    me,
    organizations,
    members,
    apiKeys,
    auditEntries,
    sites,
    flows,
    matches,
    exchanges,
    programmes,
    participants,
    rooms,
    events,
    outbox,
    network,
    graph,
    webhooks,
  ])
    app.route("/", routes);
  app.route("/", docs(app, begin, questions, roomChannel));
  const atHand = answersAtHand(begin, questions, readSettings);
  const { fetch } = app;
  return Object.assign(app, {
    fetch: ((request, env, context) =>
      atHand(request, env as Env, context!) ?? fetch(request, env, context)) as typeof fetch,
  });
}
