import * as z from "zod";
import { isApiKeyText } from "./platform/auth/apiKeyText.ts";
import { signatureAlgorithms } from "./platform/auth/verifyToken.ts";

/** What the Worker is bound to, checked. */
export type Config = z.infer<typeof configSchema>;

const minimumPepperLength = 32;

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
    REQUEST_TIMEOUT_SECONDS: z.coerce.number().positive().max(30).default(10),
    MATCHING_TABLES: z
      .string()
      .default("{}")
      .transform((text, context) => {
        try {
          return JSON.parse(text) as unknown;
        } catch {
          context.addIssue({ code: "custom", message: "must be JSON" });
          return z.NEVER;
        }
      }),
  })
  .refine(({ OIDC_ISSUER, OIDC_AUDIENCE }) => (OIDC_ISSUER === undefined) === (OIDC_AUDIENCE === undefined), {
    path: ["OIDC_AUDIENCE"],
    error: "and OIDC_ISSUER are set both or neither",
  });

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
      const name = issue.path.join(".");
      return `${name} ${name in bindings ? issue.message : "is missing"}`;
    });
    throw new ConfigError(`Wrong configuration: ${faults.join("; ")}. See the table in README.md.`);
  }
  parsed.set(env, result.data);
  return result.data;
}

export class ConfigError extends Error {
  override name = "ConfigError";
}
