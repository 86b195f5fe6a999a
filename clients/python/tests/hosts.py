# SPDX-License-Identifier: Apache-2.0
"""Small hosts for the tests: an ASGI server's side, a module in the shape of httpx."""
import asyncio
import json
import sys
import types


class Left(OSError):
    """How a server reports on send() that the client has left."""


class Host:
    """Runs one request through an application, as a server would, and keeps what the client
    got."""

    def __init__(self, path="/v1/chat/completions", body=(b"{}",), method="POST", headers=(),
                 leaves_after=None):
        self.scope = {"type": "http", "method": method, "path": path,
                      "headers": [(k.encode(), v.encode()) for k, v in headers]}
        self.incoming = [{"type": "http.request", "body": each, "more_body": n < len(body) - 1}
                         for n, each in enumerate(body)]
        self.leaves_after = leaves_after  # messages, then send() raises
        self.sent = []
        self.error = None

    async def receive(self):
        return self.incoming.pop(0) if self.incoming else {"type": "http.disconnect"}

    async def send(self, message):
        if self.leaves_after is not None and len(self.sent) >= self.leaves_after:
            raise Left
        self.sent.append(dict(message))

    def run(self, app):
        try:
            asyncio.run(app(self.scope, self.receive, self.send))
        except BaseException as error:  # pylint: disable=broad-except
            self.error = error
        return self


def start(status=200, kind="application/json", more=()):
    return {"type": "http.response.start", "status": status,
            "headers": [(b"content-type", kind.encode()), *more]}


def body(data, more=False):
    return {"type": "http.response.body", "body": data, "more_body": more}


def application(messages, error=None, reads=True, looks_for_disconnect=False):
    """An application that reads its request and sends the messages."""
    async def app(scope, receive, send):
        while reads and (await receive()).get("more_body"):
            pass
        for message in messages:
            await send(dict(message))
        if looks_for_disconnect:
            await receive()
        if error is not None:
            raise error
    return app


def fake_httpx(name="httpx"):
    """A module with the parts of httpx that are used."""
    module = types.ModuleType(name)

    class SyncByteStream:
        def close(self):
            pass

    class AsyncByteStream:
        async def aclose(self):
            pass

    class Client:
        def __init__(self, transport):
            self._transport, self._mounts = transport, {}

        def send(self, request):
            with self._transport as transport:
                return transport.handle_request(request)

    class AsyncClient(Client):
        async def send(self, request):
            async with self._transport as transport:
                return await transport.handle_async_request(request)

    for kind in (SyncByteStream, AsyncByteStream, Client, AsyncClient):
        kind.__module__ = name + "._parts"
        setattr(module, kind.__name__, kind)
    sys.modules[name] = module
    return module


class ReadError(Exception):
    """Has the name of httpx's error."""


class ReadTimeout(Exception):
    """Has the name of httpx's error."""


class Headers(dict):
    pass


class Request:
    def __init__(self, path="/v1/chat/completions", content=b"{}", method="POST", headers=()):
        self.method, self.content = method, content
        self.url = types.SimpleNamespace(path=path)
        self.headers = Headers(headers)


class Transport:
    """Answers with pieces; an exception among them is raised in its place."""

    def __init__(self, module, pieces, status=200, kind="application/json", error=None):
        self.module, self.pieces, self.status, self.kind = module, pieces, status, kind
        self.error = error
        self.entered = self.left = 0

    def __enter__(self):
        self.entered += 1
        return self

    def __exit__(self, *_):
        self.left += 1

    async def __aenter__(self):
        return self.__enter__()

    async def __aexit__(self, *_):
        self.left += 1

    def _response(self, stream):
        return types.SimpleNamespace(status_code=self.status, stream=stream,
                                     headers=Headers({"content-type": self.kind}))

    def handle_request(self, _):
        if self.error:
            raise self.error
        pieces = self.pieces

        class Stream(self.module.SyncByteStream):
            def __iter__(self):
                for piece in pieces:
                    if isinstance(piece, BaseException):
                        raise piece
                    yield piece
        return self._response(Stream())

    async def handle_async_request(self, _):
        if self.error:
            raise self.error
        pieces = self.pieces

        class Stream(self.module.AsyncByteStream):
            async def __aiter__(self):
                for piece in pieces:
                    if isinstance(piece, BaseException):
                        raise piece
                    yield piece
        return self._response(Stream())


def client_of(module, transport, is_async=False):
    """Something in the shape of a client of the openai package."""
    kind = module.AsyncClient if is_async else module.Client
    return types.SimpleNamespace(_client=kind(transport))


def fetch(client, request, most=None, is_async=False):
    """Reads `most` pieces, or all, and closes; returns (pieces, error)."""
    return asyncio.run(_fetch(client, request, most)) if is_async else _fetch_now(
        client, request, most)


def _fetch_now(client, request, most):
    got, response = [], None
    try:
        response = client._client.send(request)
        for piece in response.stream:
            got.append(piece)
            if most is not None and len(got) >= most:
                break
        return got, None
    except BaseException as error:  # pylint: disable=broad-except
        return got, error
    finally:
        if response is not None:
            response.stream.close()


async def _fetch(client, request, most):
    got, response = [], None
    try:
        response = await client._client.send(request)
        async for piece in response.stream:
            got.append(piece)
            if most is not None and len(got) >= most:
                break
        return got, None
    except BaseException as error:  # pylint: disable=broad-except
        return got, error
    finally:
        if response is not None:
            await response.stream.aclose()


def litellm_call(answer, messages=None, body_of_client=None, sent=None, headers=None,
                 call_type="acompletion", **values):
    """kwargs of LiteLLM's callbacks, with the parts that are read."""
    messages = messages or [{"role": "user", "content": "hi"}]
    record = {"id": "x", "call_type": call_type, "status": "success", "stream": None,
              "startTime": 1700000000.25, "endTime": 1700000001.5, "model": "openai/m",
              "model_group": "alias", "trace_id": "t", "messages": messages,
              "model_parameters": {"temperature": .5}, "response": answer,
              "error_information": None, "cache_hit": False, **values}
    return {"standard_logging_object": record, "call_type": call_type,
            "litellm_params": {"proxy_server_request": {"body": body_of_client,
                                                        "headers": headers or {}}},
            "additional_args": {"complete_input_dict": sent}}


def encoded(value):
    return json.dumps(value).encode()
