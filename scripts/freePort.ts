import { createServer } from "node:net";

/**
 * Below the ports that systems hand out by themselves (32768 and up on Linux, 49152 and up by IANA): between the moment that
 * a port is found free and the moment that it is used, nobody's outgoing or unnumbered socket can take it.
 */
const lowest = 10_000;
const highest = 32_000;
const maximumTries = 100;

/** A port of 127.0.0.1 that nobody listens on. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < maximumTries; attempt++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${lowest} and ${highest}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}
