#!/usr/bin/env -S deno run --allow-net --allow-read=/etc/hosts,/etc/resolv.conf
// deno-lint-ignore-file no-console
/**
 * Look up names, addresses, records and services, as host(1) and getent(1) do, and say honestly what
 * was not found and why.
 *
 *     deno run --allow-net --allow-read=/etc/hosts,/etc/resolv.conf examples/host.ts www.example.com
 *     deno run --allow-net examples/host.ts 192.0.2.1 --server 127.0.0.1:5353
 *     deno run --allow-net examples/host.ts example.com MX --json --backend wire --server 9.9.9.9
 *     deno run examples/host.ts --service https
 *
 * A name gives its addresses, an address its names, a name and a type its records. The exit code is
 * 0 when something was found, 1 when not, 2 on bad usage.
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  getservbyname,
  getservbyport,
  isIP,
  LookupError,
  type RecordType,
  Resolver,
  type ResolverBackend,
} from "../mod.ts";

const USAGE = `Usage: host.ts NAME|ADDRESS [TYPE] [options]
       host.ts --service NAME|PORT
  --server ADDRESS[:PORT]  ask that server (may be given again)
  --backend NAME           auto, resolveDns, system or wire
  --timeout MS             give up after so long (default 5000)
  --verify                 keep only names that lead back to the address
  --json                   print JSON`;

/** What to look up. */
export interface Request {
  name: string;
  type?: string | undefined;
  verify?: boolean | undefined;
}

/** Look it up; the result has what there is to say, as plain data. */
export async function look(
  resolver: Resolver,
  { name, type, verify }: Request,
): Promise<Record<string, unknown>> {
  if (type !== undefined) {
    const wanted = type.toUpperCase() as RecordType;
    return {
      name,
      type: wanted,
      ...await resolver.resolveDetail(name, wanted),
    };
  }
  if (isIP(name) !== 0) {
    return { name, names: await resolver.reverse(name, { verify }) };
  }
  return { name, ...await resolver.lookupDetail(name) };
}

/**
 * The ports of a service, or the services of a port.
 *
 * @throws {LookupError} If there is none.
 */
export function lookService(text: string): Record<string, unknown> {
  const numeric = /^[0-9]+$/.test(text);
  const found = ["tcp", "udp"].flatMap<unknown>((protocol) => {
    try {
      return numeric
        ? [{ protocol, name: getservbyport(Number(text), protocol) }]
        : [{ protocol, port: getservbyname(text, protocol) }];
    } catch (error) {
      if (error instanceof LookupError) return [];
      throw error;
    }
  });
  if (found.length > 0) return { service: text, found };
  throw new LookupError(`Cannot look up service "${text}": no such service`, {
    code: "ESERVICE",
    host: text,
  });
}

/** Plain data as lines of text: one per record, then the rest. */
export function lines(result: Record<string, unknown>): string[] {
  const { name, addresses, names, records, found, ...rest } = result;
  const items = (addresses ?? names ?? records ?? found) as unknown[];
  return [
    ...items.map((item) => `${name ?? result.service}\t${oneLine(item)}`),
    ...Object.entries(rest).map(([key, value]) =>
      `  ${key}: ${oneLine(value)}`
    ),
  ];
}

function oneLine(value: unknown): string {
  if (typeof value === "string") return printable(value);
  if (value instanceof Uint8Array) return value.toHex();
  if (Array.isArray(value)) return value.map(oneLine).join(" ");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.values(value).map(oneLine).join(" ");
}

/** A name server's text may hold anything, what a terminal takes for commands too. */
function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

/** JSON, with bytes in hexadecimal. */
export function toJson(result: unknown): string {
  const readable = (_: string, value: unknown) =>
    value instanceof Uint8Array ? value.toHex() : value;
  return JSON.stringify(result, readable, 2);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: {
      server: { type: "string", multiple: true },
      backend: { type: "string" },
      timeout: { type: "string" },
      service: { type: "string" },
      verify: { type: "boolean" },
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const [name, type, ...rest] = positionals;
  if ((name === undefined) === (values.service === undefined)) {
    throw new TypeError("give either a name or --service");
  }
  if (rest.length > 0) throw new TypeError(`too much: ${rest.join(" ")}`);
  using resolver = new Resolver({
    backend: values.backend as ResolverBackend | undefined,
    servers: values.server,
    timeout: values.timeout === undefined ? undefined : Number(values.timeout),
  });
  try {
    const result = values.service !== undefined
      ? lookService(values.service)
      : await look(resolver, { name: name!, type, verify: values.verify });
    console.log(values.json ? toJson(result) : lines(result).join("\n"));
    return 0;
  } catch (error) {
    if (!(error instanceof LookupError)) throw error;
    const { code, message, temporary, notFound } = error;
    const failure = { error: code, message, temporary, notFound };
    console.log(values.json ? toJson(failure) : `${message} (${code})`);
    return 1;
  }
}

if (import.meta.main) {
  try {
    Deno.exitCode = await main();
  } catch (error) {
    // parseArgs and the option checks throw TypeError and RangeError: bad usage.
    const usage = error instanceof TypeError || error instanceof RangeError;
    console.error(`${(error as Error).message}${usage ? `\n${USAGE}` : ""}`);
    Deno.exitCode = usage ? 2 : 1;
  }
}
