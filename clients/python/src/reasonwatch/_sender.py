# SPDX-License-Identifier: Apache-2.0
"""The queue between a host and the daemon, and the thread that empties it.

put() never waits: anything that exceeds a bound is dropped and counted. A record is refused before
its size is looked at, because dropping the long ones would itself look like a collapse.
The thread joins records to batches, compresses them and posts them; a batch that nobody
takes is kept and tried again, while the queue behind it fills and then drops. The queue is
turned into bytes meanwhile: a host's own objects would slow its garbage collector.

After a fork the child begins anew, with an empty queue and no thread.
"""
from __future__ import annotations

import atexit
import collections
import http.client
import json
import logging
import os
import queue
import ssl
import sys
import threading
import time
import weakref
import zlib
from typing import Any, Protocol

from . import _row
from ._settings import Settings, from_environment
from ._version import VERSION

log = logging.getLogger("reasonwatch")

QUIET_SECONDS = 60.0  # at most one line of log in this time
NAP = 0.02  # the thread looks this often whether a flush is wanted


class Record(Protocol):
    """A response that waits; line() is called on the sender's thread."""

    size: int

    def line(self) -> bytes: ...


class _Line:
    """A record that has been turned into its row."""

    __slots__ = ("data", "size")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)

    def line(self) -> bytes:
        return self.data


class _Batch:
    def __init__(self, data: bytes, records: int, drops: int) -> None:
        self.data = data
        self.records = records
        self.drops = drops  # how many drops the batch reports to the daemon


