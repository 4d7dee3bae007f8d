"""An attacker: attack.py KIND PORT SECONDS [COUNT]. It comes from 127.0.0.2, or from all over 127.0.0.0/8."""
import random, select, socket, sys, time

kind, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
count = int(sys.argv[4]) if len(sys.argv) > 4 else 0
end = time.time() + seconds


def dial():
    s = socket.socket()
    s.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT: the port is chosen by connect()
    s.bind(("127.0.0.2", 0))
    s.connect(("127.0.0.1", port))
    return s


def dribble(piece):
    """COUNT connections that send a byte every few seconds, or nothing."""
    clients = [dial() for _ in range(count)]
    while time.time() < end:
        for client in clients:
            try:
                client.send(piece)
            except OSError:
                pass
            time.sleep(0.002)
    return count


def connects(greeting):
    """As many connects as it can, at most COUNT; twenty stay open."""
    done, held = 0, []
    while time.time() < end and (count == 0 or done < count):
        try:
            s = dial()
            s.sendall(greeting)
            done += 1
            held.append(s)
            if len(held) > 20:
                held.pop(0).close()
        except OSError:
            time.sleep(0.001)
    return done


def oversized(data):
    """Eight at a time that send more than is allowed, until they are closed."""
    done = 0
    while time.time() < end:
        clients = {}
        for _ in range(8):
            client = dial()
            client.setblocking(False)
            clients[client] = 0
        while clients and time.time() < end:
            writers = [c for c in clients if clients[c] < len(data)]
            readable, writable, _ = select.select(list(clients), writers, [], 0.1)
            for client in list(clients):
                try:
                    if client in writable:
                        clients[client] += client.send(data[clients[client]:])
                    if client not in readable or client.recv(4096):
                        continue
                except OSError:
                    pass
                client.close()
                del clients[client]
                done += 1
    return done


def never_read(line):
    """COUNT clients that ask until nothing more fits, and read nothing."""
    clients = {dial(): 0 for _ in range(count)}
    for client in clients:
        client.setblocking(False)
    total = 0
    while time.time() < end and clients:
        for client in select.select([], list(clients), [], 0.1)[1]:
            try:
                sent = client.send(line[clients[client]:])
            except OSError:
                del clients[client]
                continue
            clients[client] = (clients[client] + sent) % len(line)
            total += sent
    return total


def forge():
    """Datagrams, each from another address, COUNT a second or as many as it can."""
    done, began = 0, time.time()
    while time.time() < end:
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("127.%d.%d.%d" % tuple(random.randint(1, 254) for _ in range(3)), 0))
        s.sendto(b"forged", ("127.0.0.1", port))
        s.close()
        done += 1
        if count and done > count * (time.time() - began):
            time.sleep(0.001)
    return done


ATTACKS = {
    "slowloris": lambda: dribble(b"x"),
    "silent": lambda: dribble(b""),
    "plain": lambda: connects(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    "connects": lambda: connects(b""),
    "lines": lambda: oversized(b"x" * 70_000),
    "frames": lambda: oversized(b"\0\1\0\1" + b"x" * 65_537),
    "never-read": lambda: never_read(b"x" * 60_000 + b"\n"),
    "forged": forge,
}
print(f"{kind}: {ATTACKS[kind]()}")
