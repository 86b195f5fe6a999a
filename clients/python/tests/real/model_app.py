# SPDX-License-Identifier: Apache-2.0
"""A model server in FastAPI for the tests, its answers computed from the prompt.

The model's name says in which form: rc (reasoning_content), r (reasoning), think (inline),
plain. "-cut" ends a stream with an exception, "-slow" puts 20 ms between pieces. TAP=1 adds
the middleware, STREAM_MS is the pause of a usual stream.

    TAP=1 uvicorn model_app:app --port PORT
"""
import asyncio
import json
import os

import fastapi
from fastapi.responses import JSONResponse, StreamingResponse

import reasonwatch
from reasonwatch.asgi import Tap

PAUSE = float(os.environ.get("STREAM_MS", "0")) / 1000
PIECES = int(os.environ.get("STREAM_PIECES", "8"))
app = fastapi.FastAPI()
if os.environ.get("TAP") == "1":
    app.add_middleware(Tap)


def texts(prompt):
    """(reasoning, answer) of a prompt; ask.py expects the same."""
    return f"Let me see: {prompt} 🙂 \"quoted\"\nsecond line. " * 8, f"The answer to {prompt} is\n42."


def messages(model, prompt):
    reasoning, answer = texts(prompt)
    if model.startswith("rc"):
        return [{"reasoning_content": reasoning}, {"content": answer}]
    if model.startswith("r"):
        return [{"reasoning": reasoning}, {"content": answer}]
    if model.startswith("think"):
        return [{"content": f"<think>\n{reasoning}\n</think>\n\n{answer}"}]
    return [{"content": answer}]


USAGE = {"prompt_tokens": 11, "completion_tokens": 37, "total_tokens": 48,
         "completion_tokens_details": {"reasoning_tokens": 29}}


def whole(model, prompt):
    message = {"role": "assistant", "content": None}
    for part in messages(model, prompt):
        message.update(part)
    return {"id": f"chatcmpl-{prompt}", "object": "chat.completion", "created": 1, "model": model,
            "system_fingerprint": "fp_1", "usage": USAGE,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}


def chunks(model, prompt):
    """The deltas of a stream: every part in PIECES pieces."""
    yield {"role": "assistant", "content": ""}
    for part in messages(model, prompt):
        for key, text in part.items():
            step = max(1, -(-len(text) // PIECES))
            for start in range(0, len(text), step):
                yield {key: text[start:start + step]}


def line(model, prompt, delta, finish=None):
    chunk = {"id": f"chatcmpl-{prompt}", "object": "chat.completion.chunk", "created": 1,
             "model": model, "system_fingerprint": "fp_1",
             "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return f"data: {json.dumps(chunk)}\n\n"


async def stream(model, prompt):
    sent = 0
    pause = .02 if model.endswith("-slow") else PAUSE
    for delta in chunks(model, prompt):
        if pause:
            await asyncio.sleep(pause)
        yield line(model, prompt, delta)
        sent += 1
        if model.endswith("-cut") and sent == 4:
            raise RuntimeError("the model server broke off")
    yield line(model, prompt, {}, "stop")
    yield "data: [DONE]\n\n"


@app.post("/v1/chat/completions")
async def chat(request: fastapi.Request):
    body = await request.json()
    model, prompt = body["model"], body["messages"][-1]["content"]
    if body.get("stream"):
        return StreamingResponse(stream(model, prompt), media_type="text/event-stream")
    if model.endswith("-slow"):
        await asyncio.sleep(1)
    if model.endswith("-cut"):
        return JSONResponse({"error": {"message": "out of memory", "code": 500}}, 500)
    return whole(model, prompt)


@app.get("/counts")
async def counts():
    return {"pid": os.getpid(), **reasonwatch.counts()}
