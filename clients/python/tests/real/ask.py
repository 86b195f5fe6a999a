# SPDX-License-Identifier: Apache-2.0
"""Asks a server with the openai package, and reports as JSON how many answers were right.

    ask.py URL [--models rc,r] [--number N] [--watch] [--sync] [--leave] [--prefix p]
               [--prompts FILE]

Every second request is streamed. --leave closes streams after two pieces, --watch wraps the
client. With --prompts (a JSON array) a real model is asked, whose answers are reported as
"texts" and not judged. Output: {"asked", "right", "failed": {error: n}, "counts", "texts"}.
"""
import argparse
import asyncio
import collections
import json
import pathlib

import openai

import model_app
import reasonwatch
import reasonwatch.openai

KEY = "sk-s3cret"


class Asker:
    def __init__(self, options):
        self.options = options
        self.failed = collections.Counter()
        self.right = 0
        self.wrong = []
        self.texts = {}
        self.prompts = []
        if options.prompts:
            self.prompts = json.loads(pathlib.Path(options.prompts).read_text())
            options.number = len(self.prompts)

    def request(self, number):
        models = self.options.models.split(",")
        model = models[number // 2 % len(models)]
        prompt = self.prompts[number] if self.prompts else f"{self.options.prefix}{number}"
        # LiteLLM leaves the counts out of a stream if they are not asked for.
        counts = {"stream_options": {"include_usage": True}} if number % 2 and self.prompts else {}
        return model, prompt, {
            **counts, "model": model, "messages": [{"role": "user", "content": prompt}],
            "stream": number % 2 == 1, "reasoning_effort": "high", "max_tokens": 99,
            "extra_headers": {"x-request-id": f"id-{self.options.prefix}{number}"}}

    def judge(self, model, prompt, got):
        """Whether the text that came is the one that was sent, in any field; LiteLLM moves
        inline thinking into a field and leaves some of the white space around it."""
        self.texts[prompt] = got
        if self.prompts:
            self.right += 1
            return
        reasoning, answer = model_app.texts(prompt)
        wanted = answer if model.startswith("plain") else reasoning + answer
        seen = got.replace("<think>", "").replace("</think>", "")
        if self.options.leave or seen.split() == wanted.split():
            self.right += 1
        else:
            self.wrong.append((model, prompt, got[:200]))

    @staticmethod
    def text(part):
        extra = getattr(part, "reasoning_content", None) or getattr(part, "reasoning", None) or ""
        return extra + (part.content or "")

    def one(self, client, number):
        model, prompt, request = self.request(number)
        try:
            made = client.chat.completions.create(**request)
            if not request["stream"]:
                self.judge(model, prompt, self.text(made.choices[0].message))
                return
            got = ""
            for n, chunk in enumerate(made):
                got += self.text(chunk.choices[0].delta) if chunk.choices else ""
                if self.options.leave and n == 1:
                    made.close()
                    break
            self.judge(model, prompt, got)
        except Exception as error:  # pylint: disable=broad-except
            self.failed[type(error).__name__] += 1

    async def one_async(self, client, number, room):
        async with room:
            model, prompt, request = self.request(number)
            try:
                made = await client.chat.completions.create(**request)
                if not request["stream"]:
                    self.judge(model, prompt, self.text(made.choices[0].message))
                    return
                got, n = "", 0
                async for chunk in made:
                    got += self.text(chunk.choices[0].delta) if chunk.choices else ""
                    n += 1
                    if self.options.leave and n == 2:
                        await made.close()
                        break
                self.judge(model, prompt, got)
            except Exception as error:  # pylint: disable=broad-except
                self.failed[type(error).__name__] += 1

    def all_sync(self):
        with openai.OpenAI(**self.arguments()) as client:
            if self.options.watch:
                reasonwatch.openai.watch(client)
            for number in range(self.options.number):
                self.one(client, number)

    async def all_async(self):
        async with openai.AsyncOpenAI(**self.arguments()) as client:
            if self.options.watch:
                reasonwatch.openai.watch(client)
            room = asyncio.Semaphore(8)
            await asyncio.gather(*(self.one_async(client, number, room)
                                   for number in range(self.options.number)))

    def arguments(self):
        return {"base_url": self.options.url + "/v1", "api_key": KEY, "max_retries": 0,
                "timeout": self.options.timeout}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--models", default="rc,r,think,plain")
    parser.add_argument("--number", type=int, default=40)
    parser.add_argument("--watch", action="store_true")
    parser.add_argument("--sync", action="store_true")
    parser.add_argument("--leave", action="store_true")
    parser.add_argument("--prefix", default="p")
    parser.add_argument("--prompts")
    parser.add_argument("--timeout", type=float, default=60)
    asker = Asker(parser.parse_args())
    if asker.options.sync:
        asker.all_sync()
    else:
        asyncio.run(asker.all_async())
    reasonwatch.flush(10)
    print(json.dumps({"asked": asker.options.number, "right": asker.right, "wrong": asker.wrong,
                      "failed": asker.failed, "counts": reasonwatch.counts(),
                      "texts": asker.texts if asker.prompts else {}}))


if __name__ == "__main__":
    main()
