"""Every dialect offers the same surface and survives any bytes."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from comity.dialects import (
    DIALECTS,
    Dialect,
    anthropic_messages,
    bedrock_converse,
    bedrock_invoke,
    openai_chat,
    openai_responses,
    vertex_messages,
)
from comity.errors import RequestError, ResponseError, WireError
from comity.exchange import AnswerKey, Fault, Inexpressible, ModelTraits, WireRequest

EACH = pytest.mark.parametrize("spoken", DIALECTS.values(), ids=DIALECTS.keys())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
WORDS = st.sampled_from(
    re.findall(
        r"\w+",
        """input instructions function_call function_call_output call_id arguments reasoning summary
        encrypted_content input_text response item output_index
        model messages role content text type tools choices delta message output toolUse toolResult image
        source usage system user assistant function error stop toolConfig inferenceConfig response_format
        tool_calls image_url url name thinking signature tool_use tool_result input max_tokens
        content_block message_start content_block_start content_block_delta message_delta
        contents parts functionCall function_call functionResponse inlineData fileData thoughtSignature args
        functionDeclarations parameters generationConfig thinkingConfig toolConfig functionCallingConfig
        candidates finishReason promptFeedback usageMetadata groundingMetadata logprobsResult partialArgs""",
    )
)
SHAPED = st.recursive(
    JSON | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)
BODIES = st.binary(max_size=80) | SHAPED.map(lambda value: json.dumps(value).encode())


def test_dialects_are_registered_by_name() -> None:
    """The registry's key is the name that configuration uses."""
    named = {
        "openai.chat": openai_chat,
        "bedrock.converse": bedrock_converse,
        "anthropic.messages": anthropic_messages,
        "bedrock.invoke": bedrock_invoke,
        "vertex.messages": vertex_messages,
        "openai.responses": openai_responses,
    }
    assert named.items() <= DIALECTS.items()
    assert [spoken.NAME for spoken in DIALECTS.values()] == list(DIALECTS)


@EACH
def test_the_surface_has_the_protocols_names(spoken: Dialect) -> None:
    """A new dialect is a folder with the same names, exported."""
    wanted = {name for name in vars(Dialect) if not name.startswith("_")}
    assert wanted <= set(dir(spoken))


def survives(read: Callable[[bytes], object], body: bytes) -> None:
    """Reads `body`; only the project's own wire errors may leave."""
    with contextlib.suppress(WireError):
        read(body)


@pytest.mark.no_cover
@EACH
@given(body=BODIES)
@example(body=b'{"model":"m","messages":' + b"[" * 5000)
@example(body=b'{"messages":[{"role":"user","content":"\\ud800"}],"model":"m"}')
@example(body=b'{"messages":[],"model":"m","max_tokens":1e999}')
def test_any_request_bytes_are_a_value_or_a_request_error(spoken: Dialect, body: bytes) -> None:
    """Fuzz: requests are read or refused, and what was read is written or named as inexpressible."""
    try:
        request = spoken.decode_request(body, model="m")
    except RequestError:
        return
    for target in DIALECTS.values():
        wire = target.encode_request(request, "m", ModelTraits(), lossy=True)
        assert isinstance(wire, (WireRequest, Inexpressible))


@pytest.mark.no_cover
@EACH
@given(body=BODIES)
def test_any_answer_bytes_are_a_value_or_a_response_error(spoken: Dialect, body: bytes) -> None:
    """Fuzz: answers are read or refused."""
    survives(spoken.decode_response, body)


@pytest.mark.no_cover
@EACH
@given(body=BODIES, framed=st.booleans(), cut=st.integers(0, 100))
def test_any_stream_bytes_are_events_or_a_response_error(
    spoken: Dialect,
    body: bytes,
    framed: bool,  # noqa: FBT001 - drawn by hypothesis
    cut: int,
) -> None:
    """Fuzz: streams are read or refused, at once or in two pieces, raw or in the dialect's frame."""
    stream = b"data: " + body + b"\n\n" if framed else body

    def read(data: bytes) -> object:
        decoder = spoken.EventDecoder(AnswerKey())
        return decoder.feed(data[:cut]), decoder.feed(data[cut:]), decoder.flush()

    survives(read, stream)


@EACH
def test_errors_are_json_with_comitys_own_members(spoken: Dialect) -> None:
    """Room for clauses in every dialect's error shape."""
    fault = Fault(451, "forbidden", extra={"clauses": ["a.b"]})
    assert b'"clauses":["a.b"]' in spoken.encode_failure(fault)


def test_request_and_response_errors_are_told_apart() -> None:
    """One is the client's fault, the other the provider's."""
    assert not issubclass(RequestError, ResponseError)
    assert not issubclass(ResponseError, RequestError)
