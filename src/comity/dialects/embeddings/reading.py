"""What the readers and writers of embeddings share."""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from comity.dialects.losses import Losses
from comity.dialects.peek import Peek, estimate_input
from comity.dialects.wire_json import split_place
from comity.errors import RequestError, ResponseError
from comity.exchange import EmbeddingInput, EmbeddingRequest, Media, Text

T = TypeVar("T")


def read_body(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """A request body through `decoder`; raises RequestError with the field at fault."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise RequestError(*split_place(error)) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise RequestError(f"the body is not JSON: {error}") from error


def peek_of(body: bytes, model: str) -> Peek:
    """The outlook on a request for embeddings: nothing is generated, nothing is streamed."""
    return Peek(model, False, True, 0, 1, estimate_input(body), None, {})


def text_of(one: EmbeddingInput) -> str | None:
    """The text of an input that is nothing else; None for any other."""
    parts = [part for part in one if isinstance(part, Text)]
    return "".join(part.text for part in parts) if len(parts) == len(one) and parts else None


def parts_of(one: EmbeddingInput) -> list[Text | Media]:
    """The text and media of an input; nothing for token ids."""
    return [part for part in one if isinstance(part, (Text, Media))]


def refuse_token_ids(request: EmbeddingRequest, losses: Losses) -> None:
    """Marks inputs that are token ids: only the model whose tokenizer made them can read them."""
    for index, one in enumerate(request.inputs):
        if one and isinstance(one[0], int):
            losses.impossible(
                f"input[{index}]",
                "token ids mean something to one model's tokenizer only: send text"
                " (in LangChain: `check_embedding_ctx_length=False`)",
            )


def refuse_several(request: EmbeddingRequest, losses: Losses, model: str) -> None:
    """Marks a request with several inputs for a model that takes one per call."""
    if len(request.inputs) > 1:
        losses.impossible("input", f"`{model}` embeds one input per call, this request has several")


def pack(vector: Sequence[float]) -> str:
    """The numbers as OpenAI's base64: 32 bits each, little endian."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def unpack(text: str) -> tuple[float, ...]:
    """The numbers in OpenAI's base64; raises ResponseError when it holds none."""
    try:
        data = base64.b64decode(text, validate=True)
        return struct.unpack(f"<{len(data) // 4}f", data)
    except (binascii.Error, ValueError, struct.error) as error:
        raise ResponseError("an embedding of the answer is not base64 of 32-bit numbers") from error
