# SPDX-License-Identifier: Apache-2.0
"""Whatever fails inside the package, the host never notices.

Every function of the package is made to raise in turn; the host's exchange must be the one
that it is without the package.
"""
import asyncio
import inspect
import unittest
from unittest import mock

import hosts
import stub  # makes the package importable
import reasonwatch
from reasonwatch import _exchange, _row, _sender, _settings, asgi, litellm, openai

MODULES = (_exchange, _row, _sender, _settings, asgi, litellm, openai)
# The host's own calls go through these, so there is nobody else to catch an exception.
ENTRIES = {
    "Tap.__call__", "Tap._run", "Tap.async_log_success_event", "Tap.async_log_failure_event",
    "Tap.log_success_event", "Tap.log_failure_event", "Tap._observe", "_Sync.handle_request",
    "_Async.handle_async_request", "_Sync.__enter__", "_Sync.__exit__", "_Async.__aenter__",
    "_Async.__aexit__", "_SyncStream.__iter__", "_SyncStream.close", "_AsyncStream.__aiter__",
    "_AsyncStream.aclose", "_Transport.__getattr__", "Tap.__init__", "watch",
    "_flushing", "Tap._flush",
    # Guards: all that these do, they do in a try.
    "_Transport._begin", "_Transport._started", "_Transport._end", "_Stream._passed",
    "_Stream._broke", "_Stream._closed"}


class Fault(Exception):
    """A failure inside of the package."""


def functions():
    """Yields (holder, name, label) of each function that can be replaced."""
    for module in MODULES:
        for name, value in list(vars(module).items()):
            if inspect.isfunction(value) and value.__module__ == module.__name__:
                yield module, name, name
            if inspect.isclass(value) and value.__module__ == module.__name__:
                for inner, each in list(vars(value).items()):
                    if inspect.isfunction(each) or isinstance(each, staticmethod):
                        yield value, inner, f"{value.__name__}.{inner}"


def raiser(error):
    def fail(*_, **__):
        raise error
    return fail


class Scenes:
    """Acts of hosts, and the results that their clients get."""

    def __init__(self, tapped):
        self.tapped = tapped

    def asgi(self, messages, **values):
        app = hosts.application(messages, **values)
        host = hosts.Host().run(asgi.Tap(app) if self.tapped else app)
        return host.sent, type(host.error)

    def lifespan(self):
        sent = []

        async def app(scope, receive, send):
            await send({"type": "lifespan.shutdown.complete"})

        async def send(message):
            sent.append(message)
        asyncio.run((asgi.Tap(app) if self.tapped else app)({"type": "lifespan"}, None, send))
        return sent

    def client(self, pieces, is_async, **values):
        httpx = hosts.fake_httpx()
        client = hosts.client_of(httpx, hosts.Transport(httpx, pieces, **values), is_async)
        if self.tapped:
            client = openai.watch(client)
        got, error = hosts.fetch(client, hosts.Request(), None, is_async)
        return got, type(error)

    def callback(self):
        if self.tapped:
            tap = litellm.Tap()
            for call in (hosts.litellm_call(stub.chat("a")), None):
                asyncio.run(tap.async_log_success_event(call, None, None, None))
                tap.log_failure_event(call, None, None, None)
        return []

    def all(self):
        stream = [hosts.start(kind="text/event-stream"), hosts.body(b"data: {}\n\n", True)]
        yield self.asgi([hosts.start(), hosts.body(hosts.encoded(stub.chat("a")))])
        yield self.asgi(stream + [hosts.body(b"")])
        yield self.asgi(stream, error=ValueError("host's own"))
        yield self.asgi(stream, looks_for_disconnect=True)
        yield self.lifespan()
        for is_async in (False, True):
            yield self.client([b"{}", b" "], is_async)
            yield self.client([b"data: 1\n\n", hosts.ReadError()], is_async,
                              kind="text/event-stream")
            yield self.client([], is_async, error=KeyboardInterrupt())
        yield self.callback()
        yield (reasonwatch.flush(0), reasonwatch.counts()) and []


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.expected = list(Scenes(tapped=False).all())

    def play(self, url):
        """Runs every scene with a fresh sender of the process."""
        with mock.patch.object(_sender, "_shared", []), mock.patch.dict(
                "os.environ", {"REASONWATCH_ENDPOINT": url, "REASONWATCH_FLUSH_SECONDS": "0.01"}):
            return list(Scenes(tapped=True).all())

    def test_without_faults(self):
        with stub.Stub() as daemon:
            self.assertEqual(self.play(daemon.url), self.expected)
            stub.wait_for(lambda: len(daemon.rows) >= 9)

    def test_each_function_fails(self):
        tried = 0
        with stub.Stub() as daemon:
            for holder, name, label in functions():
                if label in ENTRIES or name in ("_run", "_after_fork", "_at_exit"):
                    continue
                for error in (Fault("x"), MemoryError(), OSError(), RecursionError()):
                    with self.subTest(function=label, error=type(error).__name__), \
                            mock.patch.object(holder, name, raiser(error)), \
                            mock.patch.object(_sender.log, "warning"):
                        self.assertEqual(self.play(daemon.url), self.expected)
                tried += 1
        self.assertGreater(tried, 60)

    def test_even_the_clock_the_log_and_the_queue_fail(self):
        for target in ("time.time", "queue.SimpleQueue.put", "threading.Thread.start",
                       "reasonwatch._sender.log.warning", "zlib.compressobj"):
            with self.subTest(target=target), stub.Stub() as daemon:
                expected = self.expected
                if target == "queue.SimpleQueue.put":
                    patch = mock.patch("queue.SimpleQueue", side_effect=Fault)
                elif target == "threading.Thread.start":
                    patch = mock.patch.object(_sender.Sender, "_start", raiser(RuntimeError()))
                else:
                    patch = mock.patch(target, side_effect=Fault)
                with patch:
                    self.assertEqual(self.play(daemon.url), expected)

    def test_the_entries_are_all_there(self):
        self.assertLessEqual(ENTRIES, {label for _, _, label in functions()})


if __name__ == "__main__":
    unittest.main()
