// The egress service: posts what it is given to whom the header names, by a network that reaches public addresses only
// (scripts/egress/startEgress.ts). src/platform/webhooks/post.ts knows both headers.
export default {
  async fetch(request) {
    const headers = new Headers(request.headers);
    const target = headers.get("x-egress-target") ?? "";
    headers.delete("x-egress-target");
    try {
      const body = await request.arrayBuffer();
      return await fetch(target, { method: request.method, headers, body, redirect: "manual", signal: request.signal });
    } catch {
      return new Response(null, { status: 502, headers: { "x-egress-refused": "1" } });
    }
  },
};
