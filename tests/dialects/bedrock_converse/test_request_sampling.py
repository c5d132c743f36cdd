"""Sampling parameters on their way into Converse."""

from __future__ import annotations

import json
from typing import Any

from comity.dialects.bedrock_converse import encode_request
from comity.exchange import Inexpressible, ModelTraits, Request, Sampling, Text, Turn, WireRequest

PLAIN = ModelTraits(family="claude")
FULL = ModelTraits(family="claude", reasoning_effort=True)
USER = Turn("user", (Text("hi"),))


def body(request: Request, traits: ModelTraits = FULL) -> dict[str, Any]:
    """The body of a request that can be expressed."""
    written = encode_request(request, "m", traits, lossy=False)
    assert isinstance(written, WireRequest), written
    value: dict[str, Any] = json.loads(written.body)
    return value


def missing(request: Request, traits: ModelTraits = FULL) -> list[str]:
    """The parameters for which a request cannot be expressed."""
    written = encode_request(request, "m", traits, lossy=False)
    assert isinstance(written, Inexpressible), written
    return [item.parameter for item in written.missing]


def test_sampling_that_converse_has() -> None:
    """Limits, temperature, nucleus and stop sequences."""
    sampling = Sampling(max_output_tokens=5, temperature=0.5, top_p=1, stop=("x", ""), candidates=1)
    assert body(Request("m", (USER,), sampling=sampling))["inferenceConfig"] == {
        "maxTokens": 5,
        "temperature": 0.5,
        "topP": 1,
        "stopSequences": ["x"],
    }


def test_sampling_that_converse_lacks_is_named() -> None:
    """Each by its name; zero penalties and false switches say nothing."""
    lacking = Sampling(
        seed=1,
        frequency_penalty=1,
        presence_penalty=1,
        candidates=2,
        logprobs=True,
        top_logprobs=1,
        temperature=1.5,
    )
    assert missing(Request("m", (USER,), sampling=lacking)) == [
        "seed",
        "frequency_penalty",
        "presence_penalty",
        "n",
        "logprobs",
        "top_logprobs",
        "temperature",
    ]
    silent = Sampling(frequency_penalty=0, presence_penalty=0, candidates=1, logprobs=False, top_logprobs=0)
    assert "inferenceConfig" not in body(Request("m", (USER,), sampling=silent))
    fixed = ModelTraits(sampling=False)
    assert missing(Request("m", (USER,), sampling=Sampling(temperature=0.5, top_p=1)), fixed) == [
        "temperature"
    ]


def test_reasoning_effort_and_top_k_go_where_the_model_takes_them() -> None:
    """Natively, as a field of the model, or not at all."""
    effort = Request("m", (USER,), sampling=Sampling(reasoning_effort="low"))
    assert body(effort)["outputConfig"] == {"effort": "low"}
    field = ModelTraits(additional_fields=("reasoning_effort", "top_k"))
    assert body(effort, field)["additionalModelRequestFields"] == {"reasoning_effort": "low"}
    assert missing(effort, PLAIN) == ["reasoning_effort"]
    top = Request("m", (USER,), sampling=Sampling(top_k=3))
    assert body(top)["additionalModelRequestFields"] == {"top_k": 3}
    assert body(top, field)["additionalModelRequestFields"] == {"top_k": 3}
    nova = body(top, ModelTraits(family="nova"))["additionalModelRequestFields"]
    assert nova == {"inferenceConfig": {"topK": 3}}
    assert missing(top, ModelTraits()) == ["top_k"]
