# SPDX-License-Identifier: Apache-2.0
"""The queue, its bounds, the thread, the wire, forks and the end of a process."""
import gc
import json
import os
import pathlib
import random
import socket
import ssl
import subprocess
import sys
import tempfile
import textwrap
import threading
import unittest
import weakref
from unittest import mock

import stub
from reasonwatch import Sender, _row

SOURCE = str(pathlib.Path(__file__).resolve().parents[1] / "src")


class Record:
    def __init__(self, number, size=100, line=None):
        self.number, self.size, self._line = number, size, line

    def line(self):
        if self._line:
            raise self._line
        return _row.join({"source": "asgi", "n": self.number}, None, (b"null",))


def closed_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Delivery(unittest.TestCase):
    def test_everything_arrives_once_and_in_order(self):
        with stub.sender(batch_records=7) as (daemon, sender):
            for n in range(100):
                self.assertTrue(sender.put(Record(n)))
            rows = stub.delivered(sender, daemon)
            self.assertEqual([row["n"] for row in rows], list(range(100)))
            counts = sender.counts()
            self.assertEqual((counts["queued"], counts["sent"], counts["queue_records"],
                              counts["queue_bytes"]), (100, 100, 0, 0))
            path, headers = daemon.posts[0]
            self.assertEqual(path, "/api/v1/responses?wait=false")
            self.assertEqual(headers["content-encoding"], "gzip")
            self.assertEqual(headers["content-type"], "application/x-ndjson")
            self.assertNotIn("authorization", headers)

    def test_threads_lose_nothing(self):
        with stub.sender() as (daemon, sender):
            def feed(start):
                for n in range(start, start + 200):
                    sender.put(Record(n))
            threads = [threading.Thread(target=feed, args=(k * 1000,)) for k in range(5)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            rows = stub.delivered(sender, daemon)
            self.assertEqual(sorted(row["n"] for row in rows),
                             sorted(k * 1000 + n for k in range(5) for n in range(200)))

    def test_a_batch_is_bounded_in_bytes(self):
        with stub.sender(batch_bytes=200) as (daemon, sender):
            daemon.is_held.clear()
            for n in range(20):
                sender.put(Record(n))
            daemon.is_held.set()
            stub.delivered(sender, daemon)
            self.assertGreater(len(daemon.posts), 3)

    def test_busy_daemons_are_asked_again(self):
        for status in (404, 405, 408, 429, 500, 503):
            with stub.sender() as (daemon, sender):
                daemon.statuses = [status, status]
                sender.put(Record(1))
                stub.wait_for(lambda: daemon.rows)
                stub.wait_for(lambda: sender.counts().get("sent"))
                self.assertEqual(sender.counts()[f"errors_http_{status}"], 2)
                self.assertEqual(len(daemon.rows), 1)

    def test_a_refusal_for_good_is_counted(self):
        for status in (400, 401, 403, 413, 422, 301):
            with stub.sender() as (daemon, sender), self.assertLogs("reasonwatch"):
                daemon.statuses = [status]
                sender.put(Record(1))
                stub.wait_for(lambda: sender.counts().get("dropped_refused"))
                sender.put(Record(2))
                rows = stub.delivered(sender, daemon)
                self.assertEqual([(row["n"], row["dropped_before"]) for row in rows], [(2, 1)])

    def test_the_daemon_s_account_is_counted(self):
        with stub.sender() as (daemon, sender), self.assertLogs("reasonwatch"):
            daemon.answer = {"accepted": 0, "dropped": 3, "errors": [{"line": 1}]}
            sender.put(Record(1))
            stub.delivered(sender, daemon)
            counts = sender.counts()
            self.assertEqual((counts["dropped_by_daemon"], counts["unreadable_for_daemon"]), (3, 1))

    def test_a_connection_that_was_closed_meanwhile(self):
        with stub.sender() as (daemon, sender):
            sender.put(Record(1))
            stub.delivered(sender, daemon)
            daemon.cut = 1
            sender.put(Record(2))
            stub.delivered(sender, daemon)
            self.assertEqual([row["n"] for row in daemon.rows], [1, 2])
            self.assertNotIn("errors_connection", sender.counts())

    def test_a_daemon_that_comes_back_gets_what_waited(self):
        port = closed_port()
        sender = Sender(stub.settings(f"http://127.0.0.1:{port}"))
        for n in range(5):
            sender.put(Record(n))
        stub.wait_for(lambda: sender.counts().get("errors_connection", 0) > 1)
        with stub.Stub() as daemon:
            sender.settings = stub.settings(daemon.url)
            stub.wait_for(lambda: len(daemon.rows) == 5)

    def test_the_token(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("from file\n")
            file.flush()
            for values, sent in (({"token": "t"}, "t"), ({"token_file": file.name}, "from file")):
                with stub.sender(**values) as (daemon, sender):
                    sender.put(Record(1))
                    stub.delivered(sender, daemon)
                    self.assertEqual(daemon.posts[0][1]["authorization"], f"Bearer {sent}")

    def test_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            cert, key = os.path.join(folder, "c"), os.path.join(folder, "k")
            try:
                subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                                "-subj", "/CN=127.0.0.1", "-addext",
                                "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
                               check=True, capture_output=True)
            except FileNotFoundError:
                self.skipTest("no openssl")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert, key)
            with stub.Stub(tls=context) as daemon:
                trusting = Sender(stub.settings(daemon.url, ca_file=cert))
                trusting.put(Record(1))
                self.assertEqual(len(stub.delivered(trusting, daemon)), 1)
                careful = Sender(stub.settings(daemon.url))
                careful.put(Record(2))
                stub.wait_for(lambda: careful.counts().get("errors_connection"))
                self.assertEqual(len(daemon.rows), 1)


