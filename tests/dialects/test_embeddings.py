"""Dialects of embeddings: each request in each other's words, vectors back, and nonsense named."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.material import read_spec

from comity.dialects import EMBEDDINGS, ERRORS, EmbeddingDialect
from comity.dialects.embeddings.own_names import NAMES, PARAMETERS, EmbeddingLosses
from comity.errors import RequestError, ResponseError, WireError
from comity.exchange import (
    AnswerKey,
    EmbeddingRequest,
    EmbeddingResponse,
    Inexpressible,
    Media,
    ModelTraits,
    Text,
    Usage,
    WireRequest,
)

A = {"parts": [{"text": "a"}]}
PNG = b"\x89PNG\r\n\x1a\n"
PLAIN = ModelTraits(family="cohere")
TARGETS: tuple[tuple[str, str], ...] = (
    ("openai.embeddings", ""),
    ("bedrock.embeddings", "titan"),
    ("bedrock.embeddings", "cohere"),
    ("bedrock.embeddings", "nova"),
    ("gemini.embeddings", ""),
    ("vertex.embeddings", ""),
)
EACH = pytest.mark.parametrize("spoken", EMBEDDINGS.values(), ids=EMBEDDINGS.keys())
WORDS = st.sampled_from(
    ["input", "model", "texts", "inputText", "requests", "content", "parts", "instances", "embedding"]
)
BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "openai": ("openai.embeddings", {"model": "m", "input": ["one"], "dimensions": 8}),
    "titan": ("bedrock.embeddings", {"inputText": "one", "dimensions": 8}),
    "titan image": (
        "bedrock.embeddings",
        {
            "inputText": "one",
            "inputImage": "iVBORw0KGgo=",
            "embeddingConfig": {"outputEmbeddingLength": 8},
        },
    ),
    "cohere": (
        "bedrock.embeddings",
        {"texts": ["one"], "input_type": "search_query", "output_dimension": 8, "truncate": "END"},
    ),
    "cohere image": (
        "bedrock.embeddings",
        {"images": ["data:image/png;base64,iVBORw0KGgo="], "input_type": "image", "output_dimension": 8},
    ),
    "cohere both": (
        "bedrock.embeddings",
        {
            "inputs": [
                {
                    "content": [
                        {"type": "text", "text": "one"},
                        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
                    ]
                }
            ],
            "input_type": "search_document",
            "output_dimension": 8,
        },
    ),
    "nova": (
        "bedrock.embeddings",
        {
            "taskType": "SINGLE_EMBEDDING",
            "singleEmbeddingParams": {
                "embeddingPurpose": "GENERIC_RETRIEVAL",
                "embeddingDimension": 8,
                "text": {"truncationMode": "END", "value": "one"},
            },
        },
    ),
    "nova image": (
        "bedrock.embeddings",
        {
            "taskType": "SINGLE_EMBEDDING",
            "singleEmbeddingParams": {
                "embeddingPurpose": "GENERIC_INDEX",
                "embeddingDimension": 8,
                "image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}},
            },
        },
    ),
    "gemini": (
        "gemini.embeddings",
        {
            "requests": [
                {
                    "model": "models/m",
                    "content": {"parts": [{"text": "one"}]},
                    "taskType": "RETRIEVAL_QUERY",
                    "outputDimensionality": 8,
                }
            ]
        },
    ),
    "vertex": (
        "vertex.embeddings",
        {
            "instances": [{"content": "one", "task_type": "RETRIEVAL_QUERY"}],
            "parameters": {"outputDimensionality": 8, "autoTruncate": True},
        },
    ),
}


def family_of(label: str) -> str:
    """The family that a body of Bedrock's belongs to."""
    return label.split(" ", maxsplit=1)[0]


def read(label: str) -> EmbeddingRequest:
    """The request of a body."""
    dialect, body = BODIES[label]
    return EMBEDDINGS[dialect].decode_request(json.dumps(body).encode(), model="m")


