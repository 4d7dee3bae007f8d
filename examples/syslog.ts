#!/usr/bin/env -S deno run --allow-net=127.0.0.1
// deno-lint-ignore-file no-console
/**
 * Receive syslog over UDP (RFC 5426) and TCP (RFC 6587, both framings), in the forms of RFC 5424
 * and RFC 3164, and print one JSON object per message.
 *
 *     deno run --allow-net=127.0.0.1 examples/syslog.ts --port 5514
 *     logger --server 127.0.0.1 --port 5514 --udp "hello"
 *     logger --server 127.0.0.1 --port 5514 --tcp --octet-count "hello"
 *
 * What peers send is escaped before it is printed. A message that is too long ends its connection.
 * Ctrl-C takes in what is under way and ends.
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  type Codec,
  type Decoded,
  joinHostPort,
  LimitExceededError,
  type NeedMore,
  ProtocolError,
  serve,
  serveDatagram,
} from "../mod.ts";

const USAGE = `Usage: syslog.ts [options]
  --hostname ADDRESS  where to listen (default 127.0.0.1)
  --port PORT         for UDP and TCP (default 5514; 514 needs a privileged user)`;

/** A message as it was understood. */
export interface SyslogMessage {
  /** 5424 or 3164, the RFC whose form it has. */
  form: 5424 | 3164;
  facility: number;
  severity: number;
  timestamp?: string;
  hostname?: string;
  appName?: string;
  procId?: string;
  msgId?: string;
  /** By element, then by parameter; of a parameter given twice, the last. */
  structuredData?: Record<string, Record<string, string>>;
  message: string;
}

/** What is not said in RFC 5424. */
const NIL = "-";

/** Understand a message; RFC 3164 describes what is found, so nothing is an error there. */
export function parseSyslog(bytes: Uint8Array): SyslogMessage {
  const text = new TextDecoder().decode(bytes).replace(/[\r\n\0]+$/, "");
  const head = /^<(0|[1-9]\d{0,2})>/.exec(text);
  // Section 4.3.3: without a priority it is user.notice.
  const known = head !== null && Number(head[1]) <= 191;
  const priority = known ? Number(head[1]) : 13;
  const rest = known ? text.slice(head[0].length) : text;
  const origin = { facility: priority >> 3, severity: priority & 7 };
  return parse5424(rest, origin) ?? parse3164(rest, origin);
}

type Origin = { facility: number; severity: number };

function parse5424(text: string, origin: Origin): SyslogMessage | undefined {
  const head = /^1 (\S{1,64}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) /
    .exec(text);
  if (head === null) return undefined;
  const data = parseStructuredData(text, head[0].length);
  if (data === undefined) return undefined;
  const [, timestamp, hostname, appName, procId, msgId] =
    head as unknown as string[];
  const said = { timestamp, hostname, appName, procId, msgId };
  return {
    form: 5424,
    ...origin,
    ...Object.fromEntries(
      Object.entries(said).filter(([, value]) => value !== NIL),
    ),
    ...(data.end === head[0].length + 1
      ? {}
      : { structuredData: data.elements }),
    message: text.slice(data.end + 1).replace(/^\ufeff/, ""),
  };
}

