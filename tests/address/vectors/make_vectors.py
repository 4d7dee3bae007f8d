#!/usr/bin/env python3
"""Writes cpython.json: what CPython's socket and ipaddress say about boundary-biased inputs.

Usage: python3 make_vectors.py [scale] > cpython.json      (scale 1 is what is committed)

Left out on purpose, because DESIGN.md deviates there and deviations_test.ts says why: text of
IPv4-mapped addresses (CPython before 3.13 writes ::ffff:102:304), prefix lengths with leading
zeros, subnets and supernets past the ends, white space behind inet_aton's text.
"""
import ipaddress
import json
import random
import re
import socket
import sys

scale = int(sys.argv[1]) if len(sys.argv) > 1 else 1
rng = random.Random(20251122)

IPV4 = """0.0.0.0/8 0.0.0.0/32 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 127.0.0.0/8
169.254.0.0/16 192.0.0.0/24 192.0.0.0/29 192.0.0.8/32 192.0.0.9/32 192.0.0.10/32 192.0.0.170/32
192.0.0.171/32 192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 192.31.196.0/24 192.52.193.0/24
192.88.99.0/24 192.88.99.2/32 192.175.48.0/24 198.18.0.0/15 240.0.0.0/4 255.255.255.255/32
224.0.0.0/4""".split()
IPV6 = """::1/128 ::/128 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23
2001::/32 2001:1::1/128 2001:1::2/128 2001:1::3/128 2001:2::/48 2001:3::/32 2001:4:112::/48
2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20
5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8 2000::/3 ::/96""".split()


def edges(blocks, bits):
    out = set()
    for text in blocks:
        network = ipaddress.ip_network(text)
        first, last = int(network[0]), int(network[-1])
        out.update(n for n in (first - 1, first, first + 1, last - 1, last, last + 1) if 0 <= n < 1 << bits)
    return sorted(out)


