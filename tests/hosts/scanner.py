"""Connects to ports of hosts over and over, as port scanners and broken clients do: scanner.py HOW PORTS ADDRESS..."""

import collections
import os
import socket
import sys

HELLO_BEGINS = b"TRNG\x04\x00"
MOST_HELD = 200


def main():
    how, (first, last), addresses = sys.argv[1], map(int, sys.argv[2].split("-")), sys.argv[3:]
    held = collections.deque()
    while True:
        for address in addresses:
            for port in range(first, last + 1):
                client = socket.socket()
                client.settimeout(1)
                try:
                    client.connect((address, port))
                    if how == "garbage":
                        client.send(os.urandom(300))
                    elif how == "half a greeting":
                        client.send(HELLO_BEGINS)
                except OSError:
                    client.close()
                    continue
                print(address, flush=True)
                if how == "hang up":
                    client.close()
                else:
                    held.append(client)
                if len(held) > MOST_HELD:
                    held.popleft().close()


if __name__ == "__main__":
    main()
