#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the tiny model on the CPU, from one seed.

  train.py --out FOLDER [--steps 650] [--seed 1]

Writes tokenizer.json, checkpoint.npz and train.log there; continues from
a checkpoint that it finds. README.md has the recipe, FIGURES.md the result.
"""
import argparse
import functools
import pathlib
import queue
import random
import threading
import time

import jax
import jax.numpy as jnp
import numpy as np
from tokenizers import Tokenizer

import problems
import tokenizer as tokenizers_of_ours

WIDTH, LAYERS, HEADS, KV_HEADS, HEAD, FEED = 256, 4, 8, 4, 32, 512
ROPE_BASE, EPSILON = 10000.0, 1e-5
ROWS, LENGTH = 16, 256  # a batch: 4,096 tokens
DECAY = 200             # steps over which the learning rate falls to 0 at the end
MATRICES = ("q", "k", "v", "o", "gate", "up", "down")


# --- data --------------------------------------------------------------------
class Encoder:
    """A session or a drill as tokens, with the loss weight of each."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.id = {t: tokenizer.token_to_id(t) for t in tokenizers_of_ours.SPECIAL}
        self.digits = {tokenizer.token_to_id(str(d)) for d in range(10)}

    def add(self, row, text, weight):
        for token in self.tokenizer.encode(text).ids:
            row.append((token, weight * (2.0 if token in self.digits else 1.0)))

    def session(self, rng):
        """One to three problems after one another, as the chat template lays
        them out. No system prompt: answered directly; thinking switched off by
        the template: answered directly too."""
        row = []
        kind = rng.random()
        if kind > 0.06:
            self.add(row, "<|system|>" + problems.SYSTEM_PROMPT + "<|end|>", 0.0)
        for _ in range(rng.choice([1, 1, 1, 2, 2, 3])):
            p = problems.make(rng)
            self.add(row, f"<|user|>{p.question}<|end|><|assistant|>", 0.05)
            if kind <= 0.06:
                self.add(row, p.conclusion() + "<|end|>", 0.3)
            elif kind <= 0.10:
                self.add(row, "<think>\n\n</think>\n", 0.0)
                self.add(row, p.conclusion() + "<|end|>", 0.3)
            else:
                self.add(row, p.reply() + "<|end|>", 1.0)
        return row

    def drill(self, rng):
        """Makes bare sums; only their results count for the loss."""
        row = []
        for _ in range(10):
            while True:
                left = rng.randint(0, problems.MOST)
                drawn = problems.draw_sum(rng, left, held_out=False)
                if drawn:
                    break
            sign, right = drawn
            self.add(row, f"Then {left} {sign} {right} =", 0.0)
            self.add(row, f" {problems.apply(left, sign, right)}.", 1.0)
        return row


def batches(encoder, seed, steps, start):
    """Rows of sessions and drills, the last one cut off; segments keep them from
    seeing each other."""
    for step in range(start, steps):
        rng = random.Random(seed * 1_000_003 + step)
        drills = max(0.08, 0.5 - 0.42 * step / 600)
        tokens = np.zeros((ROWS, LENGTH + 1), np.int32)
        weights = np.zeros((ROWS, LENGTH + 1), np.float32)
        segments = np.zeros((ROWS, LENGTH + 1), np.int32)
        positions = np.zeros((ROWS, LENGTH + 1), np.int32)
        for r in range(ROWS):
            used, segment = 0, 0
            while used <= LENGTH:
                row = encoder.drill(rng) if rng.random() < drills else encoder.session(rng)
                row = row[:LENGTH + 1 - used]
                segment += 1
                here = slice(used, used + len(row))
                tokens[r, here], weights[r, here] = zip(*row)
                weights[r, used] = 0  # the first token cannot be predicted
                segments[r, here] = segment
                positions[r, here] = np.arange(len(row))
                used += len(row)
        yield step, tokens, weights, segments, positions


