#!/usr/bin/env -S deno run
/**
 * An address calculator. It needs no permission at all: everything is computed, lists come on
 * standard input.
 *
 *     deno run examples/ipcalc.ts 192.0.2.77/24
 *     deno run examples/ipcalc.ts classify ::ffff:127.0.0.1 8.8.8.8
 *     deno run examples/ipcalc.ts split 10.0.0.0/8 10
 *     deno run examples/ipcalc.ts exclude 10.0.0.0/24 10.0.0.5
 *     deno run examples/ipcalc.ts collapse < networks.txt
 *     deno run examples/ipcalc.ts test 10.1.2.3 < blocklist.txt
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  AddressSyntaxError,
  type IPAddress,
  IPInterface,
  type IPNetwork,
  IPRange,
  IPSet,
  parseAddress,
  parseNetwork,
} from "../mod.ts";

const HELP = `Calculate with IP addresses and networks. Needs no permission.

Usage: ipcalc [--json] <address or network>...       describe
       ipcalc [--json] classify <address>...         what kind, and is it global?
       ipcalc [--json] split <network> <length>      into networks of that prefix length
       ipcalc [--json] list <network>                every address of it
       ipcalc [--json] exclude <network> <hole>...   what remains without the holes
       ipcalc [--json] collapse [item]...            the fewest networks; items also on standard input
       ipcalc [--json] test <address>...             is it in the list on standard input?

Items are addresses, networks and ranges (a-b), one per line on standard input; "#" starts a comment.
Exit code: 0, or 1 when test finds an address that is not in the list, or 2 on bad usage or text.
`;

/** What the program reads and writes: the terminal, or a test. */
export interface Terminal {
  /** The lines of standard input, read only by the commands that need them. */
  input(): AsyncIterable<string>;
  /** Print a line. */
  print(line: string): void;
  /** Print a line of complaint. */
  complain(line: string): void;
}

/** Run the program. Gives its exit code. */
export async function ipcalc(
  args: string[],
  terminal: Terminal,
): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) {
      terminal.print(HELP);
      return 0;
    }
    return await run(positionals, values.json ?? false, terminal);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) throw error;
    terminal.complain(complaint(error));
    return 2;
  }
}

/** What was wrong, with a mark below the place where that is known. */
function complaint(error: unknown): string {
  if (!(error instanceof AddressSyntaxError)) {
    const said = error instanceof Error ? error.message : String(error);
    return `${said}\nUsage: ipcalc [--json] [command] <item>...  (see --help)`;
  }
  const { input, position } = error;
  const isPlain = input.length <= 60 && !/[^\x20-\x7e]/.test(input);
  return isPlain
    ? `${error.message}\n  ${input}\n  ${" ".repeat(position)}^`
    : error.message;
}

async function run(
  words: string[],
  json: boolean,
  terminal: Terminal,
): Promise<number> {
  const [command, ...rest] = words;
  switch (command) {
    case undefined:
      terminal.complain(HELP);
      return 2;
    case "classify":
      return report(
        some(rest).map((text) => classify(parseAddress(text))),
        json,
        terminal,
      );
    case "split":
      return split(rest, json, terminal);
    case "list":
      return each(parseNetwork(one(rest), { strict: false }), json, terminal);
    case "exclude":
      return exclude(rest, json, terminal);
    case "collapse":
      return collapse(rest, json, terminal);
    case "test":
      return await test(some(rest), json, terminal);
    default:
      return report(words.map(describe), json, terminal);
  }
}

/** Name and value of one line. */
type Facts = Record<string, string | number | boolean | null>;

function report(rows: Facts[], json: boolean, terminal: Terminal): number {
  for (const row of rows) {
    if (json) terminal.print(JSON.stringify(row));
    else {
      for (const [name, value] of Object.entries(row)) {
        if (value !== null) terminal.print(`${`${name}:`.padEnd(18)}${value}`);
      }
    }
  }
  return 0;
}

/** Print many items as they come: lines, or one JSON text each. */
function each(
  items: Iterable<IPAddress | IPNetwork>,
  json: boolean,
  terminal: Terminal,
): number {
  for (const item of items) {
    terminal.print(json ? JSON.stringify(item) : item.toString());
  }
  return 0;
}

function describe(text: string): Facts {
  const { address, network } = IPInterface.parse(text);
  if (!text.includes("/")) {
    return { ...classify(address), ...spellings(address) };
  }
  return {
    ...classify(address),
    network: network.toString(),
    netmask: network.netmask.toString(),
    hostmask: network.hostmask.toString(),
    first: network.first.toString(),
    last: network.last.toString(),
    size: network.size.toString(),
    ...spellings(address),
  };
}

