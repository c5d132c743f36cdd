"""Which traps of the list touch translation, and which pairs of dialects each of them touches.

Pairs come from the registry, by what a dialect is, so a new dialect is tested against every trap at once.
"""

from __future__ import annotations

from tests.dialects.pairs_said import CLAUDE, Touches, always

from comity.dialects import DIALECTS
from comity.dialects.survey import REQUEST_FEATURES, request_way


def _to(*targets: str) -> Touches:
    return lambda client, target: client != target and target in targets


def _says(feature: str) -> Touches:
    """Pairs whose client can say something at all."""
    probe = next(one for one in REQUEST_FEATURES if one.name == feature)
    sayers = {
        name for name, spoken in DIALECTS.items() if request_way(probe, spoken, spoken).kind != "unsaid"
    }
    return lambda client, target: client != target and client in sayers


def _framed(client: str, target: str) -> bool:
    return client != target and b"eventstream" in DIALECTS[target].STREAM_TYPE


def _evented(client: str, target: str) -> bool:
    return client != target and not _framed(client, target)


def _from_claude(client: str, target: str) -> bool:
    return client != target and client in CLAUDE


TRAPS: dict[int, Touches] = {
    1: always,
    2: always,
    3: _to("bedrock.converse", "gemini.generate"),
    4: always,
    5: always,
    6: always,
    7: always,
    8: always,
    9: always,
    10: always,
    11: _says("cache mark"),
    12: always,
    13: _framed,
    14: always,
    15: _to("bedrock.converse"),
    16: _says("image by address"),
    17: _says("JSON of a schema"),
    18: _from_claude,
    19: _to("gemini.generate"),
    20: _to("gemini.generate"),
    21: _to("gemini.generate"),
    22: _to("gemini.generate"),
    23: _to("gemini.generate"),
    25: _to("openai.chat"),
    26: _evented,
    27: _to("openai.chat"),
    28: _to("openai.chat"),
    30: always,
    31: _to("openai.responses"),
    32: always,
    43: always,
    44: always,
}
"""By number. The others are about whole gateways: places, money, limits, keys, stores."""
