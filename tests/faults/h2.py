# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 as a hostile client speaks it, by hand: frames, and headers without compression."""
import socket
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 8, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1
REPORT = "/reasonwatch.v1.Tap/Report"
# Fields 4 (model) and 13 (content) of tap.proto.
RESPONSE = b"\x22\x05fault\x6a\x024."


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(
        ">I", stream) + payload


def literal(name, value):
    """A header that is not to be indexed; both parts under 127 bytes."""
    return b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


def call_headers(path, token=""):
    headers = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "x",
               "te": "trailers", "content-type": "application/grpc"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    return b"".join(literal(name, value) for name, value in headers.items())


def message(payload):
    return b"\0" + struct.pack(">I", len(payload)) + payload


class Connection:
    """Blocking; keeps the windows of the server, so that large messages can be sent."""

    def __init__(self, port, timeout=10):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(PREFACE + frame(SETTINGS, 0, 0))
        self.received = b""
        self.window = {0: 65535}
        self.initial = 65535
        self.ended = {}   # stream -> its answer had data
        self.next = 1

    def open(self, path, token="", more=b""):
        stream = self.next
        self.next += 2
        self.window[stream] = self.initial
        self.socket.sendall(frame(HEADERS, END_HEADERS, stream, call_headers(path, token)) + more)
        return stream

    def read(self, timeout):
        """Reads and answers frames; False if the connection is over."""
        self.socket.settimeout(timeout)
        try:
            got = self.socket.recv(1 << 16)
        except (TimeoutError, BlockingIOError):
            return True
        except OSError:
            return False
        finally:
            self.socket.settimeout(10)
        if not got:
            return False
        self.received += got
        while len(self.received) >= 9:
            size = int.from_bytes(self.received[:3], "big")
            if len(self.received) < 9 + size:
                break
            kind, flags = self.received[3], self.received[4]
            stream = int.from_bytes(self.received[5:9], "big") & 0x7FFFFFFF
            payload = self.received[9:9 + size]
            self.received = self.received[9 + size:]
            self._on_frame(kind, flags, stream, payload)
        return True

    def _on_frame(self, kind, flags, stream, payload):
        if kind == WINDOW_UPDATE and stream in self.window:
            self.window[stream] += int.from_bytes(payload, "big") & 0x7FFFFFFF
        elif kind == SETTINGS and not flags & ACK:
            for i in range(0, len(payload), 6):
                key, value = struct.unpack(">HI", payload[i:i + 6])
                if key == 4:
                    for open_stream in self.window:
                        if open_stream:
                            self.window[open_stream] += value - self.initial
                    self.initial = value
            self.socket.sendall(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            self.socket.sendall(frame(PING, ACK, 0, payload))
        elif kind == DATA:
            self.ended[stream] = True
        elif kind == RESET or (kind == HEADERS and flags & END_STREAM):
            self.ended.setdefault(stream, False)
            self.window.pop(stream, None)

    def send(self, stream, size):
        """Sends as many zero bytes of `size` as the windows allow; returns how many."""
        room = min(self.window[0], self.window.get(stream, 0), 16384, size)
        if room <= 0:
            return 0
        self.socket.sendall(frame(DATA, 0, stream, bytes(room)))
        self.window[0] -= room
        self.window[stream] -= room
        return room


def report(connection, token, seconds=10):
    """One good Report; True if it was accepted."""
    stream = connection.open(REPORT, token,
                             frame(DATA, END_STREAM, connection.next, message(RESPONSE)))
    while stream not in connection.ended:
        if not connection.read(seconds):
            return False
    return connection.ended[stream]
