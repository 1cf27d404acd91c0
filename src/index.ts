import { createApp } from "./app.ts";
import { openRequest } from "./services.ts";

const app = createApp(openRequest);

export default { fetch: app.fetch } satisfies ExportedHandler<Env>;
