"""The page of tables: what becomes of everything that can be said, pair by pair.

Nothing here is written by hand: each cell is the outcome of a probe that the dialects themselves have written
and read.
"""

from __future__ import annotations

from collections.abc import Iterator

from comity.dialects.dialect import Dialect
from comity.dialects.embeddings import EMBEDDINGS
from comity.dialects.registry import DIALECTS
from comity.dialects.survey.answer_features import ANSWER_FEATURES
from comity.dialects.survey.request_features import REQUEST_FEATURES
from comity.dialects.survey.ways import Way, answer_way, request_way

_CELLS = {"maps": "✓", "dropped": "dropped", "refused": "refused", "unsaid": "", "lost": "LOST"}
_INTRODUCTION = (
    "A request passes through as it came where client and target speak one dialect. Otherwise it is "
    "read into the hub and written anew. ✓ means that the target's dialect says the same; *dropped* is "
    "a hint that changes no meaning and is left out, named in the header `comity-dropped`; *refused* is"
    " a loss: the request is refused with the name of the parameter, or, where the route says "
    "`inexpressible: drop`, the parameter is left out and named in the header. Names are those that the "
    "client wrote, with their path in its own body (`generationConfig.stopSequences`, "
    "`messages[3].content[1].citations`), in the header, in the refusal's message and `param`, and in the "
    "ledger. An empty cell means that the client's dialect cannot say it at all."
)
_PROBED = (
    "Each cell is found by saying the thing to the code that serves requests, to a model that takes "
    "everything that its traits can declare. A model that takes less refuses more, by the same names."
)
_ANSWERED = (
    "What an answer holds and the client's dialect cannot show is left out. For a whole answer the "
    "header `comity-dropped` names it as `answer.FEATURE`; a stream has sent its headers before, so "
    "there the table is all that tells. *Nearest* is no loss of content: the dialect has a coarser "
    "word, and the finer one stands beside it where there is room (`native_finish_reason`), or tokens "
    "are counted in the class around them."
)


def survey_page() -> Iterator[str]:
    """The page below its title."""
    yield from (_INTRODUCTION, "", _PROBED, "")
    yield from ("## Requests", "")
    for client in DIALECTS.values():
        yield from _requests(client)
    yield from ("## Answers", "", _ANSWERED, "")
    for client in DIALECTS.values():
        yield from _answers(client)
    yield from ("## Embeddings", "", "Vectors have dialects of their own:", "")
    yield from (f"- `{name}`: {_first_line(spoken)}" for name, spoken in EMBEDDINGS.items())


def _requests(client: Dialect) -> Iterator[str]:
    targets = [target for target in DIALECTS.values() if target is not client]
    yield from (f"### From `{client.NAME}`", "")
    yield "| a request says | " + " | ".join(f"`{target.NAME}`" for target in targets) + " |"
    yield "|---|" + "---|" * len(targets)
    reasons: dict[str, list[str]] = {}
    for feature in REQUEST_FEATURES:
        ways = [request_way(feature, client, target) for target in targets]
        if all(way.kind == "unsaid" for way in ways):
            continue
        yield f"| {feature.name} | " + " | ".join(_CELLS[way.kind] for way in ways) + " |"
        for way, target in zip(ways, targets, strict=True):
            if way.why:
                reasons.setdefault(f"{feature.name}: {way.why}", []).append(f"`{target.NAME}`")
    yield from ("", "Why:", "")
    yield from (f"- {', '.join(where)}: {_cell(reason)}" for reason, where in reasons.items())
    yield ""


def _answers(client: Dialect) -> Iterator[str]:
    targets = [target for target in DIALECTS.values() if target is not client]
    yield from (f"### To `{client.NAME}`", "")
    yield "| an answer holds | " + " | ".join(f"from `{target.NAME}`" for target in targets) + " |"
    yield "|---|" + "---|" * len(targets)
    for feature in ANSWER_FEATURES:
        ways = [answer_way(feature, client, target) for target in targets]
        if any(way.kind != "unsaid" for way in ways):
            yield f"| {feature.name} | " + " | ".join(_shown(way, feature.reported) for way in ways) + " |"
    yield ""


def _shown(way: Way, reported: bool) -> str:  # noqa: FBT001 - a fact of the feature
    if way.kind == "dropped" and not reported:
        return "nearest"
    return _CELLS[way.kind]


def _first_line(spoken: object) -> str:
    return (spoken.__doc__ or "").splitlines()[0].rstrip(".")


def _cell(text: str) -> str:
    return " ".join(text.split())
