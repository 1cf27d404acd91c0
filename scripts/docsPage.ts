import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Turash API reference</title>
    <link rel="icon" type="image/png" href="./favicon-32x32.png">
    <link rel="stylesheet" href="./swagger-ui.css">
  </head>
  <body>
    <div id="reference"></div>
    <noscript>This page needs JavaScript. The description it shows is at <a href="/openapi.json">/openapi.json</a>.</noscript>
    <script src="./swagger-ui-bundle.js"></script>
    <script src="./initialize.js"></script>
  </body>
</html>
`;

// The validator would send the description to a host of its own; the page loads nothing from elsewhere.
const initialize = `SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
});
`;

/** Fills public/docs with the API's reference page: Swagger UI, and two small files that start it. */
export function writeDocsPage(root: string): void {
  const source = dirname(createRequire(join(root, "package.json")).resolve("swagger-ui-dist/package.json"));
  const target = join(root, "public", "docs");
  mkdirSync(target, { recursive: true });
  for (const name of ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"])
    writeIfChanged(join(target, name), readFileSync(join(source, name)));
  writeIfChanged(join(target, "index.html"), Buffer.from(page));
  writeIfChanged(join(target, "initialize.js"), Buffer.from(initialize));
}

/** A running Worker reloads whenever one of its assets is written. */
function writeIfChanged(path: string, contents: Buffer): void {
  if (!existsSync(path) || !readFileSync(path).equals(contents)) writeFileSync(path, contents);
}
