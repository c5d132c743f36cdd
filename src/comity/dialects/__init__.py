"""Wire formats, both directions, sans-IO: every dialect decodes into the hub and encodes from it.

Knows nothing of sockets, addresses or credentials. A new dialect is a folder with the names of `Dialect` and
one line in `registry.py`. Embeddings have a smaller surface of their own in `embeddings/`.
"""

from comity.dialects import bedrock_converse, openai_chat
from comity.dialects.counts import COUNTS, Counts, peek_count
from comity.dialects.dialect import DecodesEvents, Dialect, EncodesEvents, Tap
from comity.dialects.embeddings import EMBEDDINGS, EmbeddingDialect
from comity.dialects.peek import Outline, Peek
from comity.dialects.registry import DIALECTS, ERRORS

__all__ = [
    "COUNTS",
    "DIALECTS",
    "EMBEDDINGS",
    "ERRORS",
    "Counts",
    "DecodesEvents",
    "Dialect",
    "EmbeddingDialect",
    "EncodesEvents",
    "Outline",
    "Peek",
    "Tap",
    "bedrock_converse",
    "openai_chat",
    "peek_count",
]
