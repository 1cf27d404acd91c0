import { parseArgs } from "node:util";
import { OAuth2Server } from "oauth2-mock-server";

const usage = `Usage: npm run oidc -- [--port N] [--email ADDRESS] [--audience TEXT] [--hours N]
Starts an OpenID provider on this machine for trying sign-ins, and prints a token of somebody whose e-mail it has verified.`;

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "8790" },
    email: { type: "string", default: "kirsten@example.org" },
    audience: { type: "string", default: "turash-local" },
    hours: { type: "string", default: "12" },
    help: { type: "boolean", default: false },
  },
});

/** Serves discovery, keys and tokens until it is stopped. Whoever has this terminal can sign in as anybody. */
async function serve(): Promise<void> {
  const { port, email, audience, hours } = values;
  const server = new OAuth2Server();
  await server.issuer.keys.generate("ES256");
  await server.start(Number(port), "127.0.0.1");
  const issuer = `http://127.0.0.1:${server.address().port}`;
  server.issuer.url = issuer;
  const token = await server.issuer.buildToken({
    scopesOrTransform: (_header, payload) => {
      Object.assign(payload, { sub: email, aud: audience, email, email_verified: true, name: email.split("@")[0] });
      payload.exp = payload.iat + Number(hours) * 3_600;
    },
  });
  console.log(`The provider is at ${issuer}. Start the service with it in another terminal:

  OIDC_ISSUER=${issuer} OIDC_AUDIENCE=${audience} npm start

Invite ${email} with an owner's key, and then come in with this token, which is good for ${hours} hours:

${token}
`);
  const stop = () => void server.stop().then(() => process.exit(0));
  process.on("SIGINT", stop).on("SIGTERM", stop);
}

if (values.help) console.log(usage);
else
  await serve().catch((error: Error) => {
    console.error(`turash: the provider does not start: ${error.message}`);
    process.exitCode = 1;
  });
