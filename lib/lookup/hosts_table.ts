/**
 * The hosts file as a table: names to addresses and back (hosts(5)). Parsed in slices, so that a
 * list of 100,000 lines does not hold up the event loop; watched_file.ts decides when.
 *
 * @module
 */
import { type Address, parseZoned } from "./literal.ts";

/** One line of the file. */
export interface HostsLine extends Address {
  /** The names in the order of the line, in the case that they have there; the first is the canonical one. */
  names: string[];
}

/** How many lines are parsed in one turn of the event loop: about a millisecond. */
const LINES_PER_TURN = 1_000;

/** Names and addresses of a hosts file. */
export class HostsTable {
  readonly #byName = new Map<string, HostsLine | HostsLine[]>();
  readonly #byAddress = new Map<string, HostsLine>();

  /** Parse a whole file. Lines without an address or a name are passed over. */
  static async parse(text: string): Promise<HostsTable> {
    const table = new HostsTable();
    let count = 0;
    for (let start = 0; start < text.length;) {
      let end = text.indexOf("\n", start);
      if (end < 0) end = text.length;
      table.#addLine(text.slice(start, end));
      start = end + 1;
      if (++count % LINES_PER_TURN === 0) await nextTurn();
    }
    return table;
  }

  #addLine(line: string): void {
    const comment = line.indexOf("#");
    const fields = (comment < 0 ? line : line.slice(0, comment)).trim().split(
      /\s+/,
    );
    if (fields.length < 2) return;
    const address = parseZoned(fields[0]!);
    if (address === undefined) return;
    const names = fields.slice(1).map(bareName);
    const entry = { ...address, names };
    for (const name of names) append(this.#byName, name.toLowerCase(), entry);
    if (!this.#byAddress.has(entry.address)) {
      this.#byAddress.set(entry.address, entry);
    }
  }

  /** The lines that have the name, which is given in lower case, in the order of the file. */
  byName(name: string): readonly HostsLine[] {
    return list(this.#byName.get(name));
  }

  /**
   * The line of an address in canonical form: the first one, as in the C library. A list of blocked
   * names has thousands for one address, none of which is what this host is called.
   */
  byAddress(address: string): HostsLine | undefined {
    return this.#byAddress.get(address);
  }
}

function bareName(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

function append(
  map: Map<string, HostsLine | HostsLine[]>,
  key: string,
  line: HostsLine,
): void {
  const present = map.get(key);
  if (present === undefined) map.set(key, line);
  else if (!Array.isArray(present)) {
    if (present !== line) map.set(key, [present, line]);
  } else if (present.at(-1) !== line) present.push(line);
}

function list(lines: HostsLine | HostsLine[] | undefined): HostsLine[] {
  if (lines === undefined) return [];
  return Array.isArray(lines) ? lines : [lines];
}

/** After other events had their turn: a timer, since a microtask would let nothing in between. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
