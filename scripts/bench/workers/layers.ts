import { Hono } from "hono";
import { readGatewaySettings } from "../../../src/env.ts";
import type { AppEnvironment } from "../../../src/http/environment.ts";
import { open } from "../../../src/http/middleware/authenticated.ts";
import { gateway } from "../../../src/http/middleware/gateway.ts";
import { openRequest } from "../../../src/request.ts";

/** A bare hello behind more and more of what stands before every answer; the path picks how much. */
const layers = {
  gateway: new Hono<AppEnvironment>().use(gateway(readGatewaySettings)),
  address: new Hono<AppEnvironment>().use(gateway(readGatewaySettings), async (c, next) => {
    await open(openRequest, c);
    await next();
  }),
  credential: new Hono<AppEnvironment>().use(gateway(readGatewaySettings), async (c, next) => {
    const opened = await open(openRequest, c);
    c.set("actor", await opened.identify(c.req.header("authorization")));
    await next();
  }),
};
export type Layer = keyof typeof layers;

for (const [name, app] of Object.entries(layers)) app.get(`/${name}`, (c) => c.json({ hello: "world" }));

export default {
  fetch(request: Request, env: Env, context: Parameters<typeof layers.gateway.fetch>[2]) {
    const name = new URL(request.url).pathname.slice(1) as Layer;
    return layers[name].fetch(request, env, context);
  },
};
