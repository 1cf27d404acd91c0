// PartyServer rooms that pass each message on to everybody in them, over sockets that outlast sleep, and keep nothing.
import { routePartykitRequest, Server } from "partyserver";

export class Talk extends Server {
  static options = { hibernate: true };

  onMessage(_connection, message) {
    this.broadcast(message);
  }
}

export default {
  async fetch(request, env) {
    return (await routePartykitRequest(request, env)) ?? new Response(null, { status: 404 });
  },
};
