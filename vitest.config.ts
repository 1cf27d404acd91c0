import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** Real PostgreSQL is small and quick to start: where it is the only one, two files at once have room. */
const onPostgresAlone = process.env.TURASH_TEST_POSTGRES === "only" ? { fileParallelism: true, maxWorkers: 2 } : {};

/** PGlite takes 1 GB and some seconds to start, so the suites that need it run one file at a time. */
const withDatabase = { fileParallelism: false, testTimeout: 60_000, hookTimeout: 180_000 };

// The Worker's secrets come from test/support/workerdSetup.ts; wrangler would warn that no file has them.
process.env.WRANGLER_LOG ??= "error";

export default defineConfig({
  test: {
    projects: [
      // Pure functions: one set of modules serves all files.
      {
        test: {
          name: "unit",
          environment: "node",
          include: ["test/unit/**/*.test.ts"],
          testTimeout: 20_000,
          isolate: false,
        },
      },
      {
        test: {
          name: "contract",
          environment: "node",
          include: ["test/contract/**/*.test.ts"],
          globalSetup: ["test/support/neo4jSetup.ts"],
          ...withDatabase,
          ...onPostgresAlone,
        },
      },
      {
        plugins: [
          cloudflareTest(({ inject }) => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { bindings: inject("workerBindings") },
          })),
        ],
        test: {
          name: "workerd",
          include: ["test/workerd/**/*.test.ts"],
          globalSetup: ["test/support/workerdSetup.ts"],
          // One isolate serves all files, as it serves many callers; a Worker for each would take longer than the tests.
          isolate: false,
          ...withDatabase,
        },
      },
      {
        test: {
          name: "e2e",
          environment: "node",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["test/support/e2eSetup.ts"],
          ...withDatabase,
        },
      },
    ],
  },
});