class Bounds(unittest.TestCase):
    def test_records(self):
        with stub.sender(queue_records=10, batch_records=1) as (daemon, sender):
            daemon.is_held.clear()
            kept = sum(sender.put(Record(n)) for n in range(100))
            counts = sender.counts()
            self.assertEqual(kept + counts["dropped_queue_full"], 100)
            self.assertLessEqual(counts["queue_records"], 10)
            self.assertGreaterEqual(kept, 10)
            daemon.is_held.set()
            rows = stub.delivered(sender, daemon)
            self.assertEqual(len(rows), kept)
            self.assertEqual(sum(row.get("dropped_before", 0) for row in rows) +
                             sender._drops - sender._drops_reported, 100 - kept)

    def test_bytes_are_refused_before_the_size_is_seen(self):
        """Refusing the long ones would look like a collapse."""
        chance = random.Random(5)
        for _ in range(50):
            with stub.sender(queue_bytes=1000, linger=60.0) as (_, sender):
                while sender.put(Record(0, size=chance.choice((1, 10, 900, 5000)))):
                    held = sender.counts()["queue_bytes"]
                self.assertGreaterEqual(held, 1000)
                self.assertFalse(sender.put(Record(0, size=1)))
                sender._bytes = 999
                self.assertTrue(sender.put(Record(0, size=5000)))

    def test_exchanges_in_flight(self):
        with stub.sender(in_flight=3, in_flight_bytes=1000) as (_, sender):
            self.assertEqual([sender.admit() for _ in range(4)], [True, True, True, False])
            sender.leave(0)
            sender.grow(1000)
            self.assertFalse(sender.admit())
            self.assertEqual(sender.counts()["dropped_in_flight"], 2)

    def test_disabled(self):
        with stub.sender(disabled=True) as (_, sender):
            self.assertFalse(sender.admit())
            self.assertFalse(sender.put(Record(1)))
            self.assertNotIn("queued", sender.counts())

    def test_a_bad_record_does_not_take_others_along(self):
        with stub.sender() as (daemon, sender):
            for record in (Record(1), Record(2, line=ValueError("x")), Record(3),
                           Record(4, line=_row.Unreadable("encoding")), Record(5)):
                sender.put(record)
            rows = stub.delivered(sender, daemon)
            self.assertEqual([row["n"] for row in rows], [1, 3, 5])
            self.assertEqual(sender.counts()["dropped_error"], 1)
            self.assertEqual(sender.counts()["dropped_encoding"], 1)
            self.assertEqual(sender.counts()["queue_bytes"], 0)

    def test_put_inside_put(self):
        """A finaliser that the collector runs inside of put() may call it again."""
        with stub.sender() as (daemon, sender):
            class Nested(Record):
                @property
                def size(self):
                    if self.number == 1:
                        self.number = 2
                        sender.put(Record(3))
                    return 10

                @size.setter
                def size(self, _):
                    pass
            sender.put(Nested(1))
            self.assertEqual(len(stub.delivered(sender, daemon)), 2)


