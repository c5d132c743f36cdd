"""The reference page of the language, from the registry: every word, where it stands, an example of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from comity.contracts.grammar.words import Grammar, Key, Section, grammar

_PLACES = ("front", "shared", "source", "clause")
_LAST = ("predicate", "test", "outcome", "grade")
_OPENING = (
    "Every word that may stand in a contract. [The language](../language.md) tells what they mean together; "
    "[the vocabulary](vocabulary.md) lists the attributes that predicates test."
)


def language_page() -> Iterator[str]:
    """The lines of the page below its title."""
    known = grammar()
    yield from (_OPENING, "")
    yield from _index(known)
    for name in _PLACES:
        yield from _section(known, known.sections[name])
    yield from ("## Blocks", "", "Every block has exactly one of these words.", "")
    for kind in known.blocks:
        yield from _block(known, kind)
    for name, section in known.sections.items():
        if name not in {*_PLACES, *_LAST}:
            yield from _section(known, section)
    for name in _LAST:
        yield from _section(known, known.sections[name])
    yield from ("## What may follow a key", "", "| shape | |", "|---|---|")
    yield from (f"| {shape} | {_cell(meaning)} |" for shape, meaning in known.shapes.items())


def _index(known: Grammar) -> Iterator[str]:
    places: dict[str, list[str]] = {}
    for kind, block in known.blocks.items():
        for name in (block.word or kind, *block.keys):
            places.setdefault(name, []).append(_link(f"`{_heading(known, kind)}`", _heading(known, kind)))
    for section in known.sections.values():
        for name in (*section.keys, *section.choices):
            places.setdefault(name, []).append(_link(section.title.lower(), section.title))
    yield from ("| word | stands in |", "|---|---|")
    yield from (f"| `{name}` | {', '.join(found)} |" for name, found in sorted(places.items()))
    yield ""


def _link(text: str, heading: str) -> str:
    return f"[{text}](#{heading.lower().replace(' ', '-')})"


def _heading(known: Grammar, kind: str) -> str:
    block = known.blocks[kind]
    return kind if not block.word else f"{block.word} of a {kind.removesuffix(f'_{block.word}')}"


def _section(known: Grammar, section: Section) -> Iterator[str]:
    yield from (f"## {section.title}", "", section.about, "")
    if section.keys:
        yield from _table(known, section.keys)
    if section.choices:
        yield from ("| word | meaning |", "|---|---|")
        yield from (f"| `{word}` | {_cell(meaning)} |" for word, meaning in section.choices.items())
    yield ""


def _block(known: Grammar, kind: str) -> Iterator[str]:
    block = known.blocks[kind]
    yield from (f"### {_heading(known, kind)}", "", block.about)
    if block.clause:
        yield f"It takes the {_link('keys of every clause', 'Keys of every clause')} as well."
    head = Key(shape=block.shape, meaning="", example=block.example)
    yield from ("", "```yaml", *_yaml(block.word or kind, head.example))
    for name, key in block.keys.items():
        if key.required:
            yield from _yaml(name, key.example)
    yield from (*(line for name, value in block.along.items() for line in _yaml(name, value)), "```", "")
    if block.keys:
        yield from _table(known, block.keys)
    yield ""


def _table(known: Grammar, keys: Mapping[str, Key]) -> Iterator[str]:
    yield from ("| key | value | meaning | example |", "|---|---|---|---|")
    for name, key in keys.items():
        shape = known.sections[key.of].title.lower() if key.of else key.shape
        value = _link(shape, known.sections[key.of].title) if key.of else shape
        words = ", ".join(
            f"`{word}` ({meaning})" if key.choices else f"`{word}`"
            for word, meaning in known.choices(key).items()
        )
        meaning = f"{key.meaning}: {words}" if words else key.meaning
        must = ", required" if key.required else ""
        yield f"| `{name}` | {value}{must} | {_cell(meaning)} | `{_cell(flow(key.example))}` |"


def _yaml(name: str, value: object) -> Iterator[str]:
    yield f"{name}: {flow(value)}"


def flow(value: object) -> str:
    """A value as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    quoted = any(mark in text for mark in (": ", " #", ",", "{", "}", "[", "]", "*", '"'))
    return f'"{text}"' if quoted else text


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
