"""Python's asyncio streams as a server, for the bench.

    python3 tests/bench/peers/asyncio_streams.py SERVICE

Prints the port that it listens on.
"""
import asyncio
import sys


async def echo(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def lines(reader, writer):
    while line := await reader.readline():
        writer.write(line.decode().encode())
        await writer.drain()
    writer.close()


async def main():
    handler = {"echo": echo, "lines": lines}[sys.argv[1]]
    server = await asyncio.start_server(handler, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