def written(request: EmbeddingRequest, name: str, family: str = "", **traits: Any) -> dict[str, Any]:
    """The body of a request that can be expressed."""
    wire = EMBEDDINGS[name].encode_request(request, "m", ModelTraits(family=family, **traits), lossy=False)
    assert isinstance(wire, WireRequest), wire
    body: dict[str, Any] = json.loads(wire.body)
    return body


def missing(request: EmbeddingRequest, name: str, family: str = "") -> list[str]:
    """What keeps a request from being expressed."""
    wire = EMBEDDINGS[name].encode_request(request, "m", ModelTraits(family=family), lossy=False)
    assert isinstance(wire, Inexpressible)
    return [one.parameter for one in wire.missing]


def dropped(request: EmbeddingRequest, name: str, family: str = "") -> list[str]:
    """What is left out on the lossy way."""
    wire = EMBEDDINGS[name].encode_request(request, "m", ModelTraits(family=family), lossy=True)
    assert isinstance(wire, WireRequest)
    return [one.parameter for one in wire.dropped]


@pytest.mark.parametrize("label", list(BODIES))
def test_a_body_comes_back_in_its_own_dialect(label: str) -> None:
    """Through the hub and out again: the same body."""
    dialect, body = BODIES[label]
    assert written(read(label), dialect, family_of(label)) == body


@pytest.mark.parametrize(("name", "family"), TARGETS)
@pytest.mark.parametrize("label", ["openai", "titan", "cohere", "nova", "gemini", "vertex"])
def test_a_text_reaches_every_target(label: str, name: str, family: str) -> None:
    """The text and its dimensions, whoever asks whom."""
    wire = EMBEDDINGS[name].encode_request(read(label), "m", ModelTraits(family=family), lossy=True)
    assert isinstance(wire, WireRequest)
    again = EMBEDDINGS[name].decode_request(wire.body, model="m")
    assert again.inputs == ((Text("one"),),)
    assert again.dimensions == 8


def test_images_reach_who_embeds_them() -> None:
    """By value to Titan, Cohere, Nova and Gemini; text models name what they lack."""
    image = Media("image", "image/png", PNG)
    request = EmbeddingRequest("m", ((image,),), task="document")
    for name, family in TARGETS[1:5]:
        body = json.dumps(written(request, name, family)).encode()
        ((again,),) = EMBEDDINGS[name].decode_request(body, model="m").inputs
        assert isinstance(again, Media)
        assert again.data == PNG
    for name in ("openai.embeddings", "vertex.embeddings"):
        assert missing(request, name) == ["input[0]"]
    away = EmbeddingRequest("m", ((Media("image", url="https://a.example"),),), task="document")
    for name, family in TARGETS[1:5]:
        assert missing(away, name, family) == ["input[0]"]
    file = EmbeddingRequest("m", ((Media("document", "application/pdf", url="gs://b/a.pdf"),),))
    part = written(file, "gemini.embeddings")["requests"][0]["content"]["parts"][0]
    assert part == {"fileData": {"mimeType": "application/pdf", "fileUri": "gs://b/a.pdf"}}
    single = json.dumps({"content": {"parts": [part]}}).encode()
    assert EMBEDDINGS["gemini.embeddings"].decode_request(single, model="m").inputs == file.inputs
    both = EmbeddingRequest("m", ((Text("a"), image),), task="document")
    assert missing(both, "bedrock.embeddings", "nova") == ["input[0]"]


def test_several_inputs_go_to_models_that_take_several() -> None:
    """Titan and Nova take one per call, and say so; the others keep the order."""
    request = EmbeddingRequest("m", ((Text("a"),), (Text("b"),)), task="document")
    assert written(request, "openai.embeddings")["input"] == ["a", "b"]
    assert written(request, "bedrock.embeddings", "cohere")["texts"] == ["a", "b"]
    assert len(written(request, "gemini.embeddings")["requests"]) == 2
    assert len(written(request, "vertex.embeddings")["instances"]) == 2
    for family in ("titan", "nova"):
        assert missing(request, "bedrock.embeddings", family) == ["input"]


