/**
 * Agreement with CPython, over vectors/cpython.json (made by vectors/make_vectors.py, which says what
 * is left out). For a larger run: `make_vectors.py 20 > /tmp/big.json`, then ADDRESS_VECTORS=/tmp/big.json.
 */
import assert from "node:assert/strict";
import { test } from "../support/permissions.ts";
import {
  AF_INET,
  AF_INET6,
  collapse,
  compareAddresses,
  inet_aton,
  inet_pton,
  IPv4Address,
  IPv4Network,
  IPv6Address,
  IPv6Network,
  parseAddress,
  parseNetwork,
  summarize,
  tryParseAddress,
} from "../../mod.ts";
import type { IPAddress, IPNetwork } from "../../mod.ts";

/** The file as make_vectors.py writes it; bytes are hexadecimal, networks `bytes/length`. */
interface Vectors {
  addresses: [text: string, bytes: string | null, text?: string | null][];
  pton: [text: string, ipv4: string, ipv6: string][];
  aton: [text: string, bytes: string][];
  networks: [text: string, strict: string | null, loose: string | null][];
  relations: [
    string,
    string,
    boolean,
    boolean,
    boolean,
    number,
    string[] | null,
  ][];
  divisions: [string, string[], string, string[], boolean, string][];
  collapses: [string[], string[]][];
  summaries: [string, string, string[]][];
  flags: [string, string, string][];
}

const needs = { read: true, env: true, timeout: 120_000 };

let loaded: Vectors | undefined;
function vectors(): Vectors {
  const path = Deno.env.get("ADDRESS_VECTORS") ??
    new URL("vectors/cpython.json", import.meta.url);
  return loaded ??= JSON.parse(Deno.readTextFileSync(path));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}
function fromHex(text: string): IPAddress {
  const bytes = Uint8Array.from(
    text.match(/../g)!,
    (pair) => parseInt(pair, 16),
  );
  return bytes.length === 4
    ? IPv4Address.fromBytes(bytes)
    : IPv6Address.fromBytes(bytes);
}
function networkFrom(text: string): IPNetwork {
  const [bytes, length] = text.split("/");
  return fromHex(bytes!).toNetwork(Number(length));
}
function short(network: IPNetwork): string {
  return `${hex(network.address.toBytes())}/${network.prefixLength}`;
}
function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    assert.equal((error as Error).name, "AddressSyntaxError");
    return undefined;
  }
}

test(
  "parseAddress and tryParseAddress accept, give and print what CPython does",
  needs,
  () => {
    for (const [text, bytes, printed] of vectors().addresses) {
      const address = tryParseAddress(text);
      assert.equal(
        address && hex(address.toBytes()),
        bytes ?? undefined,
        JSON.stringify(text),
      );
      if (typeof printed === "string") assert.equal(String(address), printed);
      if (address === undefined) {
        assert.throws(() => parseAddress(text), {
          name: "AddressSyntaxError",
          input: text,
        });
      } else {
        assert.ok(parseAddress(address.toString()).equals(address));
        assert.ok(parseAddress(text).equals(address));
        const number = address.toBigInt();
        assert.equal(number, BigInt(`0x${bytes}`));
        const from = address.version === 4 ? IPv4Address : IPv6Address;
        assert.ok(from.fromBigInt(number).equals(address));
      }
    }
  },
);

test("inet_pton accepts and gives what CPython's does", needs, () => {
  for (const [text, ipv4, ipv6] of vectors().pton) {
    for (
      const [family, bytes] of [[AF_INET, ipv4], [AF_INET6, ipv6]] as const
    ) {
      const got = attempt(() => inet_pton(family, text));
      assert.equal(
        got === undefined ? "" : hex(got),
        bytes,
        JSON.stringify([family, text]),
      );
    }
  }
});

test("inet_aton accepts and gives what CPython's does", needs, () => {
  for (const [text, bytes] of vectors().aton) {
    const got = attempt(() => inet_aton(text));
    assert.equal(
      got === undefined ? "" : hex(got),
      bytes,
      JSON.stringify(text),
    );
  }
});

test(
  "parseNetwork accepts and gives what CPython does, strict and not",
  needs,
  () => {
    for (const [text, strict, loose] of vectors().networks) {
      const got = attempt(() => parseNetwork(text));
      assert.equal(got === undefined ? null : short(got), strict, text);
      const gotLoose = attempt(() => parseNetwork(text, { strict: false }));
      assert.equal(
        gotLoose === undefined ? null : short(gotLoose),
        loose,
        text,
      );
      if (got !== undefined) {
        assert.ok(
          parseNetwork(got.toString()).equals(got),
        );
      }
      const tried = IPv4Network.tryParse(text) ?? IPv6Network.tryParse(text);
      assert.equal(tried && short(tried), got && short(got), text);
    }
  },
);

test("networks relate, order and exclude as in CPython", needs, () => {
  for (const row of vectors().relations) {
    const [a, b] = [networkFrom(row[0]), networkFrom(row[1])];
    const label = `${a} ${b}`;
    assert.equal(a.overlaps(b), row[2], label);
    assert.equal(a.isSubnetOf(b), row[3], label);
    assert.equal(a.isSupernetOf(b), row[4], label);
    assert.equal(a.contains(b), row[4], label);
    assert.equal(a.compareTo(b), row[5], label);
    if (row[6] === null) assert.throws(() => a.exclude(b), RangeError, label);
    else assert.deepEqual(a.exclude(b).map(short), row[6], label);
  }
});

test("networks divide, widen and list their hosts as in CPython", needs, () => {
  for (
    const [text, subnets, supernet, hosts, isSmall, size] of vectors().divisions
  ) {
    const network = networkFrom(text);
    const longest = network.version === 4 ? 32 : 128;
    const by = Math.min(3, longest - network.prefixLength);
    if (by > 0) {
      assert.deepEqual([...network.subnets({ by })].map(short), subnets);
    }
    if (supernet !== "") {
      const up = Math.min(3, network.prefixLength);
      assert.equal(short(network.supernet({ by: up })), supernet);
    }
    const seen = isSmall
      ? [...network.hosts()]
      : [0, -1, 1, -2].map((i) => network.at(i));
    assert.deepEqual(seen.map((address) => hex(address.toBytes())), hosts);
    assert.equal(String(network.size), size);
  }
});

test("collapse and summarize give what CPython's do", needs, () => {
  for (const [given, expected] of vectors().collapses) {
    assert.deepEqual(collapse(given.map(networkFrom)).map(short), expected);
  }
  for (const [first, last, expected] of vectors().summaries) {
    assert.deepEqual(
      summarize(fromHex(first), fromHex(last)).map(short),
      expected,
    );
  }
});

test(
  "addresses have CPython's order, reverse pointers and flags",
  needs,
  () => {
    let previous: IPAddress | undefined;
    for (const [bytes, flags, pointer] of vectors().flags) {
      const address = fromHex(bytes);
      const mine = [
        address.isUnspecified,
        address.isLoopback,
        address.isLinkLocal,
        address.isMulticast,
        address.isReserved,
        address.version === 6 && address.isSiteLocal,
      ];
      assert.equal(
        mine.map((flag) => flag ? "y" : "n").join(""),
        flags,
        String(address),
      );
      assert.equal(address.reversePointer, pointer);
      const from = address.version === 4 ? IPv4Address : IPv6Address;
      assert.ok(
        from.fromReversePointer(pointer.toUpperCase() + ".").equals(address),
      );
      if (previous !== undefined) {
        assert.equal(
          compareAddresses(previous, address),
          -1,
          `${previous} ${address}`,
        );
      }
      previous = address;
    }
  },
);
