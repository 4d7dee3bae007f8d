"""Starts a program with a listening socket as descriptor 3, as systemd would.

Usage: inherit.py tcp|PATH  program arguments...
Prints the port (or the path), then what the program prints.
"""
import os
import socket
import sys

place, *command = sys.argv[1:]
if place == "tcp":
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
else:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(place)
    listener.listen(128)
    print(place, flush=True)

if listener.fileno() != 3:
    os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ["LISTEN_PID"] = str(os.getpid())
os.environ["LISTEN_FDS"] = "1"
os.environ["LISTEN_FDNAMES"] = "echo"
os.execvp(command[0], command)
