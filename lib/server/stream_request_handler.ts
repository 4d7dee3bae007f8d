/**
 * StreamRequestHandler: a class for each connection, with Python's names, for those who prefer it
 * to a function.
 *
 * @module
 */
import type { StreamReader } from "../stream/stream_reader.ts";
import type { StreamWriter } from "../stream/stream_writer.ts";
import { BaseRequestHandler } from "./base_request_handler.ts";
import type { Connection } from "./connection.ts";
import type { StreamServer } from "./stream_server.ts";

/**
 * Handles one connection of a stream server, as `socketserver.StreamRequestHandler` does.
 *
 * For each connection the server makes one instance and runs it:
 *
 * 1. `setup()` prepares. If it throws, neither of the other two runs.
 * 2. `handle()` talks to the client.
 * 3. `finish()` cleans up, whether `handle()` succeeded or threw.
 *
 * Unlike in Python `wfile` is not buffered until the end: what is written is sent, all of it.
 *
 * @typeParam A What the client's address is.
 *
 * @example
 * ```ts
 * import { connect, serve, StreamRequestHandler } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * class Upper extends StreamRequestHandler {
 *   async handle() {
 *     for await (const line of this.rfile.lines()) {
 *       await this.wfile.write(`${line.toUpperCase()}\n`);
 *     }
 *   }
 * }
 *
 * await using server = await serve({ port: 0 }, Upper);
 * await using client = await connect({ port: server.addr.port });
 * await client.send("hello\n");
 * assert.equal(await client.reader.readLine(), "HELLO");
 * ```
 */
export abstract class StreamRequestHandler<A extends Deno.Addr = Deno.NetAddr>
  extends BaseRequestHandler<Connection<A>, StreamServer<A>, A> {
  /** Called by the server, once for each connection. */
  constructor(connection: Connection<A>, server: StreamServer<A>) {
    super(connection, connection.remoteAddr, server);
  }

  /** The connection; the same as `request`. */
  get connection(): Connection<A> {
    return this.request;
  }

  /** Reads what the client sends. */
  get rfile(): StreamReader {
    return this.request.reader;
  }

  /** Writes to the client. */
  get wfile(): StreamWriter {
    return this.request.writer;
  }
}
