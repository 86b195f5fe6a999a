# SPDX-License-Identifier: Apache-2.0
"""The body of a request to a test server, whole or in chunks."""


def read_body(handler):
    """Returns the body that an http.server handler's request has. A proxy that might change a body
    sends it in chunks."""
    if handler.headers.get("Transfer-Encoding") != "chunked":
        return handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
    body = b""
    while size := int(handler.rfile.readline(), 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return body
