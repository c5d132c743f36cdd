"""YAML with places: what is read, where it stands, and what is refused, by libyaml and by its translation."""

from __future__ import annotations

from decimal import Decimal

import pytest
import yaml

from comity.errors import Place, SourceError
from comity.source import Node, parse_yaml, placed


@pytest.fixture(autouse=True, params=["CSafeLoader", "SafeLoader"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Either parser, as an installation without libyaml has the second."""
    monkeypatch.setattr(placed, "_LOADER", getattr(yaml, request.param))
    return str(request.param)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# a remark\n", None),
        ("---\n", None),
        ("a: 1\n...\n", {"a": 1}),
        (
            '{"a":1, "b": [1.50, -2, .5], c: 1_000}',
            {"a": 1, "b": [Decimal("1.50"), -2, Decimal("0.5")], "c": "1_000"},
        ),
        (
            "a: no\nb: true\nc: True\nd: ~\ne: 2026-01-01\nf: 0x10",
            {"a": "no", "b": True, "c": "True", "d": None, "e": "2026-01-01", "f": "0x10"},
        ),
        ("a: '1'\nb: \"x\\ty\"\nc: ''", {"a": "1", "b": "x\ty", "c": ""}),
        ("a: |\n  x\n  y\nb: >-\n  z\n  w\n", {"a": "x\ny\n", "b": "z w"}),
        (
            "url: http://x:80/y\nin: {url: http://x/y, z: 1}",
            {"url": "http://x:80/y", "in": {"url": "http://x/y", "z": 1}},
        ),
        ("<<: {a: 1}\n=: 2", {"<<": {"a": 1}, "=": 2}),
        ("- a\n-\n- - b", ["a", None, ["b"]]),
        ("a: b \N{GRINNING FACE} # c\né: 1", {"a": "b \N{GRINNING FACE}", "é": 1}),
    ],
)
def test_what_is_written_is_read(text: str, value: object) -> None:
    """Words stay words and numbers exact, in every style."""
    assert parse_yaml(text, "f").plain() == value


def test_everything_knows_its_place() -> None:
    """Keys and values, counted in characters from the first line that is given."""
    root = parse_yaml("a:\n  \N{GRINNING FACE}: [x, 'y']\nb: 1\n", "f.md", 7)
    assert isinstance(root.value, dict)
    inner = root.value["a"].node.value
    assert isinstance(inner, dict)
    face = inner["\N{GRINNING FACE}"]
    assert (root.place, root.value["b"].key_place) == (Place("f.md", 7, 1), Place("f.md", 9, 1))
    assert (face.key_place, face.node.place) == (Place("f.md", 8, 3), Place("f.md", 8, 6))
    assert face.node.value == (Node(Place("f.md", 8, 7), "x"), Node(Place("f.md", 8, 10), "y", quoted=True))


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: &x 1\nb: *x", "1:4", "anchors and aliases are not allowed"),
        ("a: *x", "1:4", "anchors and aliases are not allowed"),
        ("a: !x 1", "1:4", "the tag `!x` is not allowed"),
        ("a: !!str 1", "1:4", "the tag `tag:yaml.org,2002:str` is not allowed"),
        ("!!map {a: 1}", "1:1", "the tag `tag:yaml.org,2002:map` is not allowed"),
        ("&a a: 1", "1:1", "a key must be a plain word"),
        ("!x a: 1", "1:1", "a key must be a plain word"),
        ("? [a]\n: b", "1:3", "a key must be a plain word"),
        ("a: 1\nb: 2\na: 3", "3:1", "the key `a` stands here twice"),
        ("a: 1\n---\nb: 2", "2:1", "another document begins here"),
        ("[1, 2", "1:6", "this is not YAML"),
        ("x:\n  [1, 2", "2:8", "this is not YAML"),
        ("a: b: c", "1:5", "this is not YAML: mapping values are not allowed"),
        ("a: 1\n b: 2", "2:3", "this is not YAML: mapping values are not allowed"),
        ("a: @x", "1:4", "this is not YAML: found character"),
        ("a: \x07", "1:1", "this is not YAML: unacceptable character"),
        ("\x00", "1:1", "this is not YAML: unacceptable character"),
        ("a: \ud800", "1:1", "this is not YAML: "),
        ("[" * 40, "1:33", "this nests deeper than 32 levels"),
        ("- " * 3000, "1:65", "this nests deeper than 32 levels"),
        ("{a: " * 40, "1:129", "this nests deeper than 32 levels"),
    ],
)
def test_what_is_refused_has_a_place(text: str, place: str, message: str) -> None:
    """One problem, where it begins; text that never ends is refused at its end."""
    with pytest.raises(SourceError) as caught:
        parse_yaml(text, "f")
    (problem,) = caught.value.problems
    assert f"{problem.place.line}:{problem.place.column}" == place
    assert message in problem.message
