"""Every word of the contract language as data: for the reference page, the JSON Schema and the tests.

`language.yaml` is the registry. The parser does not read it, since its messages know more than a table can;
a test holds the two to each other, word by word and in both directions.
"""

from __future__ import annotations

from comity.contracts.grammar.page import language_page
from comity.contracts.grammar.schema import block_schema, front_schema
from comity.contracts.grammar.words import BlockKind, Grammar, Key, Section, grammar

__all__ = [
    "BlockKind",
    "Grammar",
    "Key",
    "Section",
    "block_schema",
    "front_schema",
    "grammar",
    "language_page",
]
