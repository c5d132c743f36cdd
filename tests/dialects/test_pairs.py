"""Golden files: one rich request and its answer on every ordered pair of dialects, reviewed like code.

Each file reads from top to bottom: what the client sends, what the target gets, what was left out; what the
target answers, what the client gets, what it is not shown. `COMITY_GOLDEN=write` writes them anew.
"""

from __future__ import annotations

import json
import os
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from comity.dialects import DIALECTS, Dialect
from comity.dialects.survey import generous_traits, unshown
from comity.exchange import (
    CacheMark,
    Choice,
    Citation,
    Finish,
    Format,
    Inexpressible,
    Media,
    Reasoning,
    Request,
    Response,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
    Usage,
    WireRequest,
)

FOLDER = Path(__file__).parents[1] / "golden" / "pairs"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
REQUEST = Request(
    model="assistant",
    turns=(
        Turn("system", (Text("Be brief.", CacheMark()),)),
        Turn("user", (Text("Is it warm here?"), Media("image", "image/png", b"\x89PNG\r\n\x1a\n"))),
        Turn("assistant", (Text("Let me look."), ToolCall("call_1", "weather", '{"city":"Oslo"}'))),
        Turn("tool", (ToolResult("call_1", (Text("4 degrees"),)),)),
        Turn("user", (Text("So?"),)),
    ),
    tools=(Tool("weather", "The weather in a city.", SCHEMA),),
    tool_choice=ToolChoice("auto"),
    format=Format("json_schema", "answer", None, SCHEMA),
    sampling=Sampling(max_output_tokens=200, temperature=0.5, stop=("END",), seed=7, reasoning_effort="low"),
    user="u1",
)
ANSWER = Response(
    id="answer_1",
    model="model-1",
    choices=(
        Choice(
            (
                Reasoning("Four is cold.", "c2ln"),
                Text("No.", citations=(Citation("https://a.example", "A", "4 degrees", origin="elsewhere"),)),
                ToolCall("call_2", "weather", '{"city":"Bern"}'),
            ),
            Finish.TOOL_CALLS,
        ),
    ),
    usage=Usage(100, 40, 8, 12, 5, cache_write_1h=3),
    created=1795221023,
)
PAIRS = list(permutations(DIALECTS, 2))


def crossed(client: Dialect, target: Dialect) -> dict[str, Any]:
    """The request on its way out and the answer on its way back."""
    said = client.encode_request(REQUEST, "assistant", generous_traits(client.NAME), lossy=True)
    assert isinstance(said, WireRequest)
    read = client.decode_request(said.body, model="assistant", stream=False)
    wire = target.encode_request(read, "model-1", generous_traits(target.NAME), lossy=True)
    assert isinstance(wire, WireRequest)
    strict = target.encode_request(read, "model-1", generous_traits(target.NAME), lossy=False)
    answered = target.encode_response(ANSWER)
    key = wire.answer
    response = target.decode_response(answered, key)
    return {
        "client sends": json.loads(said.body),
        "target gets": json.loads(wire.body),
        "refused": [one.parameter for one in strict.missing] if isinstance(strict, Inexpressible) else [],
        "dropped": [one.parameter for one in wire.dropped],
        "target answers": json.loads(answered),
        "client gets": json.loads(client.encode_response(response)),
        "client is not shown": list(unshown(client.NAME, response)),
    }


@pytest.mark.parametrize(("client", "target"), PAIRS, ids=["--".join(pair) for pair in PAIRS])
def test_a_pair_is_its_golden_file(client: str, target: str) -> None:
    """A change of any translation shows as a reviewed change of a file."""
    path = FOLDER / f"{client}--{target}.json"
    now = crossed(DIALECTS[client], DIALECTS[target])
    if os.environ.get("COMITY_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(now, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert now == json.loads(path.read_text(encoding="utf-8"))


def test_every_pair_has_a_file_and_every_file_a_pair() -> None:
    """No file is missing, none is left behind."""
    assert {path.stem for path in FOLDER.glob("*.json")} == {"--".join(pair) for pair in PAIRS}
