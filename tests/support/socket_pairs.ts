/**
 * Two connected sockets over each kind of transport, so that one test says what holds for all.
 */
import {
  connect,
  type ConnectOptions,
  listen,
  memoryListener,
  type StreamSocket,
} from "../../mod.ts";
import { serverTls } from "../../lib/socket/server_tls.ts";
import {
  StreamSocket as Socket,
  transportOf,
} from "../../lib/socket/stream_socket.ts";
import {
  authority,
  clientCertificate,
  serverCertificate,
} from "./certificates.ts";

/** Both ends. */
export interface SocketPair extends AsyncDisposable {
  client: StreamSocket;
  server: StreamSocket;
}

/** Makes a pair; the names are those that the tests' names show. */
export const PAIRS: Record<string, () => Promise<SocketPair>> = {
  tcp: async () => {
    await using listener = await listen({ port: 0 });
    return await meet(listener, { port: listener.addr.port });
  },
  unix: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const path = `${folder}/pair.sock`;
      await using listener = await listen({ transport: "unix", path });
      return await meet(listener, { transport: "unix", path });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
  tls: async () => {
    const { cert, key } = serverCertificate();
    await using listener = await listen({
      transport: "tls",
      port: 0,
      cert,
      key,
    });
    const { port } = listener.addr;
    return await meet(listener, {
      transport: "tls",
      port,
      caCerts: [authority()],
    });
  },
  "tls of node": async () => {
    await using listener = await listen({ port: 0 });
    const { port } = listener.addr;
    const dialled = connect({
      transport: "tls",
      port,
      caCerts: [authority()],
      ...clientCertificate(),
    });
    const accepted = await listener.accept();
    const server = new Socket(
      await serverTls(transportOf(accepted), serverCertificate()),
    );
    return pair(await dialled, server);
  },
  memory: async () => {
    await using listener = memoryListener();
    return pair(await listener.connect(), await listener.accept());
  },
};

async function meet(
  listener: { accept(): Promise<StreamSocket> },
  options: ConnectOptions,
): Promise<SocketPair> {
  const [client, server] = await Promise.all([
    connect(options),
    listener.accept(),
  ]);
  return pair(client, server);
}

function pair(client: StreamSocket, server: StreamSocket): SocketPair {
  return {
    client,
    server,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.close();
    },
  };
}
