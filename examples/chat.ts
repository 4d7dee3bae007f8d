#!/usr/bin/env -S deno run --allow-net=127.0.0.1:7008
// deno-lint-ignore-file no-console
/**
 * A chat room: every line that one client sends goes to all others. Shows shared state, broadcasting, and that
 * a client who does not read never holds up the others.
 *
 *     deno run --allow-net=127.0.0.1:7008 examples/chat.ts
 *     nc 127.0.0.1 7008                                  # in two more terminals
 *
 * The first line is the name. Ctrl-C, or SIGTERM, says goodbye to everybody.
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  type Connection,
  parseAddress,
  serve,
  type StreamServer,
} from "../mod.ts";

const USAGE = `Usage: chat.ts [options]
  --hostname ADDRESS  where to listen (default 127.0.0.1; "" is every interface)
  --port PORT         default 7008`;

/** Names are what one can type without surprises; control characters would reach other terminals. */
const NAME = /^[\p{L}\p{N}_-]{1,20}$/u;

/** Who is here, and what they are told. */
export class Room {
  readonly #members = new Map<string, Connection>();
  readonly #patience: number;

  /** A room that waits so many milliseconds for a name. */
  constructor(patience = 30_000) {
    this.#patience = patience;
  }

  /** One client, from its name to its last line. */
  readonly handle = async (conn: Connection): Promise<void> => {
    const name = await this.#askName(conn);
    if (name === null) return;
    const others = [...this.#members.keys()].join(", ") || "nobody";
    if (!this.#enter(name, conn)) {
      return await conn.send("* that name is taken or not fit\n");
    }
    try {
      await conn.send(`* welcome, here: ${others}\n`);
      this.tell(`* ${name} came`, conn);
      for await (const line of conn.lines({ limit: 1000 })) {
        this.tell(`<${name}> ${printable(line)}`, conn);
      }
      if (conn.draining) conn.writer.tryWrite("* the room closes\n");
    } finally {
      this.#members.delete(name);
      this.tell(`* ${name} left`);
    }
  };

  /** Send a line to everybody but one. Nobody is waited for. */
  tell(line: string, except?: Connection): void {
    for (const member of this.#members.values()) {
      if (member === except) continue;
      // False when a megabyte is waiting already: such a client does not read.
      if (!member.writer.tryWrite(`${line}\n`)) {
        member.abort(new Error("does not read"));
      }
    }
  }

  async #askName(conn: Connection): Promise<string | null> {
    await conn.send("name? ");
    using _deadline = conn.deadline(this.#patience);
    return await conn.reader.readLine({ limit: 100 });
  }

  /** Whether the name is free and fit. Nothing is awaited between the look and the entry: two may want one name. */
  #enter(name: string, conn: Connection): boolean {
    if (!NAME.test(name) || this.#members.has(name)) return false;
    this.#members.set(name, conn);
    return true;
  }
}

/** What peers send must not act on other people's terminals. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, "\u{FFFD}");
}

/** Where to serve a chat room, and how patiently. */
export interface ChatOptions {
  hostname?: string;
  port: number;
  shutdownSignals?: Deno.Signal[];
  /** Milliseconds in which a client must give its name. Default 30 000. */
  patience?: number;
}

/** Serve a chat room. */
export function serveChat(
  { patience, ...where }: ChatOptions,
): Promise<StreamServer> {
  const room = new Room(patience);
  // People think: a minute of silence is no reason to leave.
  return serve({ ...where, idleTimeout: 3_600_000 }, room.handle);
}

/** Read the command line. */
function options() {
  try {
    return parseArgs({
      options: {
        hostname: { type: "string", default: "127.0.0.1" },
        port: { type: "string", default: "7008" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    Deno.exit(2);
  }
}

/** A port that is taken is no bad usage, and no reason for a stack trace. */
function fail(error: unknown): never {
  console.error(`chat: ${(error as Error).message}`);
  Deno.exit(1);
}

if (import.meta.main) {
  const { hostname, port, help } = options();
  if (help) {
    console.log(USAGE);
    Deno.exit(0);
  }
  if (!/^[0-9]{1,5}$/.test(port) || Number(port) > 65535) {
    console.error(`Bad port "${port}"\n${USAGE}`);
    Deno.exit(2);
  }
  const server = await serveChat({
    hostname,
    port: Number(port),
    shutdownSignals: ["SIGTERM", "SIGINT"],
  }).catch(fail);
  const { addr } = server;
  const host = parseAddress(addr.hostname).isUnspecified
    ? "127.0.0.1"
    : addr.hostname;
  console.log(`Chatting on ${addr.hostname} port ${addr.port}.
In two more terminals, type:
  nc ${host} ${addr.port}
Ctrl-C ends it.`);
  await server.finished;
}
