# SPDX-License-Identifier: Apache-2.0
"""Callback for LiteLLM, its proxy and its SDK.

    litellm_settings: {callbacks: ["reasonwatch.litellm.tap"]}      # the proxy's configuration
    litellm.callbacks = [reasonwatch.litellm.tap]                   # the SDK

The callback keeps references only; LiteLLM's own record of the call becomes a row on the
sender's thread. A call whose text LiteLLM was asked to redact is not sent, nor is an answer
from LiteLLM's cache.
"""
from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import _row
from ._sender import Sender, shared

if TYPE_CHECKING:
    class CustomLogger:
        def __init__(self, **values: Any) -> None: ...
else:
    try:
        from litellm.integrations.custom_logger import CustomLogger
    except ImportError:  # without LiteLLM nobody calls it
        CustomLogger = object

REDACTED = "redacted-by-litellm"
PATHS = {"completion": "/v1/chat/completions", "acompletion": "/v1/chat/completions",
         "text_completion": "/v1/completions", "atext_completion": "/v1/completions",
         "responses": "/v1/responses", "aresponses": "/v1/responses",
         "anthropic_messages": "/v1/messages"}
CLIENT_LEFT = 499
# Members of a request that hold text; a failed call is sent without them, since LiteLLM
# redacts no failures.
TEXT = frozenset(("messages", "input", "prompt", "system", "instructions"))
MOST_NODES = 2000  # looked at for a rough size


class Tap(CustomLogger):
    """The callback; `sender` is the process's own unless one is given."""

    def __init__(self, sender: Sender | None = None) -> None:
        super().__init__()
        self._sender = sender

    async def async_log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any,
                                      end_time: Any) -> None:
        self._observe(kwargs, response_obj)

    async def async_log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any,
                                      end_time: Any) -> None:
        self._observe(kwargs, None)

    def log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any,
                          end_time: Any) -> None:
        self._observe(kwargs, response_obj)

    def log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any,
                          end_time: Any) -> None:
        self._observe(kwargs, None)

    def _observe(self, kwargs: Any, response: Any) -> None:
        """Never raises."""
        try:
            sender = self._sender or shared()
            if sender.settings.disabled:
                return
            call = kwargs.get("standard_logging_object")
            if call is None:
                if PATHS.get(str(kwargs.get("call_type") or "")):
                    sender.drop("no_record")
                return
            path = PATHS.get(str(call.get("call_type") or ""))
            if path is None:
                return
            if call.get("cache_hit"):
                sender.count("not_reported")
                return
            sender.put(_Call(sender, path, call, kwargs, response))
        except Exception:
            try:
                (self._sender or shared()).count("errors_tap")
            except Exception:
                pass


class _Call:
    """A call that LiteLLM has logged."""

    __slots__ = ("_sender", "_path", "_call", "_body", "_headers", "_sent", "_response", "size")

    def __init__(self, sender: Sender, path: str, call: Mapping[str, Any],
                 kwargs: Mapping[str, Any], response: Any) -> None:
        parameters = kwargs.get("litellm_params") or {}
        asked = parameters.get("proxy_server_request") or {}
        self._sender = sender
        self._path = path
        self._call = call
        self._body = asked.get("body")
        self._headers = asked.get("headers") or {}
        self._sent = (kwargs.get("additional_args") or {}).get("complete_input_dict")
        self._response = call.get("response") or response
        self.size = rough_size((call.get("messages"), self._body, self._response)) + 1024

    def line(self) -> bytes:
        call = self._call
        error = call.get("error_information") or {}
        code = _integer(error.get("error_code"))
        is_failure = call.get("status") == "failure"
        status = 200
        end = _row.COMPLETE
        if error.get("error_class") == "ClientDisconnected" or code == CLIENT_LEFT:
            end = _row.CLIENT_ABORT
        elif is_failure:
            status = code or 500
            end = _row.UPSTREAM_RESET
            if status < 500:
                raise _row.NotReported
        response = None if is_failure else self._response
        if _is_redacted(call.get("messages")) or _is_redacted(response):
            raise _row.Unreadable("redacted")
        head: dict[str, Any] = {
            "source": "litellm", "path": self._path, "status": status,
            "time": _row.timestamp(_seconds(call.get("startTime"))),
            "end_time": _row.timestamp(_seconds(call.get("endTime"))),
            "request_headers": _row.few_headers(
                ((str(name), str(value)) for name, value in list(self._headers.items())),
                _row.REQUEST_HEADERS),
            "transport_end": end, "streamed": bool(call.get("stream")),
            **_row.labels(self._sender.settings)}
        if call.get("model"):
            head["served_by"] = str(call["model"])
        if call.get("trace_id"):
            head["trace_id"] = str(call["trace_id"])
        if isinstance(self._sent, Mapping):
            head["sent_request"] = self._shown(self._sent, is_failure)
        _row.breathe()
        request = _row.dumps(self._shown(self._request(), is_failure))
        _row.breathe()
        answer = b"null" if response is None else _row.dumps(response)
        limit = self._sender.settings.body_bytes
        if len(answer) > limit:
            raise _row.Unreadable("too_large")
        if len(request) > limit:
            head["request_cut"] = True
            head.pop("sent_request", None)
            return _row.join(head, None, (answer,))
        return _row.join(head, (request,), (answer,))

    def _request(self) -> Mapping[str, Any]:
        """The client's own body, where it came through the proxy; else the call's arguments."""
        if isinstance(self._body, Mapping) and self._body:
            return self._body
        call = self._call
        made: dict[str, Any] = {"model": call.get("model_group") or call.get("model"),
                                **(call.get("model_parameters") or {})}
        made["input" if self._path == "/v1/responses" else "messages"] = call.get("messages")
        return made

    @staticmethod
    def _shown(request: Mapping[str, Any], is_failure: bool) -> Any:
        """A request as it may be sent: without secrets and LiteLLM's own bookkeeping."""
        kept = {key: value for key, value in list(request.items())
                if key not in ("litellm_metadata", "proxy_server_request", "litellm_params")
                and not (is_failure and key in TEXT)}
        return _row.without_secrets(kept)


def _is_redacted(value: Any) -> bool:
    """True if one of the texts was replaced by LiteLLM."""
    return any(node == REDACTED for node in itertools.islice(_walk(value), MOST_NODES))


def _walk(value: Any) -> Any:
    """Yields the leaves of a record, the early ones first."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            waiting.extend(reversed(list(node.values())))
        elif isinstance(node, (list, tuple)):
            waiting.extend(reversed(node))
        else:
            yield node


def rough_size(value: Any) -> int:
    """Bytes of the texts in a record, without writing it out; of its first parts only."""
    return sum(len(node) if isinstance(node, (str, bytes)) else 8
               for node in itertools.islice(_walk(value), MOST_NODES))


def _integer(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


def _seconds(value: Any) -> float:
    stamp = getattr(value, "timestamp", None)
    if callable(stamp):
        return float(stamp())
    return float(value) if isinstance(value, (int, float)) and value > 0 else time.time()


tap = Tap()
