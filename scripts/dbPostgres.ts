import { serveDatabase } from "./database/serve.ts";

// A real PostgreSQL with PostGIS in the data folder, behind the same SQL-over-HTTP server.
await serveDatabase("postgres", "db:postgres");
