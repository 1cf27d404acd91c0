import { serveDatabase } from "./database/serve.ts";

// The embedded database alone, for looking into it or running a Worker beside it.
await serveDatabase("pglite", "db:start");
