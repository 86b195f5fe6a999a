# SPDX-License-Identifier: Apache-2.0
"""Raw rows: one exchange as a line of JSON (raw_row.md has the keys).

Lines are built on the sender's thread. It shares the interpreter lock with the host, so
nothing here holds that lock for long: bodies that are JSON are copied and not parsed, and
a string is escaped in pieces.
"""
from __future__ import annotations

import codecs
import json
import math
import re
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from ._settings import Settings

# Headers that name a request, a session, a user or a client, and none that can prove who
# somebody is.
REQUEST_HEADERS = frozenset((
    "x-request-id", "request-id", "x-client-request-id", "traceparent", "user-agent",
    "x-reasonwatch-origin", "x-reasonwatch-route", "x-reasonwatch-replica", "x-reasonwatch-task",
    "x-reasonwatch-session", "x-session-id", "session-id", "session_id", "x-conversation-id",
    "x-litellm-session-id", "x-openwebui-chat-id", "x-claude-code-session-id", "x-user-id",
    "x-openwebui-user-id"))
RESPONSE_HEADERS = frozenset(("content-type", "x-request-id"))
HEADER_CHARACTERS = 1024

# Last words of the paths that ask a model for text, behind a slash or Google's colon. The
# daemon knows the same ones.
PATH_ENDS = frozenset((
    "completions", "completion", "responses", "messages", "chat", "generate", "generate_stream",
    "generateContent", "streamGenerateContent", "converse", "converse-stream", "invoke",
    "invoke-with-response-stream", "invocations", "infer", "rawPredict", "streamRawPredict"))

COMPLETE = "complete"
CLIENT_ABORT = "client_abort"
UPSTREAM_RESET = "upstream_reset"

PIECE = 32 * 1024  # handled without a pause; well under a millisecond
CHECKED = 64 * 1024  # a body of the host's that is parsed only to see that it is JSON
PARSED = 1 << 20  # bytes of the longest body that is parsed if it must be
_escape = json.encoder.encode_basestring


class Unreadable(Exception):
    """A body that no row can be made of; the message is the reason that is counted."""


class NotReported(Exception):
    """A failure that is the caller's mistake; nothing is lost without it."""


def is_watched(method: str, path: str) -> bool:
    if method != "POST":
        return False
    word = path.rstrip("/").rpartition("/")[2].rpartition(":")[2]
    return word in PATH_ENDS


def is_reported(status: int) -> bool:
    """Answers, and failures of the server; other statuses are the caller's mistakes."""
    return 200 <= status < 300 or status >= 500


def few_headers(headers: Iterable[tuple[str, str]], wanted: frozenset[str]) -> dict[str, str]:
    """Returns the wanted headers and no other: none of them ever holds a secret."""
    found: dict[str, str] = {}
    for name, value in headers:
        name = name.lower()
        if name in wanted:
            found.setdefault(name, value[:HEADER_CHARACTERS])
    return found


def timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def breathe() -> None:
    """Lets the host's threads have the interpreter lock at once, not after its usual 5 ms."""
    time.sleep(0.0005)


# --- Bodies -----------------------------------------------------------------------------------


def decode(data: bytes, encoding: str, limit: int) -> bytes:
    """Undoes Content-Encoding; raises Unreadable for one that is unknown or a bomb. A body that
    was cut gives the part that arrived."""
    for name in reversed([part.strip().lower() for part in encoding.split(",")]):
        if name in ("", "identity"):
            continue
        if name in ("gzip", "x-gzip"):
            data = _inflate(data, 31, limit)
        elif name == "deflate":
            try:
                data = _inflate(data, 15, limit)
            except Unreadable:
                data = _inflate(data, -15, limit)
        elif name == "br":
            data = _foreign("brotli", "brotlicffi", data)
        elif name == "zstd":
            data = _foreign("compression.zstd", "zstandard", data)
        else:
            raise Unreadable("encoding")
    if len(data) > limit:
        raise Unreadable("too_large")
    return data


def _inflate(data: bytes, bits: int, limit: int) -> bytes:
    unpacker = zlib.decompressobj(bits)
    try:
        plain = unpacker.decompress(data, limit + 1)
    except zlib.error:
        raise Unreadable("encoding") from None
    if len(plain) > limit:
        raise Unreadable("too_large")
    return plain


def _foreign(first: str, second: str, data: bytes) -> bytes:
    """Decompresses with a package that the host has because it asked for this encoding."""
    import importlib
    for name in (first, second):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        try:
            if name == "zstandard":
                plain = module.ZstdDecompressor().decompressobj().decompress(data)
            else:
                plain = module.decompress(data)
            return bytes(plain)
        except Exception:
            raise Unreadable("encoding") from None
    raise Unreadable("encoding")


def json_string(data: bytes | str) -> Iterator[bytes]:
    """Yields a JSON string in pieces; broken UTF-8 becomes U+FFFD."""
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    yield b'"'
    for start in range(0, len(text), PIECE):
        yield _escape(text[start:start + PIECE])[1:-1].encode("utf-8", "replace")
        if len(text) > PIECE:
            breathe()
    yield b'"'


def looks_like_object(data: bytes) -> bool:
    head = data[:64].lstrip()
    tail = data[-64:].rstrip()
    return head.startswith(b"{") and tail.endswith(b"}")


