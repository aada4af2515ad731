#!/usr/bin/env python3
"""Writes the traffic of one training step, one collective a line, beside this file.

Shapes are published ones:
  GPT-2 124M   Radford et al., "Language Models are Unsupervised Multitask Learners" (2019), and the configuration on the
               model card: 12 layers, width 768, 12 heads, 50257 tokens, 1024 positions; input and output embeddings tied.
  Llama-3-8B   "The Llama 3 Herd of Models" (2024), table 3, and the configuration on the model card: 32 layers, width 4096,
               32 heads of 128, 8 of them for keys and values, feed-forward width 14336, 128256 tokens.

How the frameworks cut them:
  data         PyTorch DistributedDataParallel: gradients in the order in which they become ready (last parameter first),
               in buckets that close once they hold 25 MiB, the first one 1 MiB; one all-reduce a bucket.
  tensor       Megatron-LM (Shoeybi et al. 2019): activations are summed twice a layer forward and twice backward; once for
               the vocabulary-parallel embedding, once for the output layer's backward; three times for the loss.
  zero3        ZeRO stage 3 (Rajbhandari et al. 2020) as PyTorch FSDP does it: a layer is gathered before its forward and
               again before its backward, its gradients are reduce-scattered after that. Embeddings, output layer and last
               norm form the root unit, which stays gathered.

Run without arguments; the files are committed, and a test compares.
"""

import pathlib
from dataclasses import dataclass

MIB = 1024 * 1024
BYTES = {"float32": 4, "bfloat16": 2}


@dataclass
class Model:
    name: str
    source: str
    layers: int
    width: int
    batch: int  # sequences a rank, for tensor parallelism
    sequence: int
    gradient_type: str  # of data parallelism
    before: list  # (name, elements) of the parameters before the layers, in the model's order
    layer: list
    after: list

    def parameters(self):
        inside = [(f"layer {i} {name}", n) for i in range(self.layers) for name, n in self.layer]
        return self.before + inside + self.after


def gpt2():
    d = 768
    layer = [("ln_1.weight", d), ("ln_1.bias", d), ("attn.c_attn.weight", d * 3 * d), ("attn.c_attn.bias", 3 * d),
             ("attn.c_proj.weight", d * d), ("attn.c_proj.bias", d), ("ln_2.weight", d), ("ln_2.bias", d),
             ("mlp.c_fc.weight", d * 4 * d), ("mlp.c_fc.bias", 4 * d), ("mlp.c_proj.weight", 4 * d * d),
             ("mlp.c_proj.bias", d)]
    return Model("GPT-2 124M", "Radford et al. 2019 and the model card's configuration", 12, d, 8, 1024, "float32",
                 [("wte.weight", 50257 * d), ("wpe.weight", 1024 * d)], layer, [("ln_f.weight", d), ("ln_f.bias", d)])


def llama3_8b():
    d, kv, f, v = 4096, 8 * 128, 14336, 128256
    layer = [("q_proj.weight", d * d), ("k_proj.weight", kv * d), ("v_proj.weight", kv * d), ("o_proj.weight", d * d),
             ("gate_proj.weight", f * d), ("up_proj.weight", f * d), ("down_proj.weight", d * f),
             ("input_layernorm.weight", d), ("post_attention_layernorm.weight", d)]
    return Model("Llama-3-8B", "The Llama 3 Herd of Models 2024 and the model card's configuration", 32, d, 1, 8192,
                 "bfloat16", [("embed_tokens.weight", v * d)], layer, [("norm.weight", d), ("lm_head.weight", v * d)])


def data_parallel(model):
    """Yields (collective, type, count, operator, comment)."""
    limit, size, names, count = MIB, 0, [], 0
    for name, elements in reversed(model.parameters()):
        names.append(name)
        count += elements
        size += elements * BYTES[model.gradient_type]
        if size >= limit:
            yield bucket(model, count, names)
            limit, size, names, count = 25 * MIB, 0, [], 0
    if names:
        yield bucket(model, count, names)


def bucket(model, count, names):
    held = names[0] if len(names) == 1 else f"{names[0]} .. {names[-1]}"
    return "all_reduce", model.gradient_type, count, "sum", held


def tensor_parallel(model):
    tokens = model.batch * model.sequence
    activations = tokens * model.width
    yield "all_reduce", "bfloat16", activations, "sum", "embedding forward"
    for i in range(model.layers):
        yield "all_reduce", "bfloat16", activations, "sum", f"layer {i} attention forward"
        yield "all_reduce", "bfloat16", activations, "sum", f"layer {i} feed-forward forward"
    yield "all_reduce", "float32", tokens, "max", "loss: largest logit"
    yield "all_reduce", "float32", tokens, "sum", "loss: logit of the target"
    yield "all_reduce", "float32", tokens, "sum", "loss: sum of exponentials"
    yield "all_reduce", "bfloat16", activations, "sum", "output layer backward"
    for i in reversed(range(model.layers)):
        yield "all_reduce", "bfloat16", activations, "sum", f"layer {i} feed-forward backward"
        yield "all_reduce", "bfloat16", activations, "sum", f"layer {i} attention backward"


def zero3(model):
    layer = sum(n for _, n in model.layer)
    root = sum(n for _, n in model.before + model.after)
    yield "all_gather", "bfloat16", f"{root}/ranks", "", "root unit forward"
    for i in range(model.layers):
        yield "all_gather", "bfloat16", f"{layer}/ranks", "", f"layer {i} forward"
    for i in reversed(range(model.layers)):
        yield "all_gather", "bfloat16", f"{layer}/ranks", "", f"layer {i} backward"
        yield "reduce_scatter", "float32", f"{layer}/ranks", "avg", f"layer {i} gradients"
    yield "reduce_scatter", "float32", f"{root}/ranks", "avg", "root unit gradients"


KINDS = {
    "data": (data_parallel, "data parallel: gradient buckets of PyTorch DDP, 25 MiB, the first 1 MiB"),
    "tensor": (tensor_parallel, "tensor parallel as in Megatron-LM: activations of {batch} x {sequence} tokens"),
    "zero3": (zero3, "ZeRO stage 3 as in PyTorch FSDP: parameters in bfloat16, gradients reduced in float32"),
}


def text(model, kind):
    calls, what = KINDS[kind]
    total = sum(n for _, n in model.parameters())
    lines = [f"# One training step of {model.name} ({total} parameters), {what.format(**vars(model))}.",
             f"# Shapes: {model.source}. Written by generate.py, which says how.",
             "# COLLECTIVE TYPE COUNT [OPERATOR]; COUNT as in the call of each rank, N/ranks rounded up.", ""]
    for collective, element, count, operator, comment in calls(model):
        lines.append(f"{collective} {element} {count} {operator}".rstrip() + f"  # {comment}")
    return "\n".join(lines) + "\n"


def files():
    for stem, model in (("gpt2-124m", gpt2()), ("llama3-8b", llama3_8b())):
        for kind in KINDS:
            yield f"{stem}-{kind}.txt", text(model, kind)


if __name__ == "__main__":
    for name, content in files():
        pathlib.Path(__file__).with_name(name).write_text(content)