def test_token_ids_stay_with_their_tokenizer() -> None:
    """Numbers go out as they came to OpenAI, and to nobody else; a mixture is nonsense."""
    for given_ids in ([1, 2], [[1, 2], [3]]):
        body = json.dumps({"model": "m", "input": given_ids}).encode()
        request = EMBEDDINGS["openai.embeddings"].decode_request(body)
        wanted = [given_ids] if given_ids == [1, 2] else given_ids
        assert written(request, "openai.embeddings")["input"] == wanted
        for name, family in TARGETS[1:]:
            assert missing(request, name, family)[0].startswith("input")


def test_purposes_are_mapped_told_or_named() -> None:
    """A model that demands a purpose gets a stated one; a model without purposes embeds alike for all."""
    nothing = EmbeddingRequest("m", ((Text("a"),),))
    assert written(nothing, "bedrock.embeddings", "cohere")["input_type"] == "search_document"
    assert dropped(nothing, "bedrock.embeddings", "cohere") == ["task"]
    assert dropped(nothing, "bedrock.embeddings", "nova") == ["task"]
    checks = EmbeddingRequest("m", ((Text("a"),),), task="fact_check", title="t", truncate="start", user="u")
    assert missing(checks, "bedrock.embeddings", "cohere") == ["title", "task"]
    assert missing(checks, "bedrock.embeddings", "nova") == ["title", "task"]
    assert missing(checks, "bedrock.embeddings", "titan") == ["title", "truncate"]
    assert missing(checks, "openai.embeddings") == ["title", "truncate"]
    assert missing(checks, "gemini.embeddings") == ["truncate"]
    assert missing(checks, "vertex.embeddings") == ["truncate"]
    assert dropped(checks, "bedrock.embeddings", "titan") == ["title", "truncate", "task", "user"]
    told = written(EmbeddingRequest("m", ((Text("a"),),), task="query", truncate="none"), "gemini.embeddings")
    assert told["requests"][0]["embedContentConfig"] == {"autoTruncate": False}
    asked = EmbeddingRequest("m", ((Text("a"),),), task="query")
    assert written(asked, "openai.embeddings", additional_fields=("input_type",))["input_type"] == "query"
    assert dropped(asked, "openai.embeddings") == ["task"]


def test_every_form_has_a_word_for_every_name_or_says_that_it_has_none() -> None:
    """And what is told leads to what the client wrote."""
    for words in NAMES.values():
        assert set(words) == set(PARAMETERS)
    for label in BODIES:
        words = NAMES[read(label).dialect, read(label).form]
        losses = EmbeddingLosses(msgspec.structs.replace(read(label), extra={"odd": 1}))
        assert [losses.own_name(name) for name in PARAMETERS] == [words[name] or name for name in PARAMETERS]
        assert losses.own_name("odd") == "odd"
        top = losses.own_name("input[0]").partition("[")[0].partition(".")[0]
        assert top in BODIES[label][1]


def test_inputs_are_named_where_the_client_wrote_them() -> None:
    """With their index where there is one list of them."""
    image = Media("image", "image/png", b"png")
    forms = {
        ("openai.embeddings", ""): "input[1]",
        ("gemini.embeddings", "batch"): "requests[1].content",
        ("gemini.embeddings", "single"): "content",
        ("vertex.embeddings", ""): "instances[1].content",
        ("bedrock.embeddings", "cohere"): "images",
        ("bedrock.embeddings", "titan"): "inputImage",
        ("bedrock.embeddings", "nova"): "singleEmbeddingParams.image",
        ("", ""): "input[1]",
    }
    for (dialect, form), name in forms.items():
        request = EmbeddingRequest("m", ((Text("a"),), (image,)), dialect=dialect, form=form)
        assert EmbeddingLosses(request).own_name("input[1]") == name
    assert EmbeddingLosses(EmbeddingRequest("m", ((Text("a"),),))).own_name("task") == "task"


