"""The registry of words as values, read from `language.yaml`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

from comity.source import parse_yaml


class Key(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One word that may stand as a key."""

    shape: str
    """What may follow it: a name in `Grammar.shapes`."""
    meaning: str
    """What it says, as a phrase."""
    example: object
    """A value that may follow it."""
    required: bool = False
    """Whether its mapping is refused without it."""
    of: str = ""
    """The section with the keys of its value, for mappings and lists."""
    choices: dict[str, str] = {}
    """The words that its value may be, with what they mean."""
    choices_of: str = ""
    """The section that holds these words instead."""
    instead_of: str = ""
    """The required key that it replaces in an example."""
    along: dict[str, object] = {}
    """Keys that must stand beside it."""
    not_in: tuple[str, ...] = ()
    """Blocks that do not take it, though blocks of their sort do."""


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words that stand in the same place."""

    title: str
    """Its heading."""
    about: str
    """What it is, in a sentence or two."""
    keys: dict[str, Key] = {}
    """The keys of a mapping."""
    choices: dict[str, str] = {}
    """The words that a value may be."""


class BlockKind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A word that makes a block."""

    shape: str
    """What may follow it."""
    about: str
    """What the block says."""
    example: object
    """A value that may follow it."""
    word: str = ""
    """The key that makes the block, when several blocks share it; else its name in the registry."""
    clause: bool = False
    """Whether the keys of every clause may stand below it."""
    of: str = ""
    """The section with the keys of its value, when that is a mapping."""
    along: dict[str, object] = {}
    """Keys that must stand beside it in the example."""
    keys: dict[str, Key] = {}
    """Its own keys."""


class Grammar(msgspec.Struct, frozen=True):
    """The whole registry."""

    shapes: dict[str, str]
    """What may follow a key, by name, as a phrase."""
    blocks: dict[str, BlockKind]
    """The words of which every block has exactly one."""
    sections: dict[str, Section]
    """Everything else, in order of the reference page."""

    def keys(self, kind: str) -> dict[str, Key]:
        """The keys that may stand in a block beside the word that makes it: its own, then a clause's."""
        block = self.blocks[kind]
        shared = self.sections["clause"].keys if block.clause else {}
        return {**block.keys, **{name: key for name, key in shared.items() if kind not in key.not_in}}

    def choices(self, key: Key) -> dict[str, str]:
        """The words that the value of `key` may be, with what they mean; empty when it may be others."""
        return self.sections[key.choices_of].choices if key.choices_of else key.choices


@cache
def grammar() -> Grammar:
    """The registry that ships with Comity."""
    path = files("comity.contracts.grammar").joinpath("language.yaml")
    root = parse_yaml(path.read_text(encoding="utf-8"), "language.yaml").plain()
    assert isinstance(root, dict), "the registry is a mapping"
    shapes, blocks = root.pop("shapes"), root.pop("blocks")
    return msgspec.convert({"shapes": shapes, "blocks": blocks, "sections": root}, Grammar)
