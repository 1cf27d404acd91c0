import { neon, neonConfig } from "@neondatabase/serverless";

type Bindings = { DATABASE_URL: string; DATABASE_FETCH_ENDPOINT: string; QUERY: string; PARAMETERS: string };

const placeholder = "{id}";

/** Reads one row by the id in its path and answers its document: the driver and JSON, and nothing else. */
export default {
  async fetch(request: Request, env: Bindings): Promise<Response> {
    neonConfig.fetchEndpoint = env.DATABASE_FETCH_ENDPOINT;
    const id = new URL(request.url).pathname.slice(1);
    const parameters = (JSON.parse(env.PARAMETERS) as unknown[]).map((value) => (value === placeholder ? id : value));
    const [row] = await neon(env.DATABASE_URL).query(env.QUERY, parameters);
    return row ? Response.json(row.document) : new Response(null, { status: 404 });
  },
};
