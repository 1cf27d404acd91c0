import { join } from "node:path";

export const repositoryRoot = join(import.meta.dirname, "..");

export const wranglerPath = join(repositoryRoot, "node_modules", "wrangler", "bin", "wrangler.js");

/** Bindings come from an env file alone: a DATABASE_URL of the shell's must not get into a local Worker. */
const bindingNames = [
  "DATABASE_URL",
  "OPERATOR_KEY",
  "KEY_PEPPER",
  "DATABASE_FETCH_ENDPOINT",
  "MATCHING_TABLES",
  "CORS_ORIGINS",
  "GRAPH_URL",
  "GRAPH_USER",
  "GRAPH_PASSWORD",
  "GRAPH_TOKEN",
  "GRAPH_DATABASE",
];

/** The environment in which wrangler neither asks, nor tells anybody anything, nor writes outside the repository. */
export function wranglerEnvironment(): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env };
  for (const name of bindingNames) delete environment[name];
  return {
    ...environment,
    CI: "true",
    NO_COLOR: "1",
    CLOUDFLARE_TELEMETRY_DISABLED: "1",
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_SEND_ERROR_REPORTS: "false",
    WRANGLER_WRITE_LOGS: "false",
    WRANGLER_HIDE_BANNER: "true",
    WRANGLER_NO_SKILLS_UPDATE_PROMPTS: "true",
    // Nothing is asked of another host: request.cf is made up locally.
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    X_LOCAL_EXPLORER: "false",
    X_LOCAL_OBSERVABILITY: "false",
  };
}
