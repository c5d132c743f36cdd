"""Everything an answer can hold, one probe each, and which of it a dialect can show."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from comity.dialects.dialect import Dialect
from comity.dialects.registry import DIALECTS
from comity.errors import WireError
from comity.exchange import (
    AnswerKey,
    Choice,
    Citation,
    Finish,
    Media,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Response,
    Text,
    ToolCall,
    Usage,
)

_KEY = AnswerKey(model="m", id="id", created=1)
_LOGPROBS = {
    "content": [{"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}],
    "refusal": None,
}


class AnswerFeature(msgspec.Struct, frozen=True):
    """One thing an answer can hold."""

    name: str
    """For readers of the table, and for the header that names what was left out."""
    probe: Response
    """An answer that holds it."""
    held: Callable[[Response], bool]
    """Whether an answer holds it."""
    reported: bool = True
    """Whether an answer that loses it says so; what only reads differently does not."""


def shows(name: str, source: str | None = None) -> frozenset[str]:
    """The features that clients of the named dialect are shown: those that survive being written and read.

    Blocks that only their maker understands are those of `source`, or the dialect's own.
    """
    shown = _shown(name)
    kept = _carries(name, source or name)
    return shown | {_OWN_BLOCK} if kept else shown


def unshown(name: str, response: Response) -> tuple[str, ...]:
    """What of an answer the clients of the named dialect are not shown, feature by feature."""
    return tuple(feature.name for feature in _reported() if _hides(name, feature, response))


def _hides(name: str, feature: AnswerFeature, response: Response) -> bool:
    if feature.name != _OWN_BLOCK:
        return feature.name not in _shown(name) and feature.held(response)
    blocks = (part for choice in response.choices for part in choice.parts if isinstance(part, Opaque))
    return any(not _carries(name, block.origin) for block in blocks)


@lru_cache
def _shown(name: str) -> frozenset[str]:
    plain = (feature for feature in ANSWER_FEATURES if feature.name != _OWN_BLOCK)
    return frozenset(one.name for one in plain if _survives(one.probe, one.held, DIALECTS[name]))


@lru_cache
def _reported() -> tuple[AnswerFeature, ...]:
    return tuple(one for one in ANSWER_FEATURES if one.reported)


@lru_cache(maxsize=256)
def _carries(name: str, origin: str) -> bool:
    """Whether clients of the named dialect are given the blocks that only `origin` understands."""
    return _survives(_opaque_of(origin), _has(Opaque), DIALECTS[name])


def _survives(probe: Response, held: Callable[[Response], bool], spoken: Dialect) -> bool:
    try:
        return held(spoken.decode_response(spoken.encode_response(probe), _KEY))
    except WireError:
        return False


def _opaque_of(name: str) -> Response:
    """An answer with a block that only the named dialect can have made."""
    return _answer(Opaque("unheard_of", {"type": "unheard_of"}, name), Text("done"))


def _answer(*parts: Part, finish: Finish = Finish.STOP, **members: Any) -> Response:
    usage = members.pop("usage", Usage(5, output=5))
    return Response("id", "m", (Choice(parts, finish, **members),), usage, 1)


def _has(kind: type[Part], test: Callable[[Any], object] = bool) -> Callable[[Response], bool]:
    def held(response: Response) -> bool:
        return any(
            isinstance(part, kind) and (test is bool or bool(test(part)))
            for choice in response.choices
            for part in choice.parts
        )

    return held


def _held(
    name: str, *parts: Part, test: Callable[[Response], bool], reported: bool = True, **members: Any
) -> AnswerFeature:
    return AnswerFeature(name, _answer(*parts, **members), test, reported)


def _ends(finish: Finish) -> AnswerFeature:
    parts: tuple[Part, ...] = (Text("done"),)
    if finish is Finish.TOOL_CALLS:
        parts = (ToolCall("call_1", "f", "{}"),)
    if finish is Finish.REFUSAL:
        parts = (Refusal("I cannot."),)
    return _held(
        f"finish `{finish.value}`",
        *parts,
        test=lambda response: any(choice.finish is finish for choice in response.choices),
        reported=False,
        finish=finish,
    )


def _counts(name: str, field: str) -> AnswerFeature:
    usage = Usage(**{"input": 20, "output": 20, field: 3})

    def held(response: Response) -> bool:
        return response.usage is not None and getattr(response.usage, field) > 0

    return _held(name, Text("done"), test=held, reported=False, usage=usage)


def _cites(test: Callable[[Citation], object]) -> Callable[[Response], bool]:
    return _has(Text, lambda part: any(test(source) for source in part.citations))


_PAGE = Citation("https://a.example", "A", "a quote", 0, 4, origin="elsewhere", wire={"x": 1})
_PLACE = Citation(None, "a.pdf", "a quote", origin="elsewhere", wire={"x": 1})
_OWN_BLOCK = "own blocks"

ANSWER_FEATURES: tuple[AnswerFeature, ...] = (
    _held("text", Text("done"), test=_has(Text)),
    _held("refusal", Refusal("I cannot."), test=_has(Refusal), reported=False),
    _held("reasoning", Reasoning("Hm."), Text("done"), test=_has(Reasoning, lambda part: part.text)),
    _held(
        "signed reasoning",
        Reasoning("Hm.", "c2ln"),
        Text("done"),
        test=_has(Reasoning, lambda part: part.signature is not None),
    ),
    _held(
        "encrypted reasoning",
        Reasoning(redacted=b"secret"),
        Text("done"),
        test=_has(Reasoning, lambda part: part.redacted is not None),
    ),
    _held("tool calls", ToolCall("call_1", "f", "{}"), test=_has(ToolCall), finish=Finish.TOOL_CALLS),
    _held("citations of the web", Text("done", citations=(_PAGE,)), test=_cites(lambda one: one.url)),
    _held(
        "citations of documents", Text("done", citations=(_PLACE,)), test=_cites(lambda one: one.url is None)
    ),
    _held("images", Media("image", "image/png", b"\x89PNG"), Text("done"), test=_has(Media)),
    AnswerFeature(_OWN_BLOCK, _answer(Text("done")), _has(Opaque)),
    _held(
        "log-probabilities",
        Text("a"),
        test=lambda response: any(choice.logprobs for choice in response.choices),
        logprobs=_LOGPROBS,
    ),
    AnswerFeature(
        "several answers",
        Response("id", "m", (Choice((Text("a"),), Finish.STOP), Choice((Text("b"),), Finish.STOP))),
        lambda response: len(response.choices) > 1,
    ),
    *(_ends(finish) for finish in Finish),
    _held(
        "stop sequence",
        Text("done"),
        test=lambda response: any(choice.stop_sequence for choice in response.choices),
        reported=False,
        stop_sequence="END",
    ),
    _counts("count of reasoning", "reasoning"),
    _counts("count of cache reads", "cached_read"),
    _counts("count of cache writes", "cache_write"),
    _counts("count of cache writes for an hour", "cache_write_1h"),
    _counts("count of audio", "audio_input"),
    _counts("count of images", "image_input"),
    AnswerFeature(
        "service tier",
        Response("id", "m", (Choice((Text("a"),), Finish.STOP),), service_tier="priority"),
        lambda response: response.service_tier is not None,
        reported=False,
    ),
)
"""The features in the order of the table."""
