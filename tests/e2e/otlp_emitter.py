# SPDX-License-Identifier: Apache-2.0
"""Asks a model through a real client that a real instrumentation watches; otlp_test.py runs it in
the environment of that instrumentation.

    python otlp_emitter.py EMITTER PROTOCOL SERVER_URL GRPC_PORT HTTP_PORT TAP_PORT < QUESTIONS

QUESTIONS is JSON: [{"model", "question", "stream"}], with "system" and "max_tokens" if wanted. The
spans and log records go to the first two ports, the generations of agento11y's SDK to the last. The
emitter `plain` is the client alone."""
import json
import os
import sys

EMITTER, PROTOCOL, URL, GRPC, HTTP, TAP = sys.argv[1:7]
QUESTIONS = json.load(sys.stdin)

os.environ["NO_PROXY"] = "127.0.0.1"
os.environ["OTEL_SERVICE_NAME"] = "test-app"
os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = {
    "openai-v2": "true", "genai-openai": "span_and_event"}.get(EMITTER, "true")
os.environ["TRACELOOP_TRACE_CONTENT"] = "true"


def exporters():
    """Returns the exporters of spans and of log records."""
    if PROTOCOL == "grpc":
        from grpc import Compression
        from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        where = {"endpoint": f"http://127.0.0.1:{GRPC}", "insecure": True,
                 "compression": Compression.Gzip}
        return OTLPSpanExporter(**where), OTLPLogExporter(**where)
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    url = f"http://127.0.0.1:{HTTP}/v1"
    return (OTLPSpanExporter(endpoint=f"{url}/traces", compression=Compression.Gzip),
            OTLPLogExporter(endpoint=f"{url}/logs", compression=Compression.Gzip))


def instrument():
    """Returns a function that waits until everything is exported."""
    from opentelemetry import trace
    from opentelemetry._logs import set_logger_provider
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    spans, logs = exporters()
    tracers, loggers = TracerProvider(), LoggerProvider()
    tracers.add_span_processor(BatchSpanProcessor(spans))
    loggers.add_log_record_processor(BatchLogRecordProcessor(logs))
    trace.set_tracer_provider(tracers)
    set_logger_provider(loggers)
    if EMITTER == "genai-openai":
        from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
    elif EMITTER == "openai-v2":
        from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
    elif EMITTER == "openllmetry":
        from opentelemetry.instrumentation.openai import OpenAIInstrumentor
    elif EMITTER == "openinference":
        from openinference.instrumentation.openai import OpenAIInstrumentor
    else:
        sys.exit(f"no emitter {EMITTER}")
    OpenAIInstrumentor().instrument()

    def flush():
        tracers.shutdown()
        loggers.shutdown()
    return flush


def request_of(row):
    return {"model": row["model"], "temperature": .5, "max_tokens": row.get("max_tokens", 900),
            "messages": [{"role": "system", "content": row.get("system", "Be brief.")},
                         {"role": "user", "content": row["question"]}]}


STREAM = {"stream": True, "stream_options": {"include_usage": True}}


def with_spans():
    flush = instrument() if EMITTER != "plain" else None
    import openai
    client = openai.OpenAI(base_url=URL, api_key="none", max_retries=0)
    for row in QUESTIONS:
        if row["stream"]:
            for _ in client.chat.completions.create(**STREAM, **request_of(row)):
                pass
        else:
            client.chat.completions.create(**request_of(row))
    if flush:
        flush()


def with_agento11y():
    import openai
    from agento11y import Client, ClientConfig, GenerationExportConfig
    from agento11y_openai import ChatCompletionsStreamSummary, OpenAIOptions, chat
    recorder = Client(ClientConfig(generation_export=GenerationExportConfig(
        protocol="grpc", endpoint=f"http://127.0.0.1:{TAP}")))
    client = openai.OpenAI(base_url=URL, api_key="none", max_retries=0)
    options = OpenAIOptions(agent_name="test-app")
    for row in QUESTIONS:
        if row["stream"]:
            chat.completions.stream(
                recorder, STREAM | request_of(row),
                lambda request: ChatCompletionsStreamSummary(
                    events=list(client.chat.completions.create(**request))), options)
        else:
            chat.completions.create(
                recorder, request_of(row),
                lambda request: client.chat.completions.create(**request), options)
    recorder.shutdown()


if EMITTER == "agento11y":
    with_agento11y()
else:
    with_spans()
