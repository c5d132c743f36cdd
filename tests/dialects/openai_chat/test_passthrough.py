"""The hot path: peek, adapt, read_usage."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.dialects import Outline
from comity.dialects.openai_chat import adapt, peek, read_usage
from comity.errors import RequestError, ResponseError
from comity.exchange import ModelTraits, Usage

NEW = ModelTraits(completion_limit_field="max_completion_tokens")
OLD = ModelTraits(completion_limit_field="max_tokens", stream_options=False)


def test_peek_reads_what_routing_needs() -> None:
    """All fields of a full request."""
    body = (
        b'{"model":"gpt-5.5","messages":[],"stream":true,"stream_options":{"include_usage":true},"n":2,'
        b'"max_tokens":9,"max_completion_tokens":7,"service_tier":"flex"}'
    )
    seen = peek(body)
    assert (seen.model, seen.stream, seen.stream_usage) == ("gpt-5.5", True, True)
    assert (seen.max_output_tokens, seen.candidates, seen.service_tier) == (7, 2, "flex")


def test_t30_null_is_absent_for_peek() -> None:
    """T30: a client that says null says nothing."""
    seen = peek(b'{"model":"m","stream":null,"stream_options":null,"n":null,"max_tokens":null}')
    assert (seen.stream, seen.stream_usage, seen.candidates, seen.max_output_tokens) == (
        False,
        False,
        1,
        None,
    )


def test_the_address_may_name_the_model() -> None:
    """A deployment URL stands in for the field, and the field goes first."""
    assert peek(b"{}", model="dep").model == "dep"
    assert peek(b'{"model":"own"}', model="dep").model == "own"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"", ""),
        (b"[]", ""),
        (b"\xff", ""),
        (b"{}", "model"),
        (b'{"model":""}', "model"),
        (b'{"model":7}', "model"),
        (b'{"model":"m","stream":"yes"}', "stream"),
        (b'{"model":"m","stream_options":{"include_usage":1}}', "stream_options.include_usage"),
        (b'{"model":"m","max_tokens":0}', "max_tokens"),
        (b'{"model":"m","max_completion_tokens":-1}', "max_completion_tokens"),
        (b'{"model":"m","n":0}', "n"),
        (b'{"model":"m","n":129}', "n"),
        (b'{"model":"m","messages":' + b"[" * 100_000, ""),
    ],
)
def test_nonsense_is_refused_with_the_field(body: bytes, param: str) -> None:
    """Each refusal names the field at fault."""
    with pytest.raises(RequestError) as caught:
        peek(body)
    assert caught.value.param == param


@pytest.mark.parametrize("name", ["../x", "a/../b", "a%2Fb", "a?b", "a#b", "a b", "a\\b", "a\nb", "x" * 257])
def test_t42_a_model_name_cannot_reach_into_an_address(name: str) -> None:
    """T42: names that a URL would read as something else are refused."""
    with pytest.raises(RequestError, match="characters"):
        peek(json.dumps({"model": name}).encode())


@pytest.mark.parametrize(
    "name", ["gpt-5.5", "meta-llama/Llama-3", "us.anthropic.claude-v1:0", "a@b", "größer"]
)
def test_real_model_names_are_taken(name: str) -> None:
    """Slashes, colons and letters of any script are names."""
    assert peek(json.dumps({"model": name}, ensure_ascii=False).encode()).model == name


def test_inline_data_is_not_counted_as_text() -> None:
    """A megabyte of image is not a third of a million tokens."""
    image = b'{"model":"m","messages":["data:image/png;base64,' + b"A" * 1_000_000 + b'"]}'
    assert 1600 < peek(image).input_estimate < 2000
    assert peek(b'{"model":"m","messages":["' + b"word " * 600 + b'"]}').input_estimate > 600


def test_adapt_gives_the_same_bytes_when_nothing_changes() -> None:
    """The very object comes back: order, nulls, unknown fields and odd spacing are the client's."""
    body = b'{ "messages": [ ], "x_unknown":null, "temperature": 1.0e0, "model" : "m" }'
    assert adapt(body, model="m", ask_usage=False, traits=NEW).body is body
    assert adapt(body, model=None, ask_usage=False, traits=NEW).body is body


