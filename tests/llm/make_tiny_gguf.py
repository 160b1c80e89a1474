#!/usr/bin/env python3
"""Writes a language model with random weights: some 120,000 parameters, a vocabulary of bytes, nothing to download.

    make_tiny_gguf.py OUT.gguf [SEED]

One component of every embedding is constant, so that the output layer prefers some bytes whatever came before:
quotes and brackets are likely, and JSON that a grammar enforces closes its strings and lists soon. What it
says means nothing.
"""
import sys

import gguf
import numpy as np

WIDTH, LAYERS, HEADS, KV_HEADS, INNER, CONTEXT = 64, 2, 4, 2, 128, 65536
SPECIAL = ["<|bos|>", "<|eos|>", "<|im_start|>", "<|im_end|>"]
CHAT = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def byte_names():
    """The printable stand-ins that GPT-2's vocabulary has for bytes."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    names = {byte: chr(byte) for byte in printable}
    others = (byte for byte in range(256) if byte not in names)
    names.update({byte: chr(256 + at) for at, byte in enumerate(others)})
    return names


def preferences(size):
    """How much likelier than the rest each token is."""
    bias = np.zeros(size)
    likely = {'"': 3.0, "}": 2.5, "]": 2.5, ",": 0.5, ":": 0.5, "e": 0.5, "t": 0.5, "1": 1.0}
    rare = {"\n": -6, " ": -2, "\\": -6, "-": -2, ".": -2}
    for mark, amount in {**likely, **rare}.items():
        bias[ord(mark)] += amount
    bias[128:256] -= 8
    bias[0:32] -= 8
    bias[127] -= 8
    bias[257:] -= 8
    bias[size - 1] = 1.0
    return bias


def main():
    out = sys.argv[1]
    rng = np.random.default_rng(int(sys.argv[2]) if len(sys.argv) > 2 else 1)

    def random(*shape, scale=0.02):
        return (rng.standard_normal(shape) * scale).astype(np.float32)

    names = byte_names()
    tokens = [names[byte] for byte in range(256)] + [names[32] + "t"]
    size = len(tokens) + len(SPECIAL)
    writer = gguf.GGUFWriter(out, "llama")
    writer.add_name("tiny-random")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(size)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens + SPECIAL)
    writer.add_token_types([1] * len(tokens) + [3] * len(SPECIAL))
    writer.add_token_merges([f"{names[32]} t"])
    writer.add_bos_token_id(len(tokens))
    writer.add_eos_token_id(size - 1)
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT)
    embedding = random(size, WIDTH, scale=0.3)
    embedding[:, 0] = 4.0
    output = random(size, WIDTH, scale=0.05)
    output[:, 0] = preferences(size) / 6.0
    writer.add_tensor("token_embd.weight", embedding)
    narrow = WIDTH // HEADS * KV_HEADS
    shapes = {
        "attn_q": (WIDTH, WIDTH),
        "attn_k": (narrow, WIDTH),
        "attn_v": (narrow, WIDTH),
        "attn_output": (WIDTH, WIDTH),
        "ffn_gate": (INNER, WIDTH),
        "ffn_up": (INNER, WIDTH),
        "ffn_down": (WIDTH, INNER),
    }
    for layer in range(LAYERS):
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{norm}.weight", np.ones(WIDTH, np.float32))
        for name, shape in shapes.items():
            writer.add_tensor(f"blk.{layer}.{name}.weight", random(*shape))
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    writer.add_tensor("output.weight", output)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


main()