function spellings(address: IPAddress): Facts {
  return {
    integer: address.toBigInt().toString(),
    expanded: address.version === 6 ? address.toExpandedString() : null,
    reversePointer: address.reversePointer,
  };
}

function classify(address: IPAddress): Facts {
  const embedded = address.version === 6 ? address.embeddedIPv4() : undefined;
  const special = address.specialPurpose;
  return {
    address: address.toString(),
    version: address.version,
    kind: kindOf(address),
    global: address.isGlobal,
    registry: special === undefined
      ? null
      : `${special.name} (${special.network})`,
    embedded: embedded === undefined
      ? null
      : `${embedded.address} (${embedded.kind})`,
  };
}

function kindOf(address: IPAddress): string {
  if (address.isUnspecified) return "unspecified";
  if (address.isLoopback) return "loopback";
  if (address.isLinkLocal) return "link-local";
  if (address.isMulticast) return "multicast";
  if (address.isPrivate) return "private";
  if (address.isDocumentation) return "documentation";
  if (address.isBenchmarking) return "benchmarking";
  if (address.version === 4 && address.isBroadcast) return "broadcast";
  if (address.version === 4 && address.isShared) return "shared";
  if (address.version === 6 && address.isSiteLocal) return "site-local";
  return address.isReserved ? "reserved" : "unicast";
}

function split(words: string[], json: boolean, terminal: Terminal): number {
  const [text, length] = words;
  if (words.length !== 2 || !/^\/?[0-9]{1,3}$/.test(length!)) {
    throw new TypeError("Cannot split: needs a network and a prefix length");
  }
  const network = parseNetwork(text!, { strict: false });
  const prefixLength = Number(length!.replace("/", ""));
  return each(network.subnets({ prefixLength }), json, terminal);
}

function exclude(words: string[], json: boolean, terminal: Terminal): number {
  const [text, ...holes] = words;
  if (text === undefined || holes.length === 0) {
    throw new TypeError("Cannot exclude: needs a network and what to take out");
  }
  const network = parseNetwork(text, { strict: false });
  return each(
    IPSet.from([network]).difference(holes).networks(),
    json,
    terminal,
  );
}

async function collapse(
  words: string[],
  json: boolean,
  terminal: Terminal,
): Promise<number> {
  const items = words.length > 0 ? words : await readItems(terminal);
  return each(IPSet.from(items).networks(), json, terminal);
}

async function test(
  words: string[],
  json: boolean,
  terminal: Terminal,
): Promise<number> {
  const asked = words.map(parseAddress);
  const set = IPSet.from(await readItems(terminal));
  let missing = 0;
  for (const address of asked) {
    const listed = set.has(address);
    if (!listed) missing++;
    const row = { address: address.toString(), listed };
    terminal.print(
      json
        ? JSON.stringify(row)
        : `${address} ${listed ? "listed" : "not listed"}`,
    );
  }
  return missing === 0 ? 0 : 1;
}

/** The items of a list, without comments and empty lines. A bad line is named by its number. */
async function readItems(terminal: Terminal): Promise<(IPRange | IPNetwork)[]> {
  const items: (IPRange | IPNetwork)[] = [];
  let number = 0;
  for await (const line of terminal.input()) {
    number++;
    const text = line.replace(/#.*/, "").trim();
    if (text === "") continue;
    try {
      items.push(
        text.includes("-")
          ? IPRange.parse(text)
          : parseNetwork(text, { strict: false }),
      );
    } catch (error) {
      terminal.complain(`Line ${number} of the list:`);
      throw error;
    }
  }
  return items;
}

function one(words: string[]): string {
  if (words.length !== 1) {
    throw new TypeError(`Cannot list ${words.length} networks: needs one`);
  }
  return words[0]!;
}

function some(words: string[]): string[] {
  if (words.length === 0) {
    throw new TypeError("Cannot start: needs at least one address");
  }
  return words;
}

async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** Collects what is printed, so that a million addresses are not a million system calls. */
class Output {
  #text = "";

  print(line: string): void {
    this.#text += `${line}\n`;
    if (this.#text.length >= 65536) this.flush();
  }

  flush(): void {
    let bytes = new TextEncoder().encode(this.#text);
    this.#text = "";
    while (bytes.length > 0) {
      bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
    }
  }
}

if (import.meta.main) {
  const output = new Output();
  try {
    const code = await ipcalc(Deno.args, {
      input: () => linesOf(Deno.stdin.readable),
      print: (line) => output.print(line),
      complain: (line) => {
        Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
      },
    });
    output.flush();
    Deno.exit(code);
  } catch (error) {
    // The reader went away, as with "| head": nothing is left to do.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
