"""A tiny language model with random weights, written as a GGUF file that llama.cpp loads: under a megabyte.

It says nothing sensible, but all around it is real: tokenizer, chat template, sampling, grammar, cache. The
embeddings hold one constant direction, so that a row of the output matrix can carry a bias: that is how
answers come to an end after some tens of tokens, and how the tool variant is made to open a tool call.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, TypeAlias

from comity.simulator.words import VOCABULARY

Variant: TypeAlias = Literal["chat", "tools"]
"""`tools` likes to begin a tool call; `chat` never does by itself."""

_RECIPE = 1
"""Raised when the file's content changes, so that no stale file is taken from a folder."""
_WIDTH = 64
_LAYERS = 2
_HEADS = 4
_FEED_FORWARD = 128
_CONTEXT = 8192
_CONSTANT = 6.0
_NORMAL, _UNKNOWN, _CONTROL, _BYTE = 1, 2, 3, 6
_TOOL_CALL = b"<tool_call>\n"
_END = b"<|im_end|>"
_SPECIAL = (b"<unk>", b"<s>", b"</s>", b"<|im_start|>", _END)
_SPACE = "\u2581"
"""How SentencePiece writes the space before a word."""

_TEMPLATE = r"""
{%- macro turn(role, text) %}{{- '<|im_start|>' + role + '\n' + text + '<|im_end|>\n' }}{%- endmacro %}
{%- if tools %}
  {{- '<|im_start|>system\n' }}
  {%- if messages[0].role == 'system' %}{{- messages[0].content + '\n\n' }}{%- endif %}
  {{- '# Tools\n<tools>' }}
  {%- for tool in tools %}{{- '\n' }}{{- tool | tojson }}{%- endfor %}
  {{- '\n</tools>\nFor each function call, return a json object with function name and arguments within ' }}
  {{- '<tool_call></tool_call> XML tags:\n<tool_call>\n' }}
  {{- '{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call><|im_end|>\n' }}
{%- elif messages[0].role == 'system' %}{{- turn('system', messages[0].content) }}
{%- endif %}
{%- for message in messages %}
  {%- if message.role == 'user' or (message.role == 'system' and not loop.first) %}
    {{- turn(message.role, message.content) }}
  {%- elif message.role == 'assistant' %}
    {{- '<|im_start|>assistant' }}
    {%- if message.content %}{{- '\n' + message.content }}{%- endif %}
    {%- for tool_call in (message.tool_calls or []) %}
      {%- if tool_call.function is defined %}{%- set tool_call = tool_call.function %}{%- endif %}
      {{- '\n<tool_call>\n{"name": "' }}{{- tool_call.name }}{{- '", "arguments": ' }}
      {{- tool_call.arguments | tojson }}{{- '}\n</tool_call>' }}
    {%- endfor %}
    {{- '<|im_end|>\n' }}
  {%- elif message.role == 'tool' %}
    {{- turn('user', '<tool_response>\n' + message.content + '\n</tool_response>') }}
  {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}
"""


def model_file(folder: Path, variant: Variant) -> Path:
    """The model's file in `folder`, written when it is not there yet; needs the extra `llama`."""
    path = folder / f"tiny-{variant}-{_RECIPE}.gguf"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        half_done = path.with_suffix(".part")
        _write(half_done, variant)
        half_done.replace(path)
    return path


def _pieces() -> list[str]:
    """Ordinary tokens: characters, whole words, and the beginnings from which the tokenizer builds them."""
    characters = [chr(code) for code in range(33, 127)] + [_SPACE]
    words = [_SPACE + word for word in VOCABULARY]
    beginnings = {word[:end] for word in words for end in range(2, len(word))} - set(words)
    return characters + words + sorted(beginnings, key=lambda piece: (len(piece), piece))


def _write(path: Path, variant: Variant) -> None:
    import gguf  # noqa: PLC0415 - an extra: only whoever runs the real server needs it

    pieces = [piece.encode() for piece in _pieces()]
    tokens = [*_SPECIAL, *(b"<0x%02X>" % value for value in range(256)), *pieces, _TOOL_CALL]
    writer = gguf.GGUFWriter(path, "llama")
    _describe(writer, tokens)
    for name, tensor in _tensors(tokens, variant).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _describe(writer: Any, tokens: list[bytes]) -> None:
    writer.add_name("tiny-random-llama")
    writer.add_context_length(_CONTEXT)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_FEED_FORWARD)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(0)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([_score(index, token, len(tokens)) for index, token in enumerate(tokens)])
    writer.add_token_types([_type(index) for index in range(len(tokens))])
    writer.add_bos_token_id(_SPECIAL.index(b"<s>"))
    writer.add_eos_token_id(_SPECIAL.index(_END))
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(_TEMPLATE.strip())


def _type(index: int) -> int:
    if index == 0:
        return _UNKNOWN
    if index < len(_SPECIAL):
        return _CONTROL
    return _BYTE if index < len(_SPECIAL) + 256 else _NORMAL


def _score(index: int, token: bytes, count: int) -> float:
    """The tokenizer merges by score: whole words first, characters last, the tool mark never."""
    if _type(index) != _NORMAL:
        return 0.0
    if index == count - 1:
        return -1e6
    return -float(index) if len(token.decode()) > 1 else -10_000.0


def _tensors(tokens: list[bytes], variant: Variant) -> dict[str, Any]:
    import numpy as np  # noqa: PLC0415 - comes with the extra

    source = np.random.default_rng(0)

    def noise(*shape: int, scale: float) -> Any:
        return (source.standard_normal(shape) * scale).astype(np.float32)

    def blind(*shape: int) -> Any:
        matrix = noise(*shape, scale=0.12)
        matrix[0] = 0  # keeps the constant direction constant through the layers
        return matrix

    embeddings = noise(len(tokens), _WIDTH, scale=1.0)
    embeddings[:, 0] = _CONSTANT
    output = noise(len(tokens), _WIDTH, scale=0.25)
    output[:, 0] = 0
    ones = np.ones(_WIDTH, np.float32)
    for index in range(len(_SPECIAL) + 256):
        output[index] = 0
        output[index, 0] = -3.0
    biases = {_END: 1.15, b'"': 1.25, b"}": 1.2, _TOOL_CALL: 2.0 if variant == "tools" else -3.0}
    for token, bias in biases.items():
        row = tokens.index(token)
        output[row] = noise(_WIDTH, scale=0.25) * 0.3
        output[row, 0] = bias
    tensors = {"token_embd.weight": embeddings, "output.weight": output, "output_norm.weight": ones}
    for layer in range(_LAYERS):
        block = f"blk.{layer}."
        tensors[block + "attn_norm.weight"] = ones
        tensors[block + "ffn_norm.weight"] = ones
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            tensors[f"{block}{name}.weight"] = blind(_WIDTH, _WIDTH)
        tensors[block + "ffn_gate.weight"] = noise(_FEED_FORWARD, _WIDTH, scale=0.12)
        tensors[block + "ffn_up.weight"] = noise(_FEED_FORWARD, _WIDTH, scale=0.12)
        tensors[block + "ffn_down.weight"] = blind(_WIDTH, _FEED_FORWARD)
    return tensors
