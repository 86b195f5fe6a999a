#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the model of train.py as a GGUF file of 16-bit floats for llama.cpp.

  export.py --from FOLDER --out reasoner-f16.gguf
"""
import argparse
import json
import pathlib

import gguf
import numpy as np

import problems
import tokenizer as tokenizers_of_ours
import train

HERE = pathlib.Path(__file__).resolve().parent


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="source", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    parameters = train.initial(0)
    parameters, _, step = train.load(options.source / "checkpoint.npz", parameters,
                                     (train.zeros(parameters), train.zeros(parameters)))
    bpe = json.loads((options.source / "tokenizer.json").read_text())["model"]
    tokens = sorted(bpe["vocab"], key=bpe["vocab"].get)

    w = gguf.GGUFWriter(options.out, "llama")
    w.add_name("reasonwatch test reasoner")
    w.add_description(f"{step} steps; {problems.SYSTEM_PROMPT}")
    w.add_license("apache-2.0")
    w.add_context_length(4096)
    w.add_embedding_length(train.WIDTH)
    w.add_block_count(train.LAYERS)
    w.add_feed_forward_length(train.FEED)
    w.add_head_count(train.HEADS)
    w.add_head_count_kv(train.KV_HEADS)
    w.add_rope_dimension_count(train.HEAD)
    w.add_rope_freq_base(train.ROPE_BASE)
    w.add_layer_norm_rms_eps(train.EPSILON)
    w.add_vocab_size(len(tokens))
    w.add_file_type(gguf.LlamaFileType.MOSTLY_F16)

    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("qwen2")
    w.add_token_list(tokens)
    # Marks the reasoning markers as text that a client may see.
    kinds = {"<think>": gguf.TokenType.USER_DEFINED, "</think>": gguf.TokenType.USER_DEFINED}
    w.add_token_types([kinds.get(t, gguf.TokenType.CONTROL)
                       if t in tokenizers_of_ours.SPECIAL else gguf.TokenType.NORMAL
                       for t in tokens])
    w.add_token_merges([" ".join(m) if isinstance(m, list) else m for m in bpe["merges"]])
    end = tokens.index("<|end|>")
    w.add_bos_token_id(end)
    w.add_eos_token_id(end)
    w.add_pad_token_id(end)
    w.add_add_bos_token(False)
    w.add_chat_template((HERE / "chat_template.jinja").read_text())

    w.add_tensor("token_embd.weight", parameters["embedding"].astype(np.float16))
    w.add_tensor("output_norm.weight", parameters["final_norm"])
    names = {"q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output",
             "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down"}
    for layer in range(train.LAYERS):
        for norm, name in (("attention_norm", "attn_norm"), ("feed_norm", "ffn_norm")):
            w.add_tensor(f"blk.{layer}.{name}.weight", parameters["layers"][norm][layer])
        for key, name in names.items():
            w.add_tensor(f"blk.{layer}.{name}.weight", np.ascontiguousarray(
                parameters["layers"][key][layer].T).astype(np.float16))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    print(f"{options.out}: {step} steps, {options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
