# SPDX-License-Identifier: Apache-2.0
"""One HTTP exchange as it passes: references to its chunks, and nothing more.

The host's thread only appends to lists; the row is made of them on the sender's thread.
"""
from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from . import _row

if TYPE_CHECKING:
    from ._sender import Sender

# The in-flight bytes of all exchanges are added up in steps of this size.
STEP = 64 * 1024
JOINED = 256 * 1024  # copied in some microseconds


class Exchange:
    """Use: request_chunk and response_chunk as they pass, start() with the response's status,
    finish() once. All are cheap; an exchange belongs to one thread or task at a time."""

    __slots__ = ("_sender", "_source", "_path", "_request", "_response", "_request_size",
                 "_response_size", "_counted", "_began", "_ended", "_status", "_headers",
                 "_response_headers", "_encoding", "_request_encoding", "_over", "_request_over",
                 "_end", "size")

    def __init__(self, sender: Sender, source: str, path: str,
                 headers: Iterable[tuple[str, str]]) -> None:
        self._sender = sender
        self._source = source
        self._path = path
        self._request: list[bytes] = []
        self._response: list[bytes] = []
        self._request_size = 0
        self._response_size = 0
        self._counted = 0
        self._began = time.time()
        self._ended = 0.0
        self._status = 0
        headers = list(headers)
        self._headers = _row.few_headers(headers, _row.REQUEST_HEADERS)
        self._request_encoding = _find(headers, "content-encoding")
        self._response_headers: dict[str, str] = {}
        self._encoding = ""
        self._over = False
        self._request_over = False
        self._end = ""
        self.size = 0

    def request_chunk(self, data: bytes | bytearray | memoryview) -> None:
        if not data or self._request_over:
            return
        self._request_size += len(data)
        if self._request_size > self._sender.settings.body_bytes:
            self._request_over = True
            self._request.clear()
            return
        self._request.append(data if isinstance(data, bytes) else bytes(data))
        self._count()

    def start(self, status: int, headers: Iterable[tuple[str, str]]) -> None:
        headers = list(headers)
        self._status = status
        self._response_headers = _row.few_headers(headers, _row.RESPONSE_HEADERS)
        self._encoding = _find(headers, "content-encoding")

    def response_chunk(self, data: bytes | bytearray | memoryview) -> None:
        if not data or self._over:
            return
        self._response_size += len(data)
        if self._response_size > self._sender.settings.body_bytes:
            self._over = True
            self._response.clear()
            return
        self._response.append(data if isinstance(data, bytes) else bytes(data))
        self._count()

    def tail(self) -> bytes:
        """The last bytes of the response: the end of a stream is in them."""
        return b"".join(self._response[-4:])[-256:]

    def finish(self, end: str) -> None:
        """Hands the exchange to the sender; further calls do nothing."""
        if self._end:
            return
        self._end = end
        self._ended = time.time()
        self.size = self._request_size + self._response_size + 1024
        self._sender.leave(self._counted)
        if self._response_size <= JOINED:
            # One object a body: pieces of a few bytes would weigh several times as much.
            self._response = [b"".join(self._response)]
        if self._status and not _row.is_reported(self._status):
            self._sender.count("not_reported")
        elif not self._status:
            self._sender.drop("no_response")
        elif self._over:
            self._sender.drop("too_large")
        else:
            self._sender.put(self)

    def abandon(self, reason: str) -> None:
        """Ends the exchange without a row."""
        if not self._end:
            self._end = reason
            self._sender.leave(self._counted)
            self._sender.drop(reason)

    def _count(self) -> None:
        size = self._request_size + self._response_size
        if size - self._counted >= STEP:
            self._sender.grow(size - self._counted)
            self._counted = size

    def line(self) -> bytes:
        """The row. Raises Unreadable if none can be made of this exchange."""
        limit = self._sender.settings.body_bytes
        response = _row.decode(b"".join(self._response), self._encoding, limit)
        ok = 200 <= self._status < 300
        request: Iterable[bytes] | None = None
        is_cut = self._request_over
        if not is_cut:
            try:
                plain = _row.decode(b"".join(self._request), self._request_encoding, limit)
                request = _row.request_json(plain, trusted=ok)
            except _row.Unreadable:
                is_cut = True
        content_type = self._response_headers.get("content-type", "")
        if not _row.is_text(content_type):
            raise _row.Unreadable("content_type")
        is_stream = _row.is_event_stream(response, content_type)
        end = self._end
        if response.strip() == b"null":
            # vLLM answers so if the client has left before the answer was there.
            response = b""
            end = _row.CLIENT_ABORT
        head: dict[str, Any] = {
            "source": self._source, "path": self._path, "status": self._status,
            "time": _row.timestamp(self._began), "end_time": _row.timestamp(self._ended),
            "request_headers": self._headers, "response_headers": self._response_headers,
            "transport_end": end, "streamed": is_stream, **_row.labels(self._sender.settings)}
        if is_cut:
            head["request_cut"] = True
        is_json = (not is_stream and end == _row.COMPLETE
                   and _row.is_json(response, content_type, trusted=ok))
        return _row.join(head, request, _answer(response, is_json))


def _answer(response: bytes, is_json: bool) -> Iterator[bytes]:
    if not response.strip():
        yield b"null"
    elif is_json:
        yield from _row.one_line(response)
    else:
        yield from _row.json_string(response)


def _find(headers: Iterable[tuple[str, str]], wanted: str) -> str:
    return ",".join(value for name, value in headers if name.lower() == wanted)
