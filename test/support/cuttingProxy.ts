import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Stands between a client and a service, and breaks what is open when told to, as a bad network does. */
export async function startCuttingProxy(target: string) {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  let cuts = 0;
  const keep = (socket: Socket) => {
    open.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => open.delete(socket));
  };
  const server = createServer((client) => {
    const service = connect(Number(port), hostname);
    keep(client);
    keep(service);
    client.pipe(service).pipe(client);
    client.once("close", () => service.destroy());
    service.once("close", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = () => {
    if (open.size > 0) cuts++;
    for (const socket of open) socket.resetAndDestroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    cuts: () => cuts,
    async stop() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