class Sender:
    """Thread-safe. Nothing here raises into the caller of put(), drop(), count(), flush()."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = from_environment() if settings is None else settings
        self._logged = 0.0
        self.reset()
        _senders.add(self)

    def reset(self) -> None:
        """Begins anew; called after a fork, in the child."""
        # Reentrant, as is SimpleQueue: a finaliser of the host may call put() inside put().
        self._lock = threading.RLock()
        self._queue: queue.SimpleQueue[Record] = queue.SimpleQueue()
        self._ready: collections.deque[_Line] = collections.deque()  # of the queue, and first
        self._records = 0
        self._bytes = 0
        self._in_flight = 0
        self._in_flight_bytes = 0
        self._counts: dict[str, int] = {}
        self._drops = 0
        self._drops_reported = 0
        self._thread: threading.Thread | None = None
        self._busy = False  # the thread holds records that it has not delivered
        self._batch: _Batch | None = None
        self._failures = 0
        self._next_try = 0.0
        self._flush_until = 0.0
        self._tries = 0
        self._connection: http.client.HTTPConnection | None = None
        self._is_new = True
        self._dropped = ""  # a reason that has not been logged

    # --- On the host's threads ----------------------------------------------------------------

    def admit(self) -> bool:
        """True if one more exchange may be copied. leave() ends it."""
        if self.settings.disabled:
            return False
        with self._lock:
            if (self._in_flight < self.settings.in_flight
                    and self._in_flight_bytes < self.settings.in_flight_bytes):
                self._in_flight += 1
                return True
        self.drop("in_flight")
        return False

    def grow(self, size: int) -> None:
        with self._lock:
            self._in_flight_bytes += size

    def leave(self, size: int) -> None:
        with self._lock:
            self._in_flight -= 1
            self._in_flight_bytes -= size

    def put(self, record: Record) -> bool:
        """Queues a record; False if it was dropped."""
        if self.settings.disabled:
            return False
        with self._lock:
            if (self._records >= self.settings.queue_records
                    or self._bytes >= self.settings.queue_bytes):
                self.drop("queue_full")
                return False
            self._records += 1
            self._bytes += record.size
            self.count("queued")
            self._queue.put(record)
        if self._thread is None or not self._thread.is_alive():
            self._start()
        return True

    def count(self, name: str, number: int = 1) -> None:
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + number

    def drop(self, reason: str, number: int = 1) -> None:
        """Counts responses that the daemon will never see. The thread logs it, since the
        handlers of a host's log may be slow."""
        with self._lock:
            self._drops += number
            self.count("dropped_" + reason, number)
            self._dropped = reason

    def counts(self) -> dict[str, int]:
        """Names and numbers since this process began, for the host's own metrics."""
        with self._lock:
            return {**self._counts, "queue_records": self._records, "queue_bytes": self._bytes,
                    "in_flight": self._in_flight}

    def flush(self, seconds: float | None = None) -> bool:
        """Waits until everything queued is delivered, for `seconds` at most; False if it was
        not. Gives up at once if the daemon refuses the connection."""
        seconds = self.settings.flush if seconds is None else seconds
        limit = time.monotonic() + seconds
        self._flush_until = limit
        tries = self._tries
        while time.monotonic() < limit:
            if not self._records and not self._busy:
                return True
            if self._thread is None or not self._thread.is_alive():
                self._start()
                if self._thread is None:
                    return False
            if self._tries > tries and self._failures and self._batch is not None:
                return False
            time.sleep(NAP / 2)
        return not self._records and not self._busy

    def _start(self) -> None:
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return
            try:
                thread = threading.Thread(target=self._run, name="reasonwatch", daemon=True)
                thread.start()
            except RuntimeError:  # no thread can be had, or the interpreter ends
                self._thread = None
                self.count("errors_thread")
                return
            self._thread = thread
        atexit.unregister(self._at_exit)
        atexit.register(self._at_exit)
        forked = sys.modules.get("multiprocessing.util")
        if forked is not None:
            # Its children end without exit handlers and run these instead.
            forked.Finalize(None, self._at_exit, exitpriority=-100)

    def _at_exit(self) -> None:
        try:
            if not self.flush():
                with self._lock:
                    lost = self._records + (self._batch.records if self._batch else 0)
                if lost:
                    self.drop("exit", lost)
                self._report()
        except Exception:  # the host is about to end; it has no use for ours
            pass

    def _report(self) -> None:
        reason, self._dropped = self._dropped, ""
        if reason:
            self._say("responses are dropped (%s)", reason)

    def _say(self, text: str, *values: object) -> None:
        try:
            now = time.monotonic()
            if self._logged and now - self._logged < QUIET_SECONDS:
                return
            self._logged = now
            log.warning("reasonwatch: " + text, *values)
        except Exception:
            pass

    # --- On the sender's thread ---------------------------------------------------------------

    def _run(self) -> None:
        while True:
            try:
                self._report()
                self._round()
            except Exception:
                self._recover()
                time.sleep(.1)

    def _recover(self) -> None:
        """Sets the sums right after a failure; the thread's own records are lost."""
        with self._lock:
            left = self._queue.qsize() + len(self._ready)
            lost = self._records - left
            self._records = left
            self._bytes = self._bytes * left // (left + lost) if left + lost > 0 else 0
            self._busy = self._batch is not None
            self.count("errors_sender")
            if lost > 0:
                self.drop("error", lost)

    def _round(self) -> None:
        if self._batch is None:
            first = self._next(timeout=1.0)
            if first is None:
                return
            self._busy = True
            self._linger()
            self._batch = self._pack(first)
            del first  # the wait for a daemon may be long
        if self._batch is None:
            self._busy = False
            return
        while time.monotonic() < self._next_try and not self._is_flushing():
            self._prepare()
            time.sleep(NAP)
        is_done = False
        try:
            is_done = self._post(self._batch)
        finally:
            self._tries += 1
        if is_done:
            self._batch = None
            self._busy = False
            self._failures = 0
            return
        self._failures += 1
        wait = min(self.settings.backoff * 2 ** min(self._failures - 1, 20),
                   self.settings.backoff_limit)
        self._next_try = time.monotonic() + wait
        if self._is_flushing():
            time.sleep(NAP)

    def _next(self, timeout: float = 0.0) -> Record | None:
        if self._ready:
            return self._ready.popleft()
        try:
            return self._queue.get(timeout=timeout) if timeout else self._queue.get_nowait()
        except queue.Empty:
            return None

    def _line_of(self, record: Record) -> bytes:
        """The record's row; empty if there is none."""
        try:
            return record.line()
        except _row.NotReported:
            self.count("not_reported")
        except _row.Unreadable as error:
            self.drop(str(error))
        except Exception:
            self.drop("error")
        return b""

    def _prepare(self) -> None:
        """Turns waiting records into bytes, until it is time to send again."""
        while time.monotonic() < self._next_try and not self._is_flushing():
            try:
                record = self._queue.get_nowait()
            except queue.Empty:
                return
            line = self._line_of(record)
            with self._lock:
                self._bytes += len(line) - record.size
                if line:
                    self._ready.append(_Line(line))
                else:
                    self._records -= 1
            _row.breathe()

    def _is_flushing(self) -> bool:
        return time.monotonic() < self._flush_until

    def _linger(self) -> None:
        until = time.monotonic() + self.settings.linger
        while time.monotonic() < until and not self._is_flushing():
            if self._records >= self.settings.batch_records:
                return
            time.sleep(NAP)

    def _pack(self, first: Record) -> _Batch | None:
        """Compresses as many records as a batch may hold."""
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        parts: list[bytes] = []
        records = size = drops = 0
        record: Record | None = first
        while record is not None:
            line = self._line_of(record)
            with self._lock:
                self._records -= 1
                self._bytes -= record.size
                if line and not records:
                    drops = self._drops - self._drops_reported
            if line:
                if drops and not records:
                    line = b'{"dropped_before":%d,' % drops + line[1:]
                parts.append(packer.compress(line))
                records += 1
                size += len(line)
            if records >= self.settings.batch_records or size >= self.settings.batch_bytes:
                break
            if self._records < self.settings.queue_records // 2 and not self._is_flushing():
                _row.breathe()
            record = self._next()
        if not records:
            return None
        parts.append(packer.flush())
        return _Batch(b"".join(parts), records, drops)

    # --- The wire -----------------------------------------------------------------------------

    def _post(self, batch: _Batch) -> bool:
        """True if the batch is done with: delivered, or refused for good."""
        try:
            try:
                status, answer = self._exchange(batch.data)
            except (http.client.BadStatusLine, ConnectionError):
                # A connection that was kept open may have been closed since.
                if self._is_new:
                    raise
                self._close()
                status, answer = self._exchange(batch.data)
        except Exception as error:
            self._close()
            self.count("errors_connection")
            self._say("no daemon at %s (%s)", self.settings.endpoint, type(error).__name__)
            return False
        if 200 <= status < 300:
            self._delivered(batch, answer)
            return True
        self.count(f"errors_http_{status}")
        self._say("the daemon at %s answers %d", self.settings.endpoint, status)
        if status in (404, 405, 408, 429) or status >= 500:
            return False
        self.drop("refused", batch.records)
        return True

    def _delivered(self, batch: _Batch, answer: bytes) -> None:
        with self._lock:
            self._drops_reported += batch.drops
            self.count("sent", batch.records)
        try:
            said = json.loads(answer)
            dropped, errors = int(said.get("dropped", 0)), len(said.get("errors") or [])
        except Exception:  # an answer without an account is as good
            return
        if dropped > 0:
            self.count("dropped_by_daemon", dropped)
        if errors > 0:
            self.count("unreadable_for_daemon", errors)
            self._say("the daemon could not read %d rows", errors)

    def _exchange(self, data: bytes) -> tuple[int, bytes]:
        url = self.settings.url()
        if self._connection is None:
            self._connection = self._connect()
            self._is_new = True
        else:
            self._is_new = False
        connection = self._connection
        headers = {"content-type": "application/x-ndjson", "content-encoding": "gzip",
                   "user-agent": f"reasonwatch-python/{VERSION}"}
        token = self._token()
        if token:
            headers["authorization"] = f"Bearer {token}"
        connection.request("POST", url.path + "/api/v1/responses?wait=false", data, headers)
        response = connection.getresponse()
        answer = response.read(256 * 1024)
        if response.will_close or not response.isclosed():
            self._close()
        return response.status, answer

    def _connect(self) -> http.client.HTTPConnection:
        url = self.settings.url()
        host = url.hostname or "127.0.0.1"
        if url.scheme != "https":
            return http.client.HTTPConnection(host, url.port or 80, timeout=self.settings.timeout)
        context = ssl.create_default_context(cafile=self.settings.ca_file or None)
        if self.settings.client_cert:
            context.load_cert_chain(self.settings.client_cert, self.settings.client_key or None)
        return http.client.HTTPSConnection(host, url.port or 443, context=context,
                                           timeout=self.settings.timeout)

    def _token(self) -> str:
        if not self.settings.token_file:
            return self.settings.token
        with open(self.settings.token_file, encoding="utf-8") as file:
            return file.read().strip()

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except Exception:
                pass


_senders: weakref.WeakSet[Sender] = weakref.WeakSet()
_shared: list[Any] = []
_shared_lock = threading.RLock()


def shared() -> Sender:
    """The sender of this process, made at the first call from the environment."""
    with _shared_lock:
        if not _shared:
            _shared.append(Sender())
        sender: Sender = _shared[0]
        return sender


def _after_fork() -> None:
    global _shared_lock
    _shared_lock = threading.RLock()
    for sender in list(_senders):
        try:
            sender.reset()
        except Exception:
            pass


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
