#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns reasoner-f16.gguf into the folder that vLLM and SGLang load.

  to_safetensors.py OUT    needs gguf, numpy, safetensors, tokenizers
"""
import json
import pathlib
import sys

import gguf
import numpy as np
from safetensors.numpy import save_file

from tokenizer import SPLIT

HERE = pathlib.Path(__file__).resolve().parent
NAMES = {"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
         "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
         "ffn_down": "mlp.down_proj", "attn_norm": "input_layernorm",
         "ffn_norm": "post_attention_layernorm"}


def halves(weight, heads):
    """GGUF rotates neighbouring rows of a head, safetensors its two halves."""
    rows, columns = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(
        rows, columns)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    reader = gguf.GGUFReader(HERE / "reasoner-f16.gguf")

    def field(key):
        return reader.fields[key].contents()

    tensors = {t.name: np.array(t.data) for t in reader.tensors}
    heads, kv_heads = field("llama.attention.head_count"), field("llama.attention.head_count_kv")
    weights = {"model.embed_tokens.weight": tensors["token_embd.weight"],
               "model.norm.weight": tensors["output_norm.weight"]}
    for name, weight in tensors.items():
        if not name.startswith("blk."):
            continue
        _, layer, kind, _ = name.split(".")
        if kind in ("attn_q", "attn_k"):
            weight = halves(weight, heads if kind == "attn_q" else kv_heads)
        weights[f"model.layers.{layer}.{NAMES[kind]}.weight"] = weight
    save_file({k: np.ascontiguousarray(v.astype(np.float16)) for k, v in weights.items()},
              out / "model.safetensors", metadata={"format": "pt"})

    tokens, end = field("tokenizer.ggml.tokens"), field("tokenizer.ggml.eos_token_id")
    width = field("llama.embedding_length")
    (out / "config.json").write_text(json.dumps({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
        "hidden_size": width, "intermediate_size": field("llama.feed_forward_length"),
        "num_hidden_layers": field("llama.block_count"), "num_attention_heads": heads,
        "num_key_value_heads": kv_heads, "head_dim": width // heads,
        "max_position_embeddings": field("llama.context_length"),
        "rope_theta": field("llama.rope.freq_base"),
        "rms_norm_eps": field("llama.attention.layer_norm_rms_epsilon"),
        "vocab_size": len(tokens), "tie_word_embeddings": True, "torch_dtype": "float16",
        "attention_bias": False, "mlp_bias": False,
        "bos_token_id": end, "eos_token_id": end, "pad_token_id": end}, indent=1))
    kinds = field("tokenizer.ggml.token_type")
    special = (gguf.TokenType.CONTROL, gguf.TokenType.USER_DEFINED)
    (out / "tokenizer.json").write_text(json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "normalizer": None,
        "added_tokens": [{"id": i, "content": t, "single_word": False, "lstrip": False,
                          "rstrip": False, "normalized": False,
                          "special": kinds[i] == gguf.TokenType.CONTROL}
                         for i, t in enumerate(tokens) if kinds[i] in special],
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": SPLIT}, "behavior": "Isolated",
             "invert": False},
            {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
             "use_regex": False}]},
        "post_processor": None, "decoder": {"type": "ByteLevel", "add_prefix_space": True,
                                            "trim_offsets": True, "use_regex": True},
        "model": {"type": "BPE", "dropout": None, "unk_token": None,
                  "continuing_subword_prefix": None, "end_of_word_suffix": None,
                  "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                  "vocab": {t: i for i, t in enumerate(tokens)},
                  "merges": field("tokenizer.ggml.merges")}}))
    (out / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": tokens[end],
        "eos_token": tokens[end], "pad_token": tokens[end], "add_bos_token": False,
        "clean_up_tokenization_spaces": False}))
    (out / "generation_config.json").write_text(json.dumps({
        "bos_token_id": end, "eos_token_id": end, "pad_token_id": end}))
    (out / "chat_template.jinja").write_text((HERE / "chat_template.jinja").read_text())


if __name__ == "__main__":
    main()
