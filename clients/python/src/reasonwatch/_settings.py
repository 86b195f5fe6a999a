# SPDX-License-Identifier: Apache-2.0
"""Settings of the package, from the environment.

A value that can't be read is logged and replaced by its default: a tap never keeps its
host from starting.
"""
from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

log = logging.getLogger("reasonwatch")

MIB = 1 << 20
DEFAULT_ENDPOINT = "http://127.0.0.1:9096"


@dataclass(frozen=True)
class Settings:
    """Everything that a sender can be configured with; sizes in bytes, times in seconds."""

    endpoint: str = DEFAULT_ENDPOINT
    token: str = ""
    token_file: str = ""  # read again for each connection, so that a token can be renewed
    ca_file: str = ""  # PEM; the system's authorities if empty
    client_cert: str = ""  # PEM, with client_key
    client_key: str = ""
    route: str = ""
    replica: str = ""
    disabled: bool = False
    queue_records: int = 4096
    queue_bytes: int = 32 * MIB
    in_flight: int = 4096  # exchanges that are copied at the same time
    in_flight_bytes: int = 64 * MIB
    body_bytes: int = 8 * MIB  # of one request or response
    batch_records: int = 512
    batch_bytes: int = 4 * MIB  # before compression
    linger: float = 0.2  # a batch waits so long for more records
    timeout: float = 10.0  # of one post
    backoff: float = 0.25  # doubled after each failure, up to backoff_limit
    backoff_limit: float = 30.0
    flush: float = 2.0  # deadline at exit

    def url(self) -> SplitResult:
        return urlsplit(self.endpoint)


def _integer(name: str, text: str, usual: int) -> int:
    try:
        value = int(text)
        if value > 0:
            return value
    except ValueError:
        pass
    log.warning("reasonwatch: %s is no positive number; %d is used", name, usual)
    return usual


def _seconds(name: str, text: str, usual: float) -> float:
    try:
        value = float(text)
        if 0 <= value < 3600:
            return value
    except ValueError:
        pass
    log.warning("reasonwatch: %s is no time in seconds; %g is used", name, usual)
    return usual


def _endpoint(text: str) -> str:
    try:
        url = urlsplit(text)
        if url.scheme in ("http", "https") and url.hostname and (url.port or True):
            return text.rstrip("/")
    except ValueError:
        pass
    log.warning("reasonwatch: REASONWATCH_ENDPOINT is no http:// or https:// URL; %s is used",
                DEFAULT_ENDPOINT)
    return DEFAULT_ENDPOINT


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Reads REASONWATCH_*; never raises."""
    env = os.environ if environment is None else environment

    def text(name: str) -> str:
        return env.get("REASONWATCH_" + name, "").strip()

    usual = Settings()
    return Settings(
        endpoint=_endpoint(text("ENDPOINT")) if text("ENDPOINT") else usual.endpoint,
        token=text("TOKEN"),
        token_file=text("TOKEN_FILE"),
        ca_file=text("CA_FILE"),
        client_cert=text("CLIENT_CERT"),
        client_key=text("CLIENT_KEY"),
        route=text("ROUTE"),
        replica=text("REPLICA"),
        disabled=text("DISABLED").lower() in ("1", "true", "yes", "on"),
        queue_records=(_integer("REASONWATCH_QUEUE_RECORDS", text("QUEUE_RECORDS"),
                                usual.queue_records)
                       if text("QUEUE_RECORDS") else usual.queue_records),
        queue_bytes=(_integer("REASONWATCH_QUEUE_BYTES", text("QUEUE_BYTES"), usual.queue_bytes)
                     if text("QUEUE_BYTES") else usual.queue_bytes),
        flush=(_seconds("REASONWATCH_FLUSH_SECONDS", text("FLUSH_SECONDS"), usual.flush)
               if text("FLUSH_SECONDS") else usual.flush),
    )
