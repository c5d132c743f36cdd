"""Every dialect by its name in configuration; a new one is a folder and one line here."""

from __future__ import annotations

from collections.abc import Mapping

from comity.dialects import bedrock_converse, openai_chat
from comity.dialects.dialect import Dialect

DIALECTS: Mapping[str, Dialect] = {
    openai_chat.NAME: openai_chat,
    bedrock_converse.NAME: bedrock_converse,
}
"""The dialects that can be spoken."""
