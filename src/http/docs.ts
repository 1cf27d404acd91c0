import type { OpenAPIHono } from "@hono/zod-openapi";
import * as z from "zod";
import { AppError } from "../domain/errors.ts";
import { type ChannelDescription, describeChannels } from "./asyncApi/document.ts";
import { eventSocketChannel, webhookChannel } from "./asyncApi/events.ts";
import { type AppEnvironment, createRouter } from "./environment.ts";
import type { BeginRequest } from "./middleware/authenticated.ts";
import { type KnownQuestions, keptAnswers, partOfTheCode } from "./middleware/keptAnswers.ts";

/** The reference page loads its own files and nothing from another host. */
const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const info = {
  title: "Turash",
  version: "1",
  summary: "Finds who can use what a business throws away, and who can supply what it needs.",
  description:
    "Organizations publish resource flows at their sites; matching ranks the pairs that are near, hot and pure enough, in season, legal and worth the money, and says why.",
  contact: { name: "The operator of this deployment" },
  license: { name: "Apache-2.0", identifier: "Apache-2.0" },
};

const tags = [
  { name: "health", description: "Whether the service runs" },
  { name: "me", description: "The caller" },
  { name: "organizations", description: "Companies, municipalities and farms: the tenants" },
  { name: "members", description: "People of an organization, and invitations" },
  { name: "api-keys", description: "Keys of an organization, its people, programs and devices" },
  { name: "audit", description: "What was done in the organization, sealed" },
  { name: "sites", description: "Places of an organization" },
  { name: "flows", description: "What a site offers, needs or shares" },
  { name: "matches", description: "Outputs that can serve inputs, and why" },
  { name: "rooms", description: "Where the two sides of a match bargain: tickets, state, log and socket" },
  { name: "exchanges", description: "What was agreed or existed before, and how far its delivery is" },
  { name: "programmes", description: "Organizations that a facilitator brings together, each as far as it consents" },
  { name: "network", description: "Who is linked with whom by matches and exchanges, and what hangs on whom" },
  { name: "events", description: "What happened, page by page and as it happens" },
  { name: "webhooks", description: "Events posted to addresses of an organization" },
  { name: "taxonomy", description: "Kinds, grades, waste codes and units" },
  { name: "operations", description: "The operator's: events on their way, dead letters, the graph" },
];

const channelsDescription =
  "What passes without being asked for: the rooms in which two sides bargain, and events, live and posted to webhooks. What is asked for is described at /openapi.json.";

/** `/openapi.json`, made from the routes of `app`, `/asyncapi.json`, of whose channels one is given, and `/docs`. */
export function docs(
  app: OpenAPIHono<AppEnvironment>,
  begin: BeginRequest,
  questions: KnownQuestions,
  room: ChannelDescription,
) {
  const described = keptAnswers(begin, questions, {
    query: z.object({}),
    edition: partOfTheCode,
    cacheControl: "public, max-age=300",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "apiKey", {
    type: "http",
    scheme: "bearer",
    description: "An API key: turash_live_...",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "signIn", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "A JWT of the OpenID provider that the operator configured",
  });
  return createRouter()
    .get("/openapi.json", described, (c) =>
      c.json(app.getOpenAPI31Document({ openapi: "3.1.0", info, tags, servers: [{ url: "/" }] })),
    )
    .get("/asyncapi.json", described, (c) =>
      c.json(
        describeChannels(
          { title: info.title, version: info.version, description: channelsDescription },
          { room, events: eventSocketChannel, webhooks: webhookChannel },
        ),
      ),
    )
    .get("/docs", (c) => c.redirect("/docs/", 301))
    .get("/docs/*", async (c) => {
      if (!c.env.ASSETS)
        throw new AppError("not_found", "The reference page is not part of this deployment; see /openapi.json.", {
          reason: "docs_not_found",
        });
      const page = await c.env.ASSETS.fetch(c.req.raw);
      const answer = new Response(page.body, page);
      answer.headers.set("content-security-policy", pagePolicy);
      // By this the gateway knows an answer that has all of its headers; a file's, and the 404 of one, have some.
      answer.headers.delete("strict-transport-security");
      return answer;
    });
}