class Failures(unittest.TestCase):
    def test_no_thread_to_be_had(self):
        with stub.sender() as (daemon, sender):
            with mock.patch.object(threading.Thread, "start", side_effect=RuntimeError):
                sender.put(Record(1))
            self.assertEqual(sender.counts()["errors_thread"], 1)
            self.assertFalse(daemon.rows)
            sender.put(Record(2))
            self.assertEqual(len(stub.delivered(sender, daemon)), 2)

    def test_a_round_that_fails_is_tried_again(self):
        with stub.sender() as (daemon, sender):
            real, calls = sender._pack, []

            def once(first):
                calls.append(first)
                if len(calls) == 1:
                    raise MemoryError
                return real(first)
            with mock.patch.object(sender, "_pack", once):
                sender.put(Record(1))
                stub.wait_for(lambda: sender.counts().get("errors_sender"))
                sender.put(Record(2))
                stub.wait_for(lambda: daemon.rows)
            self.assertEqual(daemon.rows[0]["n"], 2)
            stub.delivered(sender, daemon)
            counts = sender.counts()
            self.assertEqual((counts["dropped_error"], counts["queue_records"],
                              counts["queue_bytes"]), (1, 0, 0))

    def test_what_waits_for_a_daemon_is_held_as_bytes(self):
        """Objects of the host would be walked by its garbage collector again and again."""
        alive = weakref.WeakSet()

        def put(n, **values):
            record = Record(n, **values)
            alive.add(record)
            sender.put(record)
        sender = Sender(stub.settings(f"http://127.0.0.1:{closed_port()}", backoff=60.0,
                                      backoff_limit=60.0, batch_records=2))
        for n in range(20):
            put(n, line=ValueError("x") if n == 15 else None)
        stub.wait_for(lambda: gc.collect() >= 0 and not alive)
        in_batch = sender._batch.records
        self.assertEqual(sender.counts()["queue_records"], 19 - in_batch)
        self.assertEqual(sender._bytes, sum(line.size for line in sender._ready))
        with stub.Stub() as daemon:
            sender.settings = stub.settings(daemon.url)
            sender._next_try = 0
            for n in range(20, 25):
                put(n)
            stub.delivered(sender, daemon)
            self.assertEqual([row["n"] for row in daemon.rows],
                             [n for n in range(25) if n != 15])
            self.assertEqual((sender.counts()["queue_bytes"], sender.counts()["queue_records"]),
                             (0, 0))

    def test_nonsense_from_the_daemon(self):
        for answer in (b"", b"HTTP/1.1 abc\r\n\r\n", b"\0" * 100, b"HTTP/1.1 202 OK\r\n\r\nno json"):
            with socket.socket() as listener:
                listener.bind(("127.0.0.1", 0))
                listener.listen()
                sender = Sender(stub.settings(f"http://127.0.0.1:{listener.getsockname()[1]}"))
                sender.put(Record(1))
                for _ in range(2):
                    peer = listener.accept()[0]
                    with peer:
                        stub.read_request(peer)
                        peer.sendall(answer)
                    if b"202" in answer:
                        stub.wait_for(lambda: sender.counts().get("sent"))
                        break
                else:
                    self.assertGreater(sender.counts()["errors_connection"], 0)

    def test_flush_gives_up(self):
        sender = Sender(stub.settings(f"http://127.0.0.1:{closed_port()}", backoff=5.0,
                                      backoff_limit=5.0))
        sender.put(Record(1))
        self.assertFalse(sender.flush(20))  # at the first refused connection
        with stub.sender() as (daemon, sender):
            daemon.is_held.clear()
            sender.put(Record(1))
            self.assertFalse(sender.flush(.1))

    def test_flush_of_nothing(self):
        self.assertTrue(Sender(stub.settings("http://127.0.0.1:1")).flush())


