/**
 * The shape of one row of the IANA special-purpose registries, and the short way of writing one.
 * Used by the two data files only.
 *
 * @module
 */

/** One row of an IANA special-purpose address registry; `null` is a blank or "N/A" there. */
export interface SpecialPurposeEntry {
  /** The block, such as `"10.0.0.0/8"`. */
  readonly network: string;
  /** What the registry calls it. */
  readonly name: string;
  /** The numbers of the RFCs that define it. */
  readonly rfc: readonly string[];
  /** When it was allocated and, for a deprecated block, when that ended. */
  readonly date: string;
  /** Whether it may be the source of a packet. */
  readonly source: boolean | null;
  /** Whether it may be the destination of a packet. */
  readonly destination: boolean | null;
  /** Whether a router may forward it. */
  readonly forwardable: boolean | null;
  /** Whether it may be forwarded beyond an administrative domain: the bare fact of the registry. */
  readonly globallyReachable: boolean | null;
  /** Whether implementations of IP must treat it specially. */
  readonly reservedByProtocol: boolean | null;
}

/**
 * One row. `flags` are its five columns in the order of the registry (source, destination,
 * forwardable, globally reachable, reserved by protocol): `y`, `n`, or `-` for a blank.
 */
export function entry(
  network: string,
  flags: string,
  date: string,
  { name, rfc }: { name: string; rfc: string[] },
): SpecialPurposeEntry {
  return Object.freeze({
    network,
    name,
    rfc: Object.freeze(rfc),
    date,
    source: flagOf(flags[0]),
    destination: flagOf(flags[1]),
    forwardable: flagOf(flags[2]),
    globallyReachable: flagOf(flags[3]),
    reservedByProtocol: flagOf(flags[4]),
  });
}

function flagOf(letter: string | undefined): boolean | null {
  return letter === "-" ? null : letter === "y";
}