def is_json(data: bytes, content_type: str, trusted: bool) -> bool:
    """True for one JSON object. Lines of JSON are none, though they begin and end like one."""
    if not looks_like_object(data):
        return False
    kind = content_type.split(";")[0].strip().lower()
    if trusted and (kind == "application/json" or kind.endswith("+json")):
        return True
    if len(data) > PARSED:
        return False
    try:
        return isinstance(json.loads(data), dict)
    except (ValueError, RecursionError):
        return False


def is_text(content_type: str) -> bool:
    """False for sounds, pictures and the binary streams of some vendors."""
    kind = content_type.split(";")[0].strip().lower()
    return not kind or kind.startswith("text/") or "json" in kind


def one_line(data: bytes) -> Iterator[bytes]:
    """Yields a JSON text on one line: a line break in it can only be white space. Broken UTF-8
    becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    data = data.strip()
    for start in range(0, len(data), PIECE):
        piece = data[start:start + PIECE]
        if not piece.isascii() or decoder.getstate()[0]:
            piece = decoder.decode(piece, start + PIECE >= len(data)).encode()
        yield piece.replace(b"\n", b" ").replace(b"\r", b" ")
        if len(data) > PIECE:
            breathe()


def is_event_stream(data: bytes, content_type: str) -> bool:
    if content_type.lower().startswith("text/event-stream"):
        return True
    return data[:64].lstrip().startswith((b"data:", b"event:"))


# --- Secrets ----------------------------------------------------------------------------------

# Keys that hold a secret. They are looked for outside of what the model reads.
_SECRETS = ("api_key", "apikey", "api-key", "authorization", "cookie", "password", "secret",
            "access_key", "credential", "bearer", "private_key", "auth_token", "access_token",
            "session_token")
_HOLDERS = frozenset(("headers", "extra_headers", "default_headers", "secret_fields"))
_TEXT = frozenset(("messages", "input", "prompt", "system", "instructions", "tools", "functions",
                   "response_format", "text", "logit_bias", "stop", "tool_choice"))


def _is_secret(key: str) -> bool:
    key = key.lower()
    return key in _HOLDERS or key == "token" or any(word in key for word in _SECRETS)


def without_secrets(value: Any, depth: int = 0) -> Any:
    """Copies a request without keys that hold secrets. The text that the model reads is kept as
    it is: a tool may well have an argument of such a name."""
    if depth > 8:
        return None
    if isinstance(value, Mapping):
        return {key: each if key in _TEXT and depth < 2 else without_secrets(each, depth + 1)
                for key, each in list(value.items())
                if isinstance(key, str) and not _is_secret(key)}
    if isinstance(value, (list, tuple)):
        return [without_secrets(each, depth + 1) for each in value]
    return value


# Beginnings of keys that may hold a secret, in JSON, and the rest of such a key. In a
# string's text each quote is escaped, so that it ends no key.
_HINTS = tuple(word.encode() for word in (*_SECRETS, *(f'"{each}"' for each in _HOLDERS),
                                          '"token"'))
_REST_OF_KEY = re.compile(rb'(?:[^"\\]{0,64}"|(?<="))\s{0,64}:')
_OVERLAP = 256


def _may_hold_secrets(data: bytes) -> bool:
    for start in range(0, len(data), PIECE):
        piece = data[max(0, start - _OVERLAP):start + PIECE]
        lower = piece.lower()
        for hint in _HINTS:
            at = lower.find(hint)
            while at >= 0:
                at += len(hint)
                if _REST_OF_KEY.match(piece, at):
                    return True
                at = lower.find(hint, at)
        if len(data) > PIECE:
            breathe()
    return False


def request_json(data: bytes, trusted: bool) -> Iterable[bytes] | None:
    """The request's body as one line; None if it is no JSON object. `trusted`: the server took
    it, so that a body too long to be parsed here is JSON. Raises Unreadable for such a body if
    it would have to be parsed."""
    if not looks_like_object(data):
        return None
    suspect = _may_hold_secrets(data)
    if trusted and not suspect and len(data) > CHECKED:
        return one_line(data)
    if len(data) > PARSED:
        raise Unreadable("too_large")
    constants: list[str] = []
    try:
        value = json.loads(data, parse_constant=constants.append)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    if suspect or constants:  # NaN, which is no JSON, has become null
        return (dumps(without_secrets(value)),)
    return one_line(data)


def dumps(value: Any) -> bytes:
    """JSON of anything; a value that JSON has no form for becomes null, and never its repr()."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain,
                          allow_nan=False)
    except ValueError:
        # JSON has no NaN; Python's own spelling of it would spoil the line.
        text = json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _finite(value: Any, depth: int = 0) -> Any:
    if depth > 50:
        return None
    if isinstance(value, Mapping):
        return {str(key): _finite(each, depth + 1) for key, each in list(value.items())}
    if isinstance(value, (list, tuple)):
        return [_finite(each, depth + 1) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (str, int, float)):
        return value
    return _finite(_plain(value), depth + 1)


def _plain(value: Any) -> Any:
    dump = getattr(value, "model_dump", None)
    return dump() if callable(dump) else None


# --- Rows -------------------------------------------------------------------------------------


def labels(settings: Settings) -> dict[str, Any]:
    return {name: value for name, value in (("route", settings.route),
                                            ("replica", settings.replica)) if value}


def join(head: Mapping[str, Any], request: Iterable[bytes] | None,
         response: Iterable[bytes]) -> bytes:
    """A whole line, with its line break."""
    parts = [dumps(head)[:-1], b',"request":']
    parts += (b"null",) if request is None else request
    parts.append(b',"response":')
    parts += response
    parts.append(b"}\n")
    return b"".join(parts)
