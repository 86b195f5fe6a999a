# SPDX-License-Identifier: Apache-2.0
"""Wraps a client of the openai package, sync or async.

    client = reasonwatch.openai.watch(openai.OpenAI())

The client's HTTP transport is wrapped, so every call is seen as it was on the wire, streamed
or not, whatever method made it. The same client comes back.
"""
from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any, TypeVar

from . import _row
from ._exchange import Exchange
from ._sender import Sender, log, shared

Client = TypeVar("Client")

# Names that httpx gives to errors of a server that ended the connection. A timeout of a
# read is none: there the client gave up.
_UPSTREAM = frozenset(("RemoteProtocolError", "ReadError", "ProtocolError", "DecodingError"))
# The end of a stream; a client may stop reading behind it.
_ENDS = (b"[DONE]", b'"message_stop"', b'"response.completed"', b'"response.incomplete"',
         b'"response.failed"')


def watch(client: Client, sender: Sender | None = None) -> Client:
    """Returns `client`, watched. A client that can't be watched works as before, and the log
    says so."""
    try:
        _watch(client, sender or shared())
    except Exception as error:
        log.warning("reasonwatch: this client is not watched (%s: %s)", type(error).__name__,
                    error)
    return client


def _watch(client: Any, sender: Sender) -> None:
    http: Any = getattr(client, "_client", None)
    base = next((kind for kind in type(http).__mro__
                 if kind.__name__ in ("Client", "AsyncClient")
                 and kind.__module__.split(".")[0] in ("httpx", "httpx2")), None)
    if base is None:
        raise TypeError("it has no HTTP client of httpx")
    module = sys.modules[base.__module__.split(".")[0]]
    transport: type[_Sync] | type[_Async] = _Sync if base.__name__ == "Client" else _Async
    wrapped = {}
    for key, inner in list(http._mounts.items()):
        wrapped[key] = inner if inner is None or isinstance(inner, transport) else transport(
            inner, sender, module)
    if not isinstance(http._transport, transport):
        http._transport = transport(http._transport, sender, module)
    http._mounts = wrapped


class _Transport:
    """Everything but the calls that are watched goes to the inner transport."""

    KIND: type[_Stream]
    BASE: str

    def __init__(self, inner: Any, sender: Sender, module: Any) -> None:
        self._inner = inner
        self._sender = sender
        # The bases are known only here: httpx, or the module that follows it.
        self._stream = type("TappedStream", (self.KIND, getattr(module, self.BASE)), {})

    def __getattr__(self, name: str) -> Any:
        if name == "_inner":  # a copy that is not made yet
            raise AttributeError(name)
        return getattr(self._inner, name)

    def _begin(self, request: Any) -> Exchange | None:
        """Never raises."""
        try:
            if not _row.is_watched(request.method, request.url.path) or not self._sender.admit():
                return None
        except Exception:
            self._failed()
            return None
        try:
            exchange = Exchange(self._sender, "openai", request.url.path, request.headers.items())
        except Exception:
            self._leave()
            return None
        try:
            exchange.request_chunk(request.content)
        except Exception:  # a body that is streamed is not in memory
            self._failed()
        return exchange

    def _started(self, exchange: Exchange | None, response: Any) -> Any:
        """Returns the response with a watched body. Never raises."""
        if exchange is not None:
            try:
                exchange.start(response.status_code, response.headers.items())
                response.stream = self._stream(response.stream, exchange, self)
            except Exception:
                self._failed()
                self._end(exchange, _row.UPSTREAM_RESET)
        return response

    def _end(self, exchange: Exchange | None, end: str) -> None:
        if exchange is not None:
            try:
                exchange.finish(end)
            except Exception:
                self._failed()

    def _leave(self) -> None:
        try:
            self._sender.leave(0)
        except Exception:
            pass
        self._failed()

    def _failed(self) -> None:
        try:
            self._sender.count("errors_tap")
        except Exception:
            pass


class _Stream:
    """A body that is copied as it passes."""

    def __init__(self, inner: Any, exchange: Exchange, owner: _Transport) -> None:
        self._inner = inner
        self._exchange = exchange
        self._owner = owner
        self._end = _row.CLIENT_ABORT  # unless it is read to its end

    def _passed(self, chunk: bytes) -> None:
        try:
            self._exchange.response_chunk(chunk)
        except Exception:
            self._owner._failed()

    def _broke(self, error: BaseException) -> None:
        try:
            if any(kind.__name__ in _UPSTREAM for kind in type(error).__mro__):
                self._end = _row.UPSTREAM_RESET
        except Exception:
            self._owner._failed()

    def _closed(self) -> None:
        try:
            if self._end == _row.CLIENT_ABORT and any(
                    end in self._exchange.tail() for end in _ENDS):
                self._end = _row.COMPLETE
        except Exception:
            self._owner._failed()
        self._owner._end(self._exchange, self._end)


class _SyncStream(_Stream):
    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self._inner:
                self._passed(chunk)
                yield chunk
        except BaseException as error:
            self._broke(error)
            raise
        self._end = _row.COMPLETE

    def close(self) -> None:
        try:
            self._inner.close()
        finally:
            self._closed()


class _AsyncStream(_Stream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._inner:
                self._passed(chunk)
                yield chunk
        except BaseException as error:
            self._broke(error)
            raise
        self._end = _row.COMPLETE

    async def aclose(self) -> None:
        try:
            await self._inner.aclose()
        finally:
            self._closed()


class _Sync(_Transport):
    KIND, BASE = _SyncStream, "SyncByteStream"

    def handle_request(self, request: Any) -> Any:
        exchange = self._begin(request)
        try:
            response = self._inner.handle_request(request)
        except BaseException:
            self._end(exchange, _row.UPSTREAM_RESET)
            raise
        return self._started(exchange, response)

    def __enter__(self) -> Any:
        self._inner.__enter__()
        return self

    def __exit__(self, *error: Any) -> Any:
        return self._inner.__exit__(*error)


class _Async(_Transport):
    KIND, BASE = _AsyncStream, "AsyncByteStream"

    async def handle_async_request(self, request: Any) -> Any:
        exchange = self._begin(request)
        try:
            response = await self._inner.handle_async_request(request)
        except BaseException:
            self._end(exchange, _row.UPSTREAM_RESET)
            raise
        return self._started(exchange, response)

    async def __aenter__(self) -> Any:
        await self._inner.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> Any:
        return await self._inner.__aexit__(*error)
