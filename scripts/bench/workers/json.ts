type Bindings = { DOCUMENT: string };

/**
 * Parses and writes the document as often as the path says (`/2000`). A Worker's clock stands still while it computes, so
 * the time is taken from outside.
 */
export default {
  fetch(request: Request, env: Bindings): Response {
    const times = Number(new URL(request.url).pathname.slice(1));
    let length = 0;
    for (let count = 0; count < times; count++) length += JSON.stringify(JSON.parse(env.DOCUMENT)).length;
    return new Response(String(length));
  },
};