def test_t30_adapt_changes_one_field_and_keeps_the_rest() -> None:
    """T30: every other value keeps its bytes, nulls included, and no null is added."""
    body = b'{"a":null,"model":"m","seed":12345678901234567890123,"t":1.50,"s":"\xc3\xa9\\n"}'
    changed = adapt(body, model="dep", ask_usage=False, traits=NEW).body
    assert changed == body.replace(b'"m"', b'"dep"')


def test_t27_the_limit_has_the_name_that_the_model_takes() -> None:
    """T27: declared traits decide the field's name, in both directions."""
    assert adapt(b'{"model":"m","max_tokens":5}', model=None, ask_usage=False, traits=NEW).body == (
        b'{"model":"m","max_completion_tokens":5}'
    )
    renamed = adapt(b'{"model":"m","max_completion_tokens":5}', model=None, ask_usage=False, traits=OLD)
    assert renamed.body == b'{"model":"m","max_tokens":5}'


@pytest.mark.parametrize("traits", [NEW, OLD])
def test_of_two_limits_the_newer_is_the_one_that_counts(traits: ModelTraits) -> None:
    """What peek went by is what the target gets."""
    body = b'{"model":"m","max_tokens":5,"max_completion_tokens":7}'
    sent = json.loads(adapt(body, model=None, ask_usage=False, traits=traits).body)
    assert sent == {"model": "m", traits.completion_limit_field: peek(body).max_output_tokens}


def test_t28_usage_is_asked_for_where_it_can_be() -> None:
    """T28: usage is asked for in streams, other stream options are kept, and some servers are not asked."""
    ask = adapt(b'{"model":"m","stream":true}', model=None, ask_usage=True, traits=NEW).body
    assert json.loads(ask)["stream_options"] == {"include_usage": True}
    kept = b'{"model":"m","stream_options":{"include_obfuscation":false,"include_usage":false}}'
    assert json.loads(adapt(kept, model=None, ask_usage=True, traits=NEW).body)["stream_options"] == {
        "include_obfuscation": False,
        "include_usage": True,
    }
    asked = b'{"model":"m","stream_options":{"include_usage":true}}'
    assert adapt(asked, model=None, ask_usage=True, traits=NEW).body is asked
    null = b'{"model":"m","stream_options":null}'
    assert b'{"include_usage":true}' in adapt(null, model=None, ask_usage=True, traits=NEW).body
    plain = b'{"model":"m","stream":true}'
    assert adapt(plain, model=None, ask_usage=True, traits=OLD).body is plain


def test_a_second_spelling_of_a_guarded_field_is_refused() -> None:
    """A lenient server might obey `Model`, which nobody decided."""
    with pytest.raises(RequestError) as caught:
        adapt(b'{"model":"m","Model":"other"}', model="m", ask_usage=False, traits=NEW)
    assert caught.value.param == "Model"


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"cheap","model":"m","messages":[]}',
        b'{"mod\\u0065l":"cheap","model":"m","messages":[]}',
        b'{"model":"cheap","mod\\u0065l":"m","messages":[]}',
    ],
)
def test_a_doubled_field_leaves_once(body: bytes) -> None:
    """What was decided on is what the target reads, whichever duplicate it prefers."""
    assert peek(body).model == "m"
    sent = adapt(body, model="m", ask_usage=False, traits=NEW).body
    assert json.loads(sent, object_pairs_hook=list) == [["model", "m"], ["messages", []]] or json.loads(
        sent, object_pairs_hook=list
    ) == [("model", "m"), ("messages", [])]


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"m","n":1,"n":2}',
        b'{"n":2,"n":1}',
        b'{"a":1,"b":2,"c":3,"d":4,"n":2,"n":1}',
        b'{"model":0,"model":"m"}',
        b'{"model":"m","stream":0,"stream":true}',
        b'{"max_tokens":1,"max_tokens":5}',
        b'{"stream_options":0,"stream_options":null}',
        b'{"max_completion_tokens":1, "max_completion_tokens":2}',
        b'{"max_completion_toke\\u006es":1}',
        b'{"\\u006e":1}',
    ],
)
def test_the_shortest_doubled_or_escaped_field_is_written_anew(body: bytes) -> None:
    """However little room the second one takes, and however little else the body holds."""
    traits = OLD if b'"max_tokens"' in body else NEW
    sent = adapt(body, model=None, ask_usage=False, traits=traits).body
    assert sent == json.dumps(json.loads(body), separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"m","metadata":{"model":"other","n":1,"stream":true}}',
        b'{"model":"m","messages":["the \\"model\\" and \\"n\\" of \\u00e9"]}',
        b'{ "model" : "m" , "temperature" : 1.0e0 , "Seed" : 5 }',
    ],
)
def test_names_inside_other_fields_change_nothing(body: bytes) -> None:
    """Guarded names below the top, in text, or with another meaning are the client's own."""
    sent = adapt(body, model="m", ask_usage=False, traits=NEW).body
    assert json.loads(sent) == json.loads(body)
    assert sent == body or sent == msgspec.json.encode(msgspec.json.decode(body, type=dict[str, msgspec.Raw]))


