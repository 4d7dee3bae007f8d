"""A good client: witness.py KIND PORT SECONDS CA tells how long its requests took, in ms."""
import socket, ssl, sys, time

kind, port, seconds, ca = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
datagrams = kind in ("datagrams", "sessions")
message = b"\0\0\0\5hello" if kind == "frames" else b"hello\n"
context = ssl.create_default_context(cafile=ca)


def dial():
    if datagrams:
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(1)
        s.connect(("127.0.0.1", port))
        return s
    s = socket.create_connection(("127.0.0.1", port), 10)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(s, server_hostname="localhost") if kind == "tls" else s


def ask(s):
    s.sendall(message)
    got = b""
    while len(got) < len(message):
        piece = s.recv(100)
        if not piece:
            raise OSError("closed")
        got += piece


def told(times):
    times.sort()
    return "p50 %.2f p99 %.2f" % tuple(times[int(len(times) * q)] * 1000 for q in (0.5, 0.99)) if times else "none"


known = dial()
ask(known)
on_known, on_new, failed, end = [], [], 0, time.time() + seconds
while time.time() < end:
    try:
        since = time.perf_counter()
        ask(known)
        on_known.append(time.perf_counter() - since)
        since = time.perf_counter()
        with dial() as new:
            ask(new)
        on_new.append(time.perf_counter() - since)
    except OSError:
        failed += 1
    time.sleep(0.005)
print(f"open: {told(on_known)}, new: {told(on_new)}, failed: {failed} of {len(on_known) + failed}")
