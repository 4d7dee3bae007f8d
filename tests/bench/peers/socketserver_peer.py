"""Python's socketserver as a server, for the bench: a thread for each connection.

    python3 tests/bench/peers/socketserver_peer.py SERVICE

Prints the port that it listens on.
"""
import socket
import socketserver
import sys


class Echo(socketserver.BaseRequestHandler):
    def setup(self):
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def handle(self):
        while data := self.request.recv(65536):
            self.request.sendall(data)


class Lines(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.decode().encode())


class Datagrams(socketserver.DatagramRequestHandler):
    def handle(self):
        self.wfile.write(self.packet)


class Tcp(socketserver.ThreadingTCPServer):
    request_queue_size = 4096
    daemon_threads = True


class Udp(socketserver.UDPServer):
    max_packet_size = 65536


SERVICES = {"echo": (Tcp, Echo), "lines": (Tcp, Lines), "udp": (Udp, Datagrams)}
kind, handler = SERVICES[sys.argv[1]]
with kind(("127.0.0.1", 0), handler) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
