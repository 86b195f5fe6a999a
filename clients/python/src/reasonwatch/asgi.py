# SPDX-License-Identifier: Apache-2.0
"""ASGI middleware: copies the exchanges of a model server as they pass.

    vllm serve MODEL --middleware reasonwatch.asgi.Tap
    app.add_middleware(reasonwatch.asgi.Tap)           # FastAPI, Starlette

Each message goes to the client first; the copy is a reference to the same bytes. Nothing is
buffered, delayed or changed, and an exception of the application passes as it is.
"""
from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from . import _row
from ._exchange import Exchange
from ._sender import Sender, shared

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Tap:
    """The middleware; `sender` is the process's own unless one is given."""

    def __init__(self, app: App, sender: Sender | None = None) -> None:
        self.app = app
        self._sender = sender

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, _flushing(self, send))
            return
        watch: _Watch | None = None
        if scope["type"] == "http":
            try:
                watch = self._begin(scope)
            except Exception:
                self._failed()
        if watch is None:
            await self.app(scope, receive, send)
            return
        await self._run(watch, scope, receive, send)

    async def _run(self, watch: _Watch, scope: Scope, receive: Receive, send: Send) -> None:
        async def tapped_receive() -> Message:
            message = await receive()
            try:
                watch.received(message)
            except Exception:
                self._failed()
            return message

        async def tapped_send(message: Message) -> None:
            try:
                await send(message)
            except OSError:  # how a server says that the client has left
                watch.is_left = True
                raise
            try:
                watch.sent(message)
            except Exception:
                self._failed()

        try:
            await self.app(scope, tapped_receive, tapped_send)
        finally:
            try:
                watch.finish()
            except Exception:
                self._failed()

    def _begin(self, scope: Scope) -> _Watch | None:
        if not _row.is_watched(scope["method"], scope["path"]):
            return None
        sender = self._sender or shared()
        if not sender.admit():
            return None
        try:
            headers = [(name.decode("latin-1"), value.decode("latin-1"))
                       for name, value in scope["headers"]]
            return _Watch(Exchange(sender, "asgi", scope["path"], headers))
        except BaseException:
            sender.leave(0)
            raise

    def _failed(self) -> None:
        try:
            (self._sender or shared()).count("errors_tap")
        except Exception:
            pass

    async def _flush(self) -> None:
        try:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, (self._sender or shared()).flush)
        except Exception:  # also under another event loop than asyncio's
            self._failed()


def _flushing(tap: Tap, send: Send) -> Send:
    """uvicorn dies by the signal that stopped it and runs no exit handlers, so the last records
    are delivered before the application says that it has shut down."""
    async def flush_first(message: Message) -> None:
        if message.get("type") in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
            await tap._flush()
        await send(message)
    return flush_first


class _Watch:
    """The part of one exchange that has passed."""

    __slots__ = ("exchange", "is_left", "is_ended", "is_foreign")

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.is_left = False
        self.is_ended = False
        self.is_foreign = False  # the body went another way than by messages

    def received(self, message: Message) -> None:
        if message["type"] == "http.request":
            self.exchange.request_chunk(message.get("body", b""))
        elif message["type"] == "http.disconnect" and not self.is_ended:
            self.is_left = True

    def sent(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.body":
            self.exchange.response_chunk(message.get("body", b""))
            if not message.get("more_body", False):
                self.is_ended = True
                self.finish()
        elif kind == "http.response.start":
            self.exchange.start(message["status"],
                                [(name.decode("latin-1"), value.decode("latin-1"))
                                 for name, value in message.get("headers", ())])
        elif kind in ("http.response.pathsend", "http.response.zerocopysend"):
            self.is_foreign = True

    def finish(self) -> None:
        if self.is_foreign:
            self.exchange.abandon("foreign_body")
        elif self.is_ended:
            self.exchange.finish(_row.COMPLETE)
        else:
            self.exchange.finish(_row.CLIENT_ABORT if self.is_left else _row.UPSTREAM_RESET)
