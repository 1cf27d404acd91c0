import { Hono } from "hono";

/** The least that a Worker on the same framework does: what an authenticated answer is held against. */
export default new Hono().get("/", (c) => c.json({ hello: "world" }));