def test_what_has_no_place_goes_home_or_is_named() -> None:
    """Unknown members come back in their own dialect and form, and are losses elsewhere."""
    cases: tuple[tuple[str, str, dict[str, Any], list[str]], ...] = (
        (
            "openai.embeddings",
            "",
            {"model": "m", "input": ["a"], "odd": 1, "input_type": "x"},
            ["odd", "input_type"],
        ),
        ("bedrock.embeddings", "titan", {"inputText": "a", "normalize": True}, ["normalize"]),
        (
            "bedrock.embeddings",
            "cohere",
            {"texts": ["a"], "input_type": "search_query", "embedding_types": ["float"]},
            ["embedding_types"],
        ),
        (
            "bedrock.embeddings",
            "nova",
            {
                "taskType": "SINGLE_EMBEDDING",
                "singleEmbeddingParams": {
                    "embeddingPurpose": "TEXT_RETRIEVAL",
                    "text": {"truncationMode": "NONE", "value": "a"},
                    "odd": 1,
                },
            },
            ["singleEmbeddingParams"],
        ),
        (
            "gemini.embeddings",
            "",
            {
                "requests": [
                    {"model": "models/m", "content": {"parts": [{"text": "a"}]}, "odd": 1, "taskType": "X"}
                ]
            },
            ["requests[0].odd", "taskType"],
        ),
        (
            "vertex.embeddings",
            "",
            {"instances": [{"content": "a"}], "labels": {"k": "v"}, "parameters": {"odd": 1}},
            ["labels", "parameters.odd"],
        ),
    )
    for name, family, body, lost in cases:
        request = EMBEDDINGS[name].decode_request(json.dumps(body).encode(), model="m")
        again = written(request, name, family)
        assert {**again, **body} == {**body, **again}
        other = "gemini.embeddings" if name != "gemini.embeddings" else "openai.embeddings"
        assert sorted(missing(request, other)) == sorted(lost)
        if other == "gemini.embeddings":
            vertex = "vertex.embeddings" if name != "vertex.embeddings" else "openai.embeddings"
            assert sorted(missing(request, vertex)) == sorted(lost)
    foreign = EmbeddingRequest(
        "m", ((Text("a"),),), extra={"odd": 1}, dialect="openai.embeddings", task="query"
    )
    assert missing(foreign, "bedrock.embeddings", "cohere") == ["odd"]
    assert written(foreign, "bedrock.embeddings", "cohere", additional_fields=("odd",))["odd"] == 1


def test_a_bedrock_model_of_no_known_family_is_named() -> None:
    """Whose body a model takes is declared, never guessed."""
    assert missing(EmbeddingRequest("m", ((Text("a"),),)), "bedrock.embeddings", "other") == ["model"]


@pytest.mark.parametrize("label", list(BODIES))
def test_vectors_come_back_in_the_form_of_the_request(label: str) -> None:
    """Every client reads the numbers from its own dialect's answer, and the count where it has one."""
    dialect, _ = BODIES[label]
    spoken = EMBEDDINGS[dialect]
    made = EmbeddingResponse(((0.5, -0.25),), "m", Usage(7), "id")
    body = spoken.encode_response(made, read(label))
    again = spoken.decode_response(body, AnswerKey(model="m"))
    assert again.vectors == made.vectors
    counts = family_of(label) not in {"cohere", "nova"}
    assert again.usage == (Usage(7) if counts else None)
    assert spoken.read_usage(body, PLAIN).usage == again.usage


def test_base64_is_written_for_who_asks_and_read_from_anybody() -> None:
    """32-bit numbers, little endian, as the official SDK reads them."""
    spoken = EMBEDDINGS["openai.embeddings"]
    body = b'{"model":"m","input":"a","encoding_format":"base64","user":"u"}'
    request = spoken.decode_request(body)
    made = EmbeddingResponse(((0.5, -0.25), (1.0, 0.0)), "m")
    told = json.loads(spoken.encode_response(made, request))
    assert told["data"][0]["embedding"] == "AAAAPwAAgL4="
    assert "usage" not in told
    assert spoken.decode_response(json.dumps(told).encode()).vectors == made.vectors
    with pytest.raises(ResponseError, match="base64"):
        spoken.decode_response(b'{"data":[{"embedding":"AAA"}]}')
    assert spoken.decode_response(b'{"data":[],"usage":{"total_tokens":3}}').usage == Usage(3)


