# SPDX-License-Identifier: Apache-2.0
"""Byte-level BPE with single digits, split as llama.cpp's "qwen2" does."""
import random

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

import problems

SPECIAL = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>", "<think>", "</think>"]
VOCABULARY = 558
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
         r"|\s*[\r\n]+|\s+(?!\S)|\s+")


def train(seed=1):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    texts = [problems.SYSTEM_PROMPT]
    for p in problems.problems(seed, 4000):
        texts += [p.question, p.reasoning, p.conclusion()]
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=SPECIAL, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return tokenizer


if __name__ == "__main__":
    t = train()
    p = problems.make(random.Random(3))
    print(t.get_vocab_size(), p, t.encode(p.question).tokens, t.encode(p.reply()).tokens)
