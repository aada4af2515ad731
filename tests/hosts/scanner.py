"""Connects to ports of hosts over and over, as port scanners and broken clients do: scanner.py HOW PORTS ADDRESS..."""

import collections
import os
import resource
import socket
import sys

HELLO_BEGINS = b"TRNG\x06\x00"
AT_ONCE = 100  # where somebody listens
MOST_HELD = 10_000


def client_of(target, how):
    """A connection, or None. Does not wait for an answer: inside a machine it is there at once."""
    client = socket.socket()
    client.setblocking(False)
    client.connect_ex(target)
    try:
        if how == "garbage":
            client.send(os.urandom(300))
        elif how == "half a greeting":
            client.send(HELLO_BEGINS)
        client.getpeername()
    except OSError:
        client.close()
        return None
    return client


def main():
    how, (first, last), addresses = sys.argv[1], map(int, sys.argv[2].split("-")), sys.argv[3:]
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    most_held = min(MOST_HELD, files - 100)
    held = collections.deque()
    while True:
        for target in [(address, port) for address in addresses for port in range(first, last + 1)]:
            for _ in range(AT_ONCE):
                client = client_of(target, how)
                if not client:
                    break
                if how == "hang up":
                    client.close()
                else:
                    held.append(client)
                if len(held) > most_held:
                    held.popleft().close()
                print(target[0], flush=True)


if __name__ == "__main__":
    main()
