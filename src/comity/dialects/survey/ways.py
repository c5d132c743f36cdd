"""What becomes of one feature on its way from a client's dialect to a target's, or back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

import msgspec

from comity.dialects.dialect import Dialect
from comity.dialects.registry import DIALECTS
from comity.dialects.survey.answer_features import AnswerFeature, shows
from comity.dialects.survey.request_features import RequestFeature
from comity.errors import RequestError
from comity.exchange import Inexpressible, ModelTraits, Request, Text, Turn, WireRequest

_MODEL = "m"
_FAMILIES: Mapping[str, str] = {
    "openai.chat": "gpt",
    "openai.responses": "gpt",
    "gemini.generate": "gemini",
}


class Way(msgspec.Struct, frozen=True):
    """What becomes of a feature."""

    kind: Literal["unsaid", "maps", "dropped", "refused", "lost"]
    """`unsaid`: the sender's dialect cannot say it. `lost` is a bug: it vanished and nobody was told."""
    why: str = ""
    """What the target says of it, where it is dropped or refused."""


def generous_traits(name: str) -> ModelTraits:
    """A model behind a dialect that takes everything which its traits can declare."""
    return ModelTraits(
        family=_FAMILIES.get(name, "claude"),
        structured_output=True,
        reasoning_signatures="required",
        prompt_caching=True,
        reasoning_effort=True,
        additional_fields=("thinking",),
        max_output_tokens=4096,
        thinking_control="budget",
    )


def request_way(feature: RequestFeature, client: Dialect, target: Dialect) -> Way:
    """The way of a request's feature to a target of another dialect."""
    said = _said(feature, client)
    if said is None:
        return Way("unsaid")
    wire = _encode(target, said, lossy=False)
    plain = _plain(client.NAME, target.NAME)
    if isinstance(wire, Inexpressible):
        return Way("refused", "; ".join(dict.fromkeys(one.reason for one in wire.missing)))
    again = target.decode_request(wire.body, model=_MODEL, stream=False)
    changed = wire.body != plain.body
    if feature.kept(again) if not feature.members else changed:
        return Way("maps")
    told = [one.reason for one in wire.dropped if one not in plain.dropped]
    return Way("dropped", "; ".join(dict.fromkeys(told))) if told else Way("lost")


def answer_way(feature: AnswerFeature, client: Dialect, target: Dialect) -> Way:
    """The way of an answer's feature from a target to a client of another dialect."""
    if feature.name not in shows(target.NAME):
        return Way("unsaid")
    return Way("maps") if feature.name in shows(client.NAME, target.NAME) else Way("dropped")


def _said(feature: RequestFeature, client: Dialect) -> Request | None:
    """The request as the client's dialect carries it; None where it cannot say the feature."""
    wire = _encode(client, feature.probe(client.NAME), lossy=False)
    if isinstance(wire, Inexpressible):
        return None
    body = wire.body
    if feature.members:
        if client.NAME not in feature.members:
            return None
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        added = {
            name: msgspec.Raw(msgspec.json.encode(value))
            for name, value in feature.members[client.NAME].items()
        }
        body = msgspec.json.encode(members | added)
    try:
        request = client.decode_request(body, model=_MODEL, stream=False)
    except RequestError:
        return None
    return request if feature.members or feature.kept(request) else None


def _encode(target: Dialect, request: Request, *, lossy: bool) -> WireRequest | Inexpressible:
    return target.encode_request(request, _MODEL, generous_traits(target.NAME), lossy=lossy)


@lru_cache
def _plain(client: str, target: str) -> WireRequest:
    """A request that says nothing special, on the same way."""
    request = _said(_NOTHING, DIALECTS[client])
    assert request is not None, "every dialect can say a text"
    wire = _encode(DIALECTS[target], request, lossy=False)
    assert isinstance(wire, WireRequest), "every dialect can say a text"
    return wire


_HELLO = Request(_MODEL, (Turn("user", (Text("hello"),)),))
_NOTHING = RequestFeature("", lambda _: _HELLO, lambda _: True)