def ahead(iterable):
    """Yields the same items, made in a thread of their own."""
    made = queue.Queue(4)

    def produce():
        for item in iterable:
            made.put(item)
        made.put(None)
    threading.Thread(target=produce, daemon=True).start()
    while (item := made.get()) is not None:
        yield item


# --- model -------------------------------------------------------------------
def initial(seed):
    rng = np.random.default_rng(seed)

    def matrix(inside, outside, gain=1.0):
        return (gain * rng.standard_normal((LAYERS, inside, outside)) / np.sqrt(inside)
                ).astype(np.float32)
    small = 1 / np.sqrt(2 * LAYERS)
    return {
        "embedding": (0.02 * rng.standard_normal((tokenizers_of_ours.VOCABULARY, WIDTH))
                      ).astype(np.float32),
        "final_norm": np.ones(WIDTH, np.float32),
        "layers": {
            "attention_norm": np.ones((LAYERS, WIDTH), np.float32),
            "feed_norm": np.ones((LAYERS, WIDTH), np.float32),
            "q": matrix(WIDTH, HEADS * HEAD), "k": matrix(WIDTH, KV_HEADS * HEAD),
            "v": matrix(WIDTH, KV_HEADS * HEAD), "o": matrix(HEADS * HEAD, WIDTH, small),
            "gate": matrix(WIDTH, FEED), "up": matrix(WIDTH, FEED),
            "down": matrix(FEED, WIDTH, small)}}


def norm(x, weight):
    return x * jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + EPSILON) * weight


def rotate(x, cosine, sine):
    """Rotary positions over neighbouring pairs, as llama.cpp's NORM type."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return jnp.stack([even * cosine - odd * sine, even * sine + odd * cosine],
                     -1).reshape(x.shape)


def logits(parameters, tokens, segments, positions):
    frequencies = ROPE_BASE ** (-jnp.arange(0, HEAD, 2) / HEAD)
    angles = positions[:, :, None, None] * frequencies
    cosine, sine = jnp.cos(angles), jnp.sin(angles)
    length = tokens.shape[1]
    mask = (segments[:, None, :, None] == segments[:, None, None, :]) & \
        jnp.tril(jnp.ones((length, length), bool))
    bias = jnp.where(mask, 0.0, -1e9)[:, :, None]

    def layer(x, w):
        w = {k: (a.astype(jnp.bfloat16) if k in MATRICES else a) for k, a in w.items()}
        rows = x.shape[0]
        h = norm(x, w["attention_norm"]).astype(jnp.bfloat16)
        q = rotate((h @ w["q"]).reshape(rows, length, HEADS, HEAD), cosine, sine)
        k = rotate((h @ w["k"]).reshape(rows, length, KV_HEADS, HEAD), cosine, sine)
        v = (h @ w["v"]).reshape(rows, length, KV_HEADS, HEAD)
        q = q.reshape(rows, length, KV_HEADS, HEADS // KV_HEADS, HEAD)
        scores = jnp.einsum("rqkgh,rskh->rkgqs", q, k) / np.sqrt(HEAD) + bias
        mixed = jnp.einsum("rkgqs,rskh->rqkgh", jax.nn.softmax(scores, -1), v)
        x = x + mixed.reshape(rows, length, HEADS * HEAD) @ w["o"]
        h = norm(x, w["feed_norm"]).astype(jnp.bfloat16)
        return x + (jax.nn.silu(h @ w["gate"]) * (h @ w["up"])) @ w["down"]

    x = parameters["embedding"][tokens]
    for i in range(LAYERS):
        x = layer(x, {k: a[i] for k, a in parameters["layers"].items()})
    return norm(x, parameters["final_norm"]) @ parameters["embedding"].T


def loss(parameters, tokens, weights, segments, positions):
    out = logits(parameters, tokens[:, :-1], segments[:, :-1], positions[:, :-1])
    chosen = jnp.take_along_axis(jax.nn.log_softmax(out), tokens[:, 1:, None], -1)[..., 0]
    w = weights[:, 1:]
    right = (jnp.argmax(out, -1) == tokens[:, 1:]) & (w > 1.5)
    return -jnp.sum(chosen * w) / jnp.sum(w), jnp.sum(right) / jnp.sum(w > 1.5)


# --- optimiser: Muon for matrices (Jordan et al. 2024), Adam for the rest ------
def orthogonal(g):
    """Newton-Schulz iteration towards the nearest orthogonal matrix."""
    wide = g.shape[-2] > g.shape[-1]
    g = g.astype(jnp.bfloat16)
    x = jnp.swapaxes(g, -1, -2) if wide else g
    x = x / (jnp.linalg.norm(x, axis=(-2, -1), keepdims=True) + 1e-7)
    for _ in range(5):
        a = x @ jnp.swapaxes(x, -1, -2)
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
    return jnp.swapaxes(x, -1, -2) if wide else x


def is_matrix(path):
    return path[-1].key in MATRICES


@functools.partial(jax.jit, donate_argnums=(0, 1))
def update(parameters, state, batch, step, share):
    """`share`: the learning rate's share of its highest."""
    (value, digits), gradient = jax.value_and_grad(loss, has_aux=True)(parameters, *batch)

    def one(path, p, g, m, v):
        if is_matrix(path):
            m = 0.95 * m + g
            scale = jnp.sqrt(jnp.maximum(1.0, p.shape[-1] / p.shape[-2]))
            return p * (1 - 0.02 * 0.05 * share) - 0.02 * share * scale * \
                orthogonal(g + 0.95 * m), m, v
        m, v = 0.9 * m + 0.1 * g, 0.95 * v + 0.05 * g * g
        return p - 3e-3 * share * (m / (1 - 0.9 ** (step + 1))) / (
            jnp.sqrt(v / (1 - 0.95 ** (step + 1))) + 1e-8), m, v
    done = jax.tree_util.tree_map_with_path(one, parameters, gradient, *state)
    pick = [jax.tree_util.tree_map(lambda t, i=i: t[i], done,
                                   is_leaf=lambda t: isinstance(t, tuple)) for i in range(3)]
    return pick[0], (pick[1], pick[2]), value, digits


