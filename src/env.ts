import * as z from "zod";
import { consumerNames } from "./domain/consumer.ts";
import { liveSettingsSchema } from "./domain/liveEvents.ts";
import type { EventQueue } from "./events/queues.ts";
import { isApiKeyText } from "./platform/auth/apiKeyText.ts";
import { signatureAlgorithms } from "./platform/auth/verifyToken.ts";
import type { DocumentBucket } from "./platform/documents/documentBucket.ts";
import type { FeedObjects } from "./platform/feeds/feedObjects.ts";
import type { LimitBindings } from "./platform/limits/limiter.ts";
import { limitSettingsSchema } from "./platform/limits/settings.ts";
import type { RoomObjects } from "./rooms/roomObjects.ts";

/** What the Worker is bound to, checked. */
export type Config = z.infer<typeof configSchema>;

const minimumPepperLength = 32;

const jsonText = z
  .string()
  .default("{}")
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: "custom", message: "must be JSON" });
      return z.NEVER;
    }
  });

const configSchema = z
  .object({
    DATABASE_URL: z
      .string()
      .regex(/^postgres(ql)?:\/\/[^:]+:[^@]+@[^/]+\/.+/, "must be postgres://user:password@host/database"),
    DATABASE_FETCH_ENDPOINT: z
      .url({ protocol: /^https?$/, error: "must be the http(s) address of an SQL-over-HTTP server" })
      .optional(),
    OPERATOR_KEY: z
      .string()
      .refine(isApiKeyText, "must be a key of the form turash_live_..., as npm run keys:operator makes one"),
    KEY_PEPPER: z.string().min(minimumPepperLength, `must have at least ${minimumPepperLength} characters`),
    OIDC_ISSUER: z
      .url({ error: "must be the address of an OpenID provider, https unless it is on this machine" })
      .refine((issuer) => /^https:|^http:\/\/(127\.0\.0\.1|localhost)([:/]|$)/.test(issuer), {
        error: "must be an https address, or http on 127.0.0.1 or localhost",
      })
      .optional(),
    OIDC_AUDIENCE: z.string().max(500).optional(),
    OIDC_ALGORITHMS: z
      .string()
      .default("RS256,PS256,ES256,EdDSA")
      .transform((text) => text.split(",").map((name) => name.trim()))
      .refine((names) => names.every((name) => (signatureAlgorithms as readonly string[]).includes(name)), {
        error: `must be some of ${signatureAlgorithms.join(", ")}, with commas between`,
      }),
    CORS_ORIGINS: z
      .string()
      .default("")
      .transform((text) =>
        text
          .split(",")
          .map((origin) => origin.trim())
          .filter((origin) => origin !== ""),
      )
      .refine((origins) => origins.every(isWebOrigin), {
        error: "must be origins such as https://app.example, with commas between; http on 127.0.0.1 or localhost only",
      }),
    LOG_REQUESTS: z.enum(["all", "failures", "none"], { error: "must be all, failures or none" }).default("all"),
    LIMITS: jsonText.pipe(limitSettingsSchema),
    ADDRESS_LIMIT: z.custom<LimitBindings["ADDRESS_LIMIT"]>().optional(),
    CREDENTIAL_LIMIT: z.custom<LimitBindings["CREDENTIAL_LIMIT"]>().optional(),
    PROBE_LIMIT: z.custom<LimitBindings["PROBE_LIMIT"]>().optional(),
    QUOTA: z.custom<LimitBindings["QUOTA"]>().optional(),
    FEEDS: z.custom<FeedObjects>().optional(),
    ROOMS: z.custom<RoomObjects>().optional(),
    DOCUMENTS: z.custom<DocumentBucket>().optional(),
    LIVE_EVENTS: jsonText.pipe(liveSettingsSchema),
    GRAPH_URL: z
      .url({
        protocol: /^(https?|(bolt|neo4j)(\+s|\+ssc)?)$/,
        error: "must be the http(s), bolt or neo4j address of a Neo4j 5",
      })
      .optional(),
    GRAPH_USER: z.string().max(200).default("neo4j"),
    GRAPH_PASSWORD: z.string().max(1_000).optional(),
    GRAPH_TOKEN: z.string().max(10_000).optional(),
    GRAPH_DATABASE: z
      .string()
      .regex(/^[a-zA-Z][a-zA-Z0-9.-]{0,62}$/, "must be a name of a Neo4j database")
      .default("neo4j"),
    CF_VERSION_METADATA: z.object({ id: z.string() }).optional(),
    GRAPH_QUEUE: z.custom<EventQueue>().optional(),
    MATCHING_QUEUE: z.custom<EventQueue>().optional(),
    FEEDS_QUEUE: z.custom<EventQueue>().optional(),
    WEBHOOKS_QUEUE: z.custom<EventQueue>().optional(),
    EVENTS_PAUSED: z
      .string()
      .default("")
      .transform((text) => text.split(",").map((name) => name.trim()))
      .transform((names) => names.filter((name) => name !== ""))
      .pipe(
        z.array(
          z.enum(["relay", ...consumerNames], {
            error: `must be some of relay, ${consumerNames.join(", ")}, with commas between`,
          }),
        ),
      ),
    WEBHOOKS_LOCAL: z.enum(["on", "off"], { error: "must be on or off" }).default("off"),
    WEBHOOK_EGRESS_URL: z
      .url({ protocol: /^https?$/, error: "must be the http(s) address of an egress service" })
      .optional(),
    RESEND_AFTER_SECONDS: z.coerce.number().positive().max(3_600).default(60),
    REQUEST_TIMEOUT_SECONDS: z.coerce.number().positive().max(30).default(10),
    MATCHING_TABLES: jsonText,
  })
  .refine(({ OIDC_ISSUER, OIDC_AUDIENCE }) => (OIDC_ISSUER === undefined) === (OIDC_AUDIENCE === undefined), {
    path: ["OIDC_AUDIENCE"],
    error: "and OIDC_ISSUER are set both or neither",
  })
  .refine(({ GRAPH_PASSWORD, GRAPH_TOKEN }) => GRAPH_PASSWORD === undefined || GRAPH_TOKEN === undefined, {
    path: ["GRAPH_TOKEN"],
    error: "and GRAPH_PASSWORD are not set both",
  })
  .refine(({ WEBHOOKS_LOCAL, DATABASE_FETCH_ENDPOINT }) => WEBHOOKS_LOCAL === "off" || DATABASE_FETCH_ENDPOINT, {
    path: ["WEBHOOKS_LOCAL"],
    error: "may be on only where DATABASE_FETCH_ENDPOINT is set, that is in local development",
  });

