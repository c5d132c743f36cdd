"""What clients call what they asked to be embedded, and how: told back where a target cannot be told it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from comity.dialects.losses import Losses
from comity.exchange import EmbeddingRequest, Media, Text

PARAMETERS = ("model", "input", "task", "title", "truncate", "user")
"""Every name of a parameter that a writer may tell; each table has a word for each, or None."""

_PARAMS = "singleEmbeddingParams"
NAMES: Mapping[tuple[str, str], Mapping[str, str | None]] = {
    ("openai.embeddings", ""): {
        "model": "model",
        "input": "input",
        "task": "input_type",
        "title": None,
        "truncate": None,
        "user": "user",
    },
    ("gemini.embeddings", "single"): {
        "model": "model",
        "input": "content",
        "task": "taskType",
        "title": "title",
        "truncate": "autoTruncate",
        "user": None,
    },
    ("gemini.embeddings", "batch"): {
        "model": "model",
        "input": "requests",
        "task": "requests[0].taskType",
        "title": "requests[0].title",
        "truncate": "requests[0].autoTruncate",
        "user": None,
    },
    ("vertex.embeddings", ""): {
        "model": "model",
        "input": "instances",
        "task": "instances[0].task_type",
        "title": "instances[0].title",
        "truncate": "parameters.autoTruncate",
        "user": None,
    },
    ("bedrock.embeddings", "cohere"): {
        "model": "modelId",
        "input": "inputs",
        "task": "input_type",
        "title": None,
        "truncate": "truncate",
        "user": None,
    },
    ("bedrock.embeddings", "titan"): {
        "model": "modelId",
        "input": "inputText",
        "task": None,
        "title": None,
        "truncate": None,
        "user": None,
    },
    ("bedrock.embeddings", "nova"): {
        "model": "modelId",
        "input": _PARAMS,
        "task": f"{_PARAMS}.embeddingPurpose",
        "title": None,
        "truncate": f"{_PARAMS}.text.truncationMode",
        "user": None,
    },
}
"""The hub's names by dialect and form."""

_INPUT = re.compile(r"input\[(\d+)\]")


class EmbeddingLosses(Losses):
    """The hints and losses on the way to a model of embeddings."""

    def __init__(self, request: EmbeddingRequest) -> None:
        super().__init__()
        self._wanted = request

    def own_name(self, name: str) -> str:
        """The client's name for what a writer calls `name`."""
        request = self._wanted
        words = NAMES.get((request.dialect, request.form), {})
        if name in request.extra:
            return name
        match = _INPUT.fullmatch(name)
        if match is None or not words:
            return words.get(name) or name
        return _place(request, int(match[1]))


def _place(request: EmbeddingRequest, at: int) -> str:
    """Where an input stood; without its index where a body has several lists, or none."""
    one = request.inputs[at]
    media = [part for part in one if isinstance(part, Media)]
    match request.form or request.dialect:
        case "openai.embeddings":
            return f"input[{at}]" if len(request.inputs) > 1 else "input"
        case "batch":
            return f"requests[{at}].content"
        case "vertex.embeddings":
            return f"instances[{at}].content"
        case "cohere":
            return "inputs" if len(one) > 1 else ("images" if media else "texts")
        case "titan":
            return "inputImage" if media else "inputText"
        case "nova":
            (part,) = one
            return f"{_PARAMS}.text" if isinstance(part, (Text, int)) else f"{_PARAMS}.{part.kind}"
        case _:
            return "content"