def word(bits):
    """A number that is zeros and ones in runs, as addresses are."""
    n = 0
    for _ in range(bits // 16):
        n = n << 16 | rng.choice([0, 0, 0, 0xFFFF, 1, rng.getrandbits(16), rng.getrandbits(4)])
    return n


edge4, edge6 = edges(IPV4, 32), edges(IPV6, 128)
for n in edge4:  # every embedded form of every IPv4 boundary
    edge6 += [0xFFFF << 32 | n, n, 0xFFFF << 48 | n, 0x64FF9B << 96 | n, 0x2002 << 112 | n << 80 | 1,
              0x20010000 << 96 | n << 64 | n ^ 0xFFFFFFFF, 0xFE80 << 112 | 0x5EFE << 32 | n, 0x2A00 << 112 | 0x2005EFE << 32 | n]
edge6 = sorted(set(edge6))
numbers4 = edge4 + [rng.getrandbits(32) for _ in range(100 * scale)]
numbers6 = edge6 + [word(128) for _ in range(200 * scale)]


def attempt(f, *args, **kwargs):
    try:
        return f(*args, **kwargs)
    except (ValueError, OSError):
        return None


def spellings6(n):
    """Several texts for one address."""
    a = ipaddress.IPv6Address(n)
    groups = [f"{n >> shift & 0xFFFF:04x}" for shift in range(112, -1, -16)]  # exploded ends dotted from 3.13 on
    yield str(a)
    yield a.exploded.upper()
    short = [g.lstrip("0") or "0" for g in groups]
    yield ":".join(short)
    yield ":".join(short[:6]) + ":" + str(ipaddress.IPv4Address(n & 0xFFFFFFFF))
    at = rng.randrange(8)
    end = at
    while end < 8 and short[end] == "0":
        end += 1
    if end > at:
        yield ":".join(short[:at]) + "::" + ":".join(short[end:])


def mutate(text):
    """One fault, or none."""
    at = rng.randrange(len(text) + 1)
    what = rng.randrange(4)
    char = rng.choice("0123456789abcdefgxX:.%/ -+_\n\0１٣")
    if what == 0:
        return text[:at] + char + text[at:]
    if what == 1:
        return text[:at] + text[at + 1:]
    if what == 2:
        return text[:at] + char + text[at + 1:]
    return text[:at] + text[at - 1:at] + text[at:]


texts = []
for n in numbers4:
    text = str(ipaddress.IPv4Address(n))
    texts += [text] + [mutate(text) for _ in range(3)]
for n in numbers6:
    for text in spellings6(n):
        texts += [text] + [mutate(text) for _ in range(1)]
texts += [" ", "", ".", "::", ":", ":::", "1", "1::1::1", "1.2.3.4.", ".1.2.3.4", "::1.2.3.4.5", "::1.2.3", "::.1.2.3", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:6::1.2.3.4", "::1:2:3:4:5:1.2.3.4", "::1:2:3:4:5:6:1.2.3.4"]
texts = sorted(set(t for t in texts if "%" not in t and "/" not in t))

mapped = range(0xFFFF << 32, 0x10000 << 32)
addresses = []
for text in texts:
    a = attempt(ipaddress.ip_address, text)
    if a is None:
        addresses.append([text, None])
    else:
        out = None if a.version == 6 and int(a) in mapped else str(a)
        addresses.append([text, a.packed.hex(), out])

pton = [[t, (attempt(socket.inet_pton, socket.AF_INET, t) or b"").hex(), (attempt(socket.inet_pton, socket.AF_INET6, t) or b"").hex()]
        for t in texts if t.isascii() and "\0" not in t][:: max(1, 4 // scale)]

loose = set()
for n in numbers4:
    parts = [n >> 24, n >> 16 & 255, n >> 8 & 255, n & 255]
    for k, tail in ((1, n), (2, n & 0xFFFFFF), (3, n & 0xFFFF), (4, n & 255)):
        values = parts[:k - 1] + [tail + rng.choice([0, 0, 0, 1])]
        loose.add(".".join(rng.choice(["%d", "0%o", "0x%x", "0X%X"]) % v for v in values))
        loose.add(mutate(".".join(rng.choice(["%d", "0%o", "0x%x"]) % v for v in values)))
aton = [[t, (attempt(socket.inet_aton, t) or b"").hex()] for t in sorted(loose)
        if t.isascii() and not re.search(r"[\s\0]", t)]

networks = []
bases = []
for bits, numbers in ((32, numbers4), (128, numbers6)):
    for n in numbers:
        length = rng.choice([0, 1, 8, bits // 2, bits - 8, bits - 2, bits - 1, bits, rng.randrange(bits + 1)])
        address = (ipaddress.IPv4Address if bits == 32 else ipaddress.IPv6Address)(n)
        net = ipaddress.ip_network((n, length), strict=False)
        bases.append(net)
        forms = [f"{address}/{length}", f"{net}", f"{address}", mutate(f"{net}")]
        if bits == 32:
            forms += [f"{net[0]}/{net.netmask}", f"{net[0]}/{net.hostmask}", f"{net[0]}/{ipaddress.IPv4Address(rng.getrandbits(32))}"]
        for text in forms:
            tail = text.partition("/")[2]
            if "%" in text or re.match(r"0\d", tail) or ":" in tail:
                continue
            strict, loose_net = attempt(ipaddress.ip_network, text), attempt(ipaddress.ip_network, text, strict=False)
            spell = lambda x: None if x is None else f"{x.network_address.packed.hex()}/{x.prefixlen}"
            networks.append([text, spell(strict), spell(loose_net)])


def short(network):
    return f"{network.network_address.packed.hex()}/{network.prefixlen}"


relations, divisions = [], []
for _ in range(400 * scale):
    a = rng.choice(bases)
    b = rng.choice(bases)
    if rng.random() < 0.7 and a.prefixlen < a.max_prefixlen:  # one inside the other
        n = int(a[0]) + rng.randrange(a.num_addresses)
        b = ipaddress.ip_network((n, rng.randrange(a.prefixlen, a.max_prefixlen + 1)), strict=False)
    if a.version != b.version:
        continue
    excluded = attempt(lambda: sorted(a.address_exclude(b)))
    relations.append([short(a), short(b), a.overlaps(b), a.subnet_of(b), a.supernet_of(b), (a > b) - (a < b),
                      None if excluded is None else [short(x) for x in excluded]])
for a in bases[:: max(1, 3 // scale)]:
    room = min(3, a.max_prefixlen - a.prefixlen)
    small = a.num_addresses <= 16
    divisions.append([short(a), [short(x) for x in a.subnets(room)] if room else [],
                      short(a.supernet(min(3, a.prefixlen))) if a.prefixlen else "",
                      [x.packed.hex() for x in a.hosts()] if small else [a.packed.hex() for a in (a[0], a[-1], a[1], a[-2])],
                      small, str(a.num_addresses)])

collapses, summaries = [], []
for _ in range(40 * scale):
    bits = rng.choice([32, 128])
    base = rng.choice(numbers4 if bits == 32 else numbers6)
    nets = []
    for _ in range(rng.randrange(1, 30)):
        n = (base + rng.randrange(64)) % (1 << bits)
        nets.append(ipaddress.ip_network((n, rng.randrange(bits - 7, bits + 1)), strict=False))
    collapses.append([[short(n) for n in nets], [short(n) for n in ipaddress.collapse_addresses(nets)]])
    kind = ipaddress.IPv4Address if bits == 32 else ipaddress.IPv6Address
    x, y = sorted([rng.choice(numbers4 if bits == 32 else numbers6) for _ in range(2)])
    if rng.random() < 0.5:
        y = min(x + rng.randrange(300), (1 << bits) - 1)
    summaries.append([kind(x).packed.hex(), kind(y).packed.hex(),
                      [short(n) for n in ipaddress.summarize_address_range(kind(x), kind(y))]])

flags = []
for kind, numbers in ((ipaddress.IPv4Address, edge4), (ipaddress.IPv6Address, [n for n in edge6 if n not in mapped])):
    for n in numbers:
        a = kind(n)
        flags.append([a.packed.hex(), "".join("ny"[bool(x)] for x in (
            a.is_unspecified, a.is_loopback, a.is_link_local, a.is_multicast, a.is_reserved,
            a.version == 6 and a.is_site_local)), a.reverse_pointer])

def part(rows):
    """A sixth of the rows at scale 1: the committed file is for reading too."""
    return rows[::6] if scale == 1 else rows


json.dump({
    "source": f"CPython {sys.version.split()[0]} socket and ipaddress on Linux, by make_vectors.py {scale}",
    "addresses": part(addresses), "pton": part(pton), "aton": part(aton), "networks": part(networks), "relations": part(relations),
    "divisions": part(divisions), "collapses": collapses, "summaries": summaries, "flags": flags,
}, sys.stdout, separators=(",", ":"), ensure_ascii=True)