/** Section 6.3: `-`, or elements `[id name="value"…]` where `"`, `\` and `]` are escaped. */
function parseStructuredData(
  text: string,
  start: number,
):
  | { elements: Record<string, Record<string, string>>; end: number }
  | undefined {
  const elements: Record<string, Record<string, string>> = Object.create(null);
  let at = start;
  const isEnd = () => at === text.length || text[at] === " ";
  if (text[at] === NIL) {
    at++;
    return isEnd() ? { elements, end: at } : undefined;
  }
  const element =
    /\[([^\s=\]"]{1,32})((?: [^\s=\]"]{1,32}="(?:[^"\\\]]|\\.)*")*)\]/ys;
  while (text[at] === "[") {
    element.lastIndex = at;
    const found = element.exec(text);
    if (found === null) return undefined;
    const parameters: Record<string, string> = Object.create(null);
    for (
      const [, name, value] of found[2]!.matchAll(
        / ([^=]+)="((?:[^"\\]|\\.)*)"/gs,
      )
    ) {
      parameters[name!] = value!.replace(/\\(["\\\]])/g, "$1");
    }
    elements[found[1]!] = parameters;
    at = element.lastIndex;
  }
  return at > start && isEnd() ? { elements, end: at } : undefined;
}

function parse3164(text: string, origin: Origin): SyslogMessage {
  const head = /^([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) (\S+) /.exec(text);
  const message = head === null ? text : text.slice(head[0].length);
  const tag = /^([^\s:[\]]{1,48})(?:\[([^\]\s]{1,128})\])?: ?/.exec(message);
  return {
    form: 3164,
    ...origin,
    ...(head === null ? {} : { timestamp: head[1]!, hostname: head[2]! }),
    ...(tag === null ? {} : { appName: tag[1]! }),
    ...(tag?.[2] === undefined ? {} : { procId: tag[2] }),
    message: tag === null ? message : message.slice(tag[0].length),
  };
}

/** RFC 6587: `LENGTH SPACE MESSAGE` where it begins with a digit, else a line. */
export function syslogCodec(maxLength = 65_536): Codec<Uint8Array> {
  return {
    maxLength,
    encode(value) {
      const head = new TextEncoder().encode(`${value.length} `);
      const frame = new Uint8Array(head.length + value.length);
      frame.set(head);
      frame.set(value, head.length);
      return frame;
    },
    decode(buffer, eof, scanned) {
      const first = buffer[0];
      if (first === undefined) return { need: 1 };
      const isCounted = first >= 0x31 && first <= 0x39;
      return isCounted
        ? decodeCounted(buffer, maxLength)
        : decodeLine(buffer, eof, scanned, maxLength);
    },
  };
}

function decodeCounted(
  buffer: Uint8Array,
  maxLength: number,
): Decoded<Uint8Array> | NeedMore {
  let length = 0;
  for (let at = 0; at < buffer.length; at++) {
    const byte = buffer[at]!;
    if (byte === 0x20) {
      const end = at + 1 + length;
      if (buffer.length < end) return { need: end };
      return { message: buffer.slice(at + 1, end), consumed: end };
    }
    if (byte < 0x30 || byte > 0x39) {
      throw new ProtocolError(
        "Cannot decode syslog frame: no length before it",
      );
    }
    length = length * 10 + byte - 0x30;
    if (length > maxLength) throw tooLong(maxLength, length);
  }
  return { need: buffer.length + 1 };
}

function decodeLine(
  buffer: Uint8Array,
  eof: boolean,
  scanned: number,
  maxLength: number,
): Decoded<Uint8Array> | NeedMore {
  const end = buffer.indexOf(0x0a, scanned);
  const length = end < 0 ? buffer.length : end;
  if (length > maxLength) throw tooLong(maxLength, length);
  if (end >= 0) return { message: buffer.slice(0, end), consumed: end + 1 };
  if (eof) return { message: buffer.slice(), consumed: buffer.length };
  return { need: buffer.length + 1, scanned: buffer.length };
}

function tooLong(limit: number, actual: number): LimitExceededError {
  return new LimitExceededError(
    `Cannot decode syslog frame: longer than ${limit} bytes`,
    { limit, actual },
  );
}

/** JSON on one line, without anything that a terminal acts on. */
export function printable(message: SyslogMessage & { from: string }): string {
  return JSON.stringify(message).replace(
    /[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Where to listen, and who wants to know. */
export interface SyslogOptions {
  hostname?: string | undefined;
  port: number;
  shutdownSignals?: readonly Deno.Signal[] | undefined;
  onMessage(message: SyslogMessage, from: Deno.NetAddr): void;
}

/** Both receivers, on one port. */
export async function serveSyslog(
  { hostname, port, shutdownSignals, onMessage }: SyslogOptions,
): Promise<
  { port: number; finished: Promise<unknown>; shutdown(): Promise<unknown> }
> {
  const codec = syslogCodec();
  const tcp = await serve({ hostname, port, shutdownSignals }, async (conn) => {
    for await (const frame of conn.messages(codec)) {
      if (frame.length > 0) onMessage(parseSyslog(frame), conn.remoteAddr);
    }
  });
  const udp = await serveDatagram(
    { hostname, port: tcp.addr.port, shutdownSignals },
    ({ data, remoteAddr }) => onMessage(parseSyslog(data), remoteAddr),
  ).catch(async (error) => {
    await tcp.close();
    throw error;
  });
  return {
    port: tcp.addr.port,
    finished: Promise.all([tcp.finished, udp.finished]),
    shutdown: () => Promise.all([tcp.shutdown(), udp.shutdown()]),
  };
}

/** Read the command line. */
function options() {
  try {
    return parseArgs({
      options: {
        hostname: { type: "string", default: "127.0.0.1" },
        port: { type: "string", default: "5514" },
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
  console.error(`syslog: ${(error as Error).message}`);
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
  const server = await serveSyslog({
    hostname,
    port: Number(port),
    shutdownSignals: ["SIGINT", "SIGTERM"],
    onMessage: (message, { hostname }) =>
      console.log(printable({ from: hostname, ...message })),
  }).catch(fail);
  console.error(
    `syslog on ${joinHostPort(hostname, server.port)}, UDP and TCP`,
  );
  await server.finished;
}
