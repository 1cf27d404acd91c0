import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startLocalDatabase } from "../../scripts/database/localDatabase.ts";
import { writeDocsPage } from "../../scripts/docsPage.ts";
import { seedTaxonomy } from "../../scripts/seedTaxonomy.ts";
import { createSecrets } from "../../scripts/start/secrets.ts";
import { repositoryRoot } from "../../scripts/wrangler.ts";
import { audience, startIdentityProvider } from "./identityProvider.ts";
import { startWebhookReceiver } from "./webhookReceiver.ts";
import "./provided.ts";

/** Starts a database with the taxonomy and nothing else for the Worker under test, and makes its secrets. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "turash-workerd-"));
  writeDocsPage(repositoryRoot);
  const database = await startLocalDatabase({ dataDir: folder });
  await seedTaxonomy(database);
  const { operatorKey, keyPepper } = createSecrets();
  const provider = await startIdentityProvider();
  const receiver = await startWebhookReceiver();
  project.provide("workerBindings", {
    DATABASE_URL: database.connectionString,
    DATABASE_FETCH_ENDPOINT: database.fetchEndpoint,
    OPERATOR_KEY: operatorKey,
    KEY_PEPPER: keyPepper,
    LOG_REQUESTS: "failures",
    // All requests come from one address; what limits do is tried with limits of the test's own.
    LIMITS: JSON.stringify({ addressPerMinute: null, credentialPerMinute: null, probesPerMinute: null }),
    OIDC_ISSUER: provider.issuer,
    OIDC_AUDIENCE: audience,
    // Webhooks are posted to a receiver on this machine.
    WEBHOOKS_LOCAL: "on",
    TEST_RECEIVER_URL: receiver.url,
    // For the tests, which sign what a provider would.
    TEST_SIGNING_KEY: JSON.stringify(provider.signingKey),
  });
  return async () => {
    await receiver.stop();
    await provider.stop();
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  };
}