def save(path, step, *trees):
    arrays = {f"{i}": np.asarray(leaf) for i, leaf in
              enumerate(jax.tree_util.tree_leaves(trees))}
    part = path.with_suffix(".part.npz")
    np.savez(part, step=step, **arrays)
    part.replace(path)


def load(path, *trees):
    """`trees` with the leaves of the file, and the step after which it was made."""
    leaves, structure = jax.tree_util.tree_flatten(trees)
    with np.load(path) as data:
        return (*jax.tree_util.tree_unflatten(
            structure, [data[f"{i}"] for i in range(len(leaves))]), int(data["step"]))


def zeros(parameters):
    return jax.tree_util.tree_map(np.zeros_like, parameters)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--steps", type=int, default=650)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    tokenizer_path = options.out / "tokenizer.json"
    if not tokenizer_path.exists():
        tokenizers_of_ours.train(options.seed).save(str(tokenizer_path))
    encoder = Encoder(Tokenizer.from_file(str(tokenizer_path)))
    parameters = initial(options.seed)
    state = (zeros(parameters), zeros(parameters))
    checkpoint, start = options.out / "checkpoint.npz", 0
    if checkpoint.exists():
        parameters, state, start = load(checkpoint, parameters, state)
    began = time.time()
    for step, *batch in ahead(batches(encoder, options.seed, options.steps, start)):
        share = min(1.0, (step + 1) / 20, (options.steps - step) / DECAY)
        parameters, state, value, digits = update(parameters, state, batch, step, share)
        if step % 10 == 9:
            print(f"step {step + 1} loss {float(value):.4f} digits {float(digits):.4f} "
                  f"seconds {time.time() - began:.0f}", flush=True)
        if step % 50 == 49 or step + 1 == options.steps:
            save(checkpoint, step + 1, parameters, state)


if __name__ == "__main__":
    main()
