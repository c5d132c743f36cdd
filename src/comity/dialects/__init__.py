"""Wire formats, both directions, sans-IO: every dialect decodes into the hub and encodes from it.

Knows nothing of sockets, addresses or credentials. A new dialect is a folder with the names of `Dialect` and
one line in `DIALECTS`.
"""

from collections.abc import Mapping

from comity.dialects import bedrock_converse, openai_chat
from comity.dialects.dialect import DecodesEvents, Dialect, EncodesEvents

DIALECTS: Mapping[str, Dialect] = {
    openai_chat.NAME: openai_chat,
    bedrock_converse.NAME: bedrock_converse,
}
"""Every dialect by its name in configuration."""

__all__ = ["DIALECTS", "DecodesEvents", "Dialect", "EncodesEvents", "bedrock_converse", "openai_chat"]