NAMES = st.sampled_from(["model", "n", "max_tokens", "stream", "seed", "x", "m\u00f6del", "stop"])
MEMBERS = st.lists(st.tuples(NAMES, st.sampled_from(["1", "null", '"a"', '[1, "n"]', '{"n":2}'])), max_size=7)


@given(
    MEMBERS,
    st.sampled_from([(",", ":"), (", ", ": "), (",", ": "), (" ,\n", "\t:")]),
    st.sampled_from(["e", "\\u0065"]),
)
def test_what_passes_can_be_read_in_one_way_only(
    members: list[tuple[str, str]], marks: tuple[str, str], letter: str
) -> None:
    """Whatever is doubled, escaped or spaced: every guarded name leaves once, with its last value."""
    names = [name.replace("e", letter) if at % 2 else name for at, (name, _) in enumerate(members)]
    text = marks[0].join(
        f'"{name}"{marks[1]}{value}' for name, (_, value) in zip(names, members, strict=True)
    )
    body = f"{{{text}}}".encode()
    sent = adapt(body, model=None, ask_usage=False, traits=OLD).body
    pairs = json.loads(sent, object_pairs_hook=list)
    assert json.loads(sent) == json.loads(body)
    for name in ("model", "n", "max_tokens", "stream"):
        assert sum(name == one for one, _ in pairs) <= 1


@pytest.mark.parametrize("model", [None, "m", "other"])
@pytest.mark.parametrize("traits", [NEW, OLD])
@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"m","messages":[]}',
        b'{"model":"m","max_tokens":5,"stream":true}',
        b'{"model": "m", "max_completion_tokens": 5, "model": "m"}',
        b'{"model":"m","stream_options":{"include_usage":false,"x":1}}',
    ],
)
def test_what_was_peeked_at_is_not_read_again(body: bytes, traits: ModelTraits, model: str | None) -> None:
    """With the peek's own members the target gets the same bytes, time and again."""
    seen = peek(body)
    fresh = adapt(body, model=model, ask_usage=True, traits=traits).body
    for _ in range(2):
        assert adapt(body, model=model, ask_usage=True, traits=traits, seen=seen).body == fresh
    assert seen == peek(body)


def test_read_usage_of_a_whole_answer() -> None:
    """Usage in disjoint classes, model and finish."""
    body = (
        b'{"model":"m-1","choices":[{"finish_reason":"length","message":{}}],"usage":{"prompt_tokens":10,'
        b'"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4}}}'
    )
    assert read_usage(body) == Outline(Usage(input=6, cached_read=4, output=5), "m-1", "length")


def test_an_answer_without_a_count_has_no_usage() -> None:
    """Unknown is not zero."""
    assert read_usage(b'{"choices":[],"usage":null}') == Outline(None, "", "")
    assert read_usage(b'{"choices":[{}]}') == Outline(None, "", "")


@given(st.binary(max_size=60))
def test_any_bytes_are_a_value_or_a_wire_error(body: bytes) -> None:
    """Fuzz: nothing but the project's own errors leaves."""
    for read, error in ((peek, RequestError), (read_usage, ResponseError)):
        try:
            read(body)
        except error:
            continue
