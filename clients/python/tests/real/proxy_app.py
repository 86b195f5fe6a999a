# SPDX-License-Identifier: Apache-2.0
"""A gateway in FastAPI before the server of UPSTREAM, with the middleware.

    UPSTREAM=http://127.0.0.1:8000 uvicorn proxy_app:app --port PORT
"""
import os

import fastapi
import httpx
from fastapi.responses import StreamingResponse

from reasonwatch.asgi import Tap

client = httpx.AsyncClient(base_url=os.environ["UPSTREAM"], timeout=120, trust_env=False)
app = fastapi.FastAPI()
app.add_middleware(Tap)


@app.post("/v1/chat/completions")
async def chat(request: fastapi.Request):
    upstream = client.build_request("POST", "/v1/chat/completions", content=await request.body(),
                                    headers={"content-type": "application/json"})
    answer = await client.send(upstream, stream=True)
    return StreamingResponse(answer.aiter_bytes(), answer.status_code,
                             media_type=answer.headers["content-type"])


@app.get("/counts")
async def counts():
    return {}
