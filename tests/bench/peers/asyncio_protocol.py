"""Python's asyncio with callbacks as a server, for the bench; on uvloop where that is installed.

    python3 tests/bench/peers/asyncio_protocol.py SERVICE

Prints the port that it listens on.
"""
import asyncio
import sys

try:
    import uvloop as loops
except ImportError:
    loops = asyncio


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class Lines(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.rest = b""

    def data_received(self, data):
        *whole, self.rest = (self.rest + data).split(b"\n")
        if whole:
            self.transport.write(b"".join(line.decode().encode() + b"\n" for line in whole))


class Datagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.transport.sendto(data, addr)


async def main():
    loop = asyncio.get_running_loop()
    service = sys.argv[1]
    if service == "udp":
        transport, _ = await loop.create_datagram_endpoint(Datagrams, ("127.0.0.1", 0))
        print(transport.get_extra_info("sockname")[1], flush=True)
        await asyncio.Event().wait()
    protocol = {"echo": Echo, "lines": Lines}[service]
    server = await loop.create_server(protocol, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


loops.run(main()) if hasattr(loops, "run") else asyncio.run(main())
