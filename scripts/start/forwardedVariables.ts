/** Variables of the Worker that the shell may set for a local run: all that README.md names but where the database is. */
export const forwardedVariables = [
  "OIDC_ISSUER",
  "OIDC_AUDIENCE",
  "OIDC_ALGORITHMS",
  "CORS_ORIGINS",
  "LIMITS",
  "LIVE_EVENTS",
  "LOG_REQUESTS",
  "WEBHOOKS_LOCAL",
  "WEBHOOK_EGRESS_URL",
  "EVENTS_PAUSED",
  "RESEND_AFTER_SECONDS",
  "REQUEST_TIMEOUT_SECONDS",
  "MATCHING_TABLES",
  "GRAPH_URL",
  "GRAPH_DATABASE",
] as const;

export function readForwardedVariables(): Record<string, string> {
  return Object.fromEntries(
    forwardedVariables.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  );
}