def test_other_forms_of_answers() -> None:
    """Titan's vectors by type, Cohere's by type, Google's single form, and a count per instance."""
    bedrock, gemini = EMBEDDINGS["bedrock.embeddings"], EMBEDDINGS["gemini.embeddings"]
    assert bedrock.decode_response(b'{"embeddingsByType":{"float":[1]}}').vectors == ((1.0,),)
    assert bedrock.decode_response(b'{"embeddings":{"float":[[1],[2]]}}').vectors == ((1.0,), (2.0,))
    single = gemini.decode_request(b'{"content":{"parts":[{"text":"a"}]},"odd":1}', model="m")
    told = json.loads(gemini.encode_response(EmbeddingResponse(((1.0,),), "m"), single))
    assert told == {"embedding": {"values": [1.0]}}
    assert gemini.decode_response(json.dumps(told).encode()).vectors == ((1.0,),)
    assert written(single, "gemini.embeddings")["requests"][0]["odd"] == 1
    vertex = EMBEDDINGS["vertex.embeddings"]
    several = EmbeddingResponse(((1.0,), (2.0,)), "m", Usage(5))
    body = vertex.encode_response(several, read("vertex"))
    assert vertex.decode_response(body).usage is None


@pytest.mark.parametrize(
    ("name", "body", "param"),
    [
        ("openai.embeddings", {"model": "m"}, "input"),
        ("openai.embeddings", {"model": "m", "input": []}, "input"),
        ("openai.embeddings", {"model": "m", "input": ["a", 1]}, "input"),
        ("openai.embeddings", {"input": "a", "model": "../x"}, "model"),
        ("bedrock.embeddings", {"odd": 1}, ""),
        ("bedrock.embeddings", {"texts": []}, "texts"),
        ("bedrock.embeddings", {"images": ["x"]}, "images[0]"),
        ("bedrock.embeddings", {"images": ["data:image/png;base64,x"]}, "images[0]"),
        ("bedrock.embeddings", {"singleEmbeddingParams": {}}, "singleEmbeddingParams"),
        ("gemini.embeddings", {"requests": []}, "requests"),
        ("gemini.embeddings", {"content": {}}, "content.parts"),
        ("gemini.embeddings", {"content": {"parts": [{}]}}, "content.parts[0]"),
        ("vertex.embeddings", {"instances": []}, "instances"),
        ("vertex.embeddings", {"instances": [{}]}, "instances[0].content"),
        (
            "vertex.embeddings",
            {"instances": [{"content": "a"}, {"content": "b", "title": "t"}]},
            "instances",
        ),
        (
            "gemini.embeddings",
            {"requests": [{"content": {"parts": [{"text": "a"}]}, "title": "t"}, {"content": {}}]},
            "requests",
        ),
    ],
)
def test_a_body_that_embeds_nothing_is_refused_by_its_path(
    name: str, body: dict[str, Any], param: str
) -> None:
    """The field at fault has its path in the client's own dialect."""
    with pytest.raises(RequestError) as refused:
        EMBEDDINGS[name].decode_request(json.dumps(body).encode())
    assert refused.value.param == param


def test_a_peek_reads_the_model_or_takes_the_addresss() -> None:
    """OpenAI names it in the body, the others in the address; nothing is generated."""
    seen = EMBEDDINGS["openai.embeddings"].peek(b'{"model":"m","input":"a"}', "other")
    assert (seen.model, seen.stream, seen.max_output_tokens) == ("m", False, 0)
    for label in ("titan", "gemini", "vertex"):
        dialect, body = BODIES[label]
        assert EMBEDDINGS[dialect].peek(json.dumps(body).encode(), "m").model == "m"
    with pytest.raises(RequestError):
        EMBEDDINGS["openai.embeddings"].peek(b'{"input":"a"}')


