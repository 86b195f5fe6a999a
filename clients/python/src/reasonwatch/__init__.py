# SPDX-License-Identifier: Apache-2.0
"""Sends the answers of a model to a Reasonwatch daemon, without slowing the host.

reasonwatch.asgi.Tap      middleware for vLLM and every other ASGI application
reasonwatch.litellm.tap   callback for LiteLLM
reasonwatch.openai.watch  wraps a client of the openai package
"""
from __future__ import annotations

from ._sender import Sender, shared
from ._settings import Settings
from ._version import VERSION as __version__


def flush(seconds: float | None = None) -> bool:
    """Waits, for `seconds` at most, until what was queued is delivered; False if it was not."""
    try:
        return shared().flush(seconds)
    except Exception:
        return False


def counts() -> dict[str, int]:
    """Numbers of responses that this process queued, sent and dropped, by name."""
    try:
        return shared().counts()
    except Exception:
        return {}


__all__ = ["Sender", "Settings", "__version__", "counts", "flush", "shared"]