class Processes(unittest.TestCase):
    def run_python(self, code, url, **environment):
        return subprocess.run([sys.executable, "-c", textwrap.dedent(code)], timeout=60,
                              capture_output=True, text=True, check=False,
                              env={**os.environ, "PYTHONPATH": SOURCE,
                                   "REASONWATCH_ENDPOINT": url, **environment})

    PUT = """
        import os, sys, reasonwatch
        from reasonwatch import _row
        class Record:
            size = 10
            def __init__(self, n): self.n = n
            def line(self): return _row.join({"source": "asgi", "n": self.n}, None, (b"null",))
        put = lambda n: reasonwatch.shared().put(Record(n))
    """

    def test_the_end_of_a_process_delivers(self):
        with stub.Stub() as daemon:
            for last in ("", "sys.exit(3)", "raise ValueError"):
                done = self.run_python(self.PUT + f"""
        put(1)
        {last}
        """, daemon.url)
                self.assertEqual(len(daemon.rows), 1, done.stderr)
                daemon.rows.clear()

    def test_the_end_of_a_process_is_not_held_up_by_a_daemon_that_is_away(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            for port in (closed_port(), silent.getsockname()[1]):
                done = self.run_python(self.PUT + "    put(1)", f"http://127.0.0.1:{port}",
                                       REASONWATCH_FLUSH_SECONDS="0.3")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotIn("Traceback", done.stderr)

    def test_a_fork_begins_anew(self):
        with stub.Stub() as daemon:
            done = self.run_python(self.PUT + """
        put(1)
        children = []
        for n in range(3):
            child = os.fork()
            if not child:
                put(10 + n)
                assert reasonwatch.flush(20)
                os._exit(0 if reasonwatch.counts()["queued"] == 1 else 1)
            children.append(child)
        for child in children:
            assert os.waitpid(child, 0)[1] == 0
        put(2)
        """, daemon.url)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(sorted(row["n"] for row in daemon.rows), [1, 2, 10, 11, 12])

    def test_a_fork_while_another_thread_holds_the_lock(self):
        with stub.Stub() as daemon:
            done = self.run_python(self.PUT + """
        import threading
        sender = reasonwatch.shared()
        held, go = threading.Event(), threading.Event()
        def hold():
            with sender._lock:
                held.set(); go.wait()
        threading.Thread(target=hold, daemon=True).start()
        held.wait()
        child = os.fork()
        if not child:
            put(5)
            os._exit(0 if reasonwatch.flush(20) else 1)
        status = os.waitpid(child, 0)[1]
        go.set()
        sys.exit(status)
        """, daemon.url)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual([row["n"] for row in daemon.rows], [5])

    def test_workers_of_multiprocessing_deliver(self):
        with stub.Stub() as daemon:
            done = self.run_python(self.PUT + """
        import multiprocessing
        context = multiprocessing.get_context("fork")
        workers = [context.Process(target=put, args=(n,)) for n in range(3)]
        for worker in workers: worker.start()
        for worker in workers: worker.join()
        """, daemon.url)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(sorted(row["n"] for row in daemon.rows), [0, 1, 2])


class Logging(unittest.TestCase):
    def test_once_a_minute(self):
        with stub.sender(queue_records=1, linger=.1) as (daemon, sender), \
                self.assertLogs("reasonwatch") as caught:
            for _ in range(3):
                for n in range(50):
                    sender.put(Record(n))
                sender.flush(5)
            sender.put(Record(1))
            stub.wait_for(lambda: caught.output)
            stub.delivered(sender, daemon)
        self.assertEqual(len(caught.output), 1)
        self.assertIn("queue_full", caught.output[0])

    def test_a_handler_that_fails(self):
        with stub.sender() as (daemon, sender), mock.patch("reasonwatch._sender.log.warning",
                                                           side_effect=OSError):
            sender.drop("queue_full")
            sender.put(Record(1))
            stub.delivered(sender, daemon)
        self.assertEqual(sender.counts()["dropped_queue_full"], 1)

    def test_no_text_is_logged(self):
        with stub.sender() as (daemon, sender), self.assertLogs("reasonwatch") as caught:
            record = Record(1, line=ValueError("SECRET TEXT"))
            sender.put(record)
            sender.flush(5)
            daemon.statuses = [400]
            sender.put(Record(2))
            sender.flush(5)
        self.assertNotIn("SECRET", json.dumps(caught.output))


if __name__ == "__main__":
    unittest.main()