/** Whether a text is an origin exactly as browsers send it in `Origin`. */
function isWebOrigin(text: string): boolean {
  if (!/^https:|^http:\/\/(127\.0\.0\.1|localhost)(:|$)/.test(text) || text.includes("*")) return false;
  return URL.canParse(text) && new URL(text).origin === text;
}

const parsed = new WeakMap<object, Config>();

/**
 * The Worker's configuration, validated once for each set of bindings. Throws a `ConfigError` whose one line names what is
 * missing or wrong, and never a secret's value.
 */
export function readConfig(env: object): Config {
  const known = parsed.get(env);
  if (known) return known;
  // An empty variable is one that is not set.
  const bindings = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const result = configSchema.safeParse(bindings);
  if (!result.success) {
    const faults = result.error.issues.map((issue) => {
      const [name = ""] = issue.path;
      return `${issue.path.join(".")} ${name in bindings ? issue.message : "is missing"}`;
    });
    throw new ConfigError(`Wrong configuration: ${faults.join("; ")}. See the table in README.md.`);
  }
  parsed.set(env, result.data);
  return result.data;
}

const gatewaySettings = new WeakMap<object, GatewaySettings>();

/** What the door needs before all else. It answers also where the rest is not configured: then to no page, and logging all. */
export function readGatewaySettings(env: object): GatewaySettings {
  let settings = gatewaySettings.get(env);
  if (!settings) {
    try {
      const { CORS_ORIGINS: corsOrigins, LOG_REQUESTS: logRequests } = readConfig(env);
      settings = { corsOrigins, logRequests };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      settings = { corsOrigins: [], logRequests: "all" };
    }
    gatewaySettings.set(env, settings);
  }
  return settings;
}

export type GatewaySettings = {
  corsOrigins: readonly string[];
  logRequests: Config["LOG_REQUESTS"];
};

export class ConfigError extends Error {
  override name = "ConfigError";
}