def test_the_same_dialect_passes_with_the_targets_name() -> None:
    """OpenAI's body but for the model, Bedrock's to its own family, Vertex's as it came, Gemini's anew."""
    body = b'{"model":"m","odd":null,"input":"a"}'
    assert EMBEDDINGS["openai.embeddings"].adapt(body, "n", PLAIN) == b'{"model":"n","odd":null,"input":"a"}'
    with pytest.raises(RequestError, match="`model`"):
        EMBEDDINGS["openai.embeddings"].adapt(b'{"Model":"m","model":"m","input":"a"}', "n", PLAIN)
    texts = b'{"texts":["a"]}'
    assert EMBEDDINGS["bedrock.embeddings"].adapt(texts, "n", PLAIN) == texts
    assert EMBEDDINGS["bedrock.embeddings"].adapt(b'{"inputText":"a"}', "n", PLAIN) is None
    assert EMBEDDINGS["vertex.embeddings"].adapt(b'{"instances":[]}', "n", PLAIN) == b'{"instances":[]}'
    assert EMBEDDINGS["gemini.embeddings"].adapt(b"{}", "n", PLAIN) is None


@EACH
@given(
    body=st.binary(max_size=40)
    | st.recursive(
        st.none() | st.integers(-9, 9) | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "input",
                        "model",
                        "texts",
                        "inputText",
                        "requests",
                        "content",
                        "parts",
                        "instances",
                        "embedding",
                    ]
                ),
                inner,
                max_size=3,
            )
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode())
)
def test_any_bytes_are_a_value_or_a_wire_error(spoken: EmbeddingDialect, body: bytes) -> None:
    """Fuzz: requests and answers are read or refused, and what was read is written or named."""
    with contextlib.suppress(WireError):
        spoken.decode_response(body)
    with contextlib.suppress(WireError):
        spoken.peek(body, "m")
    with contextlib.suppress(WireError):
        spoken.adapt(body, "m", PLAIN)
    with contextlib.suppress(WireError):
        spoken.read_usage(body, PLAIN)
    with contextlib.suppress(RequestError):
        request = spoken.decode_request(body, model="m")
        for name, family in TARGETS:
            EMBEDDINGS[name].encode_request(request, "m", ModelTraits(family=family), lossy=True)


def test_errors_are_those_of_the_dialect_at_the_same_address() -> None:
    """Every dialect of embeddings has one."""
    assert ERRORS.keys() >= EMBEDDINGS.keys()
    assert ERRORS["vertex.embeddings"].NAME == "gemini.generate"


def schema(file: str, name: str) -> Draft202012Validator:
    """A schema of an official specification."""
    spec = read_spec(file)
    where = "components/schemas" if "components" in spec else "schemas"
    if where == "schemas":
        spec = json.loads(json.dumps(spec).replace('"$ref": "', '"$ref": "#/schemas/'))
        for one in spec["schemas"].values():
            one["additionalProperties"] = False
        return Draft202012Validator({"$ref": f"#/schemas/{name}", "schemas": spec["schemas"]})
    return Draft202012Validator({"$ref": f"#/{where}/{name}", "components": spec["components"]})


@pytest.mark.parametrize("label", list(BODIES))
def test_bodies_pass_the_official_schemas(label: str) -> None:
    """What goes to OpenAI and to Google has the names and types of their own specifications."""
    request = read(label)
    for name, file, kind in (
        ("openai.embeddings", "openai-openapi", "CreateEmbeddingRequest"),
        ("gemini.embeddings", "generativelanguage-v1beta-discovery", "BatchEmbedContentsRequest"),
    ):
        wire = EMBEDDINGS[name].encode_request(request, "m", ModelTraits(), lossy=True)
        if isinstance(wire, WireRequest):
            errors = [error.message[:200] for error in schema(file, kind).iter_errors(json.loads(wire.body))]
            assert errors == []
