# SPDX-License-Identifier: Apache-2.0
"""A server before a real one that repeats its answers byte for byte, so that one pass of a model
serves many tests.

    with recording_server.Server({"model": "http://127.0.0.1:8000"}) as server: ...
"""
import collections
import http.server
import json
import threading
import time
import urllib.request

import chunked
import llama_server

# An exchange that passed: the request's body as sent, the answer's body and whether it is a stream.
Exchange = collections.namedtuple("Exchange", "request body streamed began ended")


class Server(http.server.ThreadingHTTPServer):
    """upstreams: the real server of each model. `exchanges` by (model, last message, stream).
    Use in a `with` block; url: http://127.0.0.1:PORT"""
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, upstreams):
        self.upstreams = upstreams
        self.exchanges = {}
        self.asked_again = 0  # questions that were answered from memory
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):
                self.reply(b'{"data": []}', "application/json")

            def do_POST(self):
                body = chunked.read_body(self)
                request = json.loads(body)
                key = (request["model"], request["messages"][-1]["content"],
                       bool(request.get("stream")))
                known = server.exchanges.get(key)
                if known is None:
                    known = server.exchanges[key] = server.ask(self.path, body, key)
                else:
                    server.asked_again += 1
                if not known.streamed:
                    return self.reply(known.body, "application/json")
                return self.events(known.body)

            def reply(self, body, kind):
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def events(self, body):
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                try:
                    for event in body.split(b"\n\n"):
                        if event:
                            self.wfile.write(b"%x\r\n%s\n\n\r\n" % (len(event) + 2, event))
                    self.wfile.write(b"0\r\n\r\n")
                except OSError:
                    self.close_connection = True  # a client that left at the last event

            def log_message(self, *_):
                pass
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def ask(self, path, body, key):
        began = time.time()
        request = urllib.request.Request(self.upstreams[key[0]] + path, body,
                                         {"content-type": "application/json"})
        with llama_server.DIRECT.open(request, timeout=120) as answer:
            said = answer.read()
        return Exchange(body, said, key[2], began, time.time())

    def handle_error(self, *_):
        pass  # a client that went away

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()
