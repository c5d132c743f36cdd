"""The official SDK, sync and async, against a simulated OpenAI-compatible cloud."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import openai
import pytest

from comity.simulator import Background, Fault

_USER: Any = [{"role": "user", "content": "hello"}]


def _client(clouds: Background, name: str = "compatible", key: str = "sk-1") -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{clouds[name].url}/v1", api_key=key, max_retries=0)


def test_whole_and_streamed_answers_agree(clouds: Background) -> None:
    """The same text, the same usage."""
    with _client(clouds) as client:
        whole = client.chat.completions.create(model="llama", messages=_USER, n=2)
        chunks = list(
            client.chat.completions.create(
                model="llama", messages=_USER, n=2, stream=True, stream_options={"include_usage": True}
            )
        )
    for index, choice in enumerate(whole.choices):
        said = [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].index == index]
        assert "".join(text or "" for text in said) == choice.message.content
    assert chunks[-1].usage == whole.usage


def test_the_async_client_works_too(clouds: Background) -> None:
    """Streaming through the async client."""

    async def read() -> str:
        url = f"{clouds['compatible'].url}/v1"
        async with openai.AsyncOpenAI(base_url=url, api_key="sk-1", max_retries=0) as client:
            stream = await client.chat.completions.create(model="llama", messages=_USER, stream=True)
            return "".join([c.choices[0].delta.content or "" async for c in stream if c.choices])

    assert len(asyncio.run(read()).split(" ")) >= 12


def test_structured_answers_parse(clouds: Background) -> None:
    """A JSON schema is followed."""
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    form: Any = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema, "strict": True}}
    with _client(clouds) as client:
        answer = client.chat.completions.create(model="llama", messages=_USER, response_format=form)
    assert json.loads(answer.choices[0].message.content or "") == {"n": 1}


@pytest.mark.parametrize(("key", "code"), [("sk-2", "invalid_api_key"), ("", None)])
def test_keys_are_checked(clouds: Background, key: str, code: str | None) -> None:
    """A wrong key and a missing one; the message does not repeat the key."""
    with _client(clouds, key=key or "x") as client:
        if not key:
            client = client.with_options(default_headers={"authorization": "none"})  # noqa: PLW2901 - the same client
        with pytest.raises(openai.AuthenticationError) as caught:
            client.chat.completions.create(model="llama", messages=_USER)
    assert caught.value.code == code
    assert "sk-2" not in str(caught.value)


def test_an_open_cloud_takes_any_key(clouds: Background) -> None:
    """Without configured keys nobody is refused."""
    with _client(clouds, "open", "whatever") as client:
        assert client.chat.completions.create(model="llama", messages=_USER).choices


def test_unknown_models_paths_and_methods(clouds: Background) -> None:
    """404 for a model and a path, 405 for a method, 400 without a model."""
    with _client(clouds) as client:
        with pytest.raises(openai.NotFoundError) as caught:
            client.chat.completions.create(model="gpt-4o", messages=_USER)
        assert caught.value.code == "model_not_found"
        with pytest.raises(openai.NotFoundError, match="Invalid URL"):
            client.models.list()
        with pytest.raises(openai.APIStatusError) as method:
            client.get("/chat/completions", cast_to=object)
        assert method.value.status_code == 405
        for body in ({"messages": _USER}, [1]):
            with pytest.raises(openai.BadRequestError, match="'model'"):
                client.post("/chat/completions", cast_to=object, body=body)


def test_nonsense_below_the_schema_is_refused(clouds: Background) -> None:
    """What only decoding notices is a 400 with the place."""
    messages: Any = [{"role": "user", "content": [{"type": "image_url", "image_url": 3}]}]
    with _client(clouds) as client, pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="llama", messages=messages)


def test_limits_and_filter(clouds: Background) -> None:
    """OpenAI's 429 and its safety refusal."""
    with _client(clouds) as client:
        client.chat.completions.create(model="slow", messages=_USER)
        with pytest.raises(openai.RateLimitError, match=r"requests per min \(RPM\)") as caught:
            client.chat.completions.create(model="slow", messages=_USER)
        assert caught.value.response.headers["retry-after"] == "60"
        with pytest.raises(openai.BadRequestError, match="safety system"):
            client.chat.completions.create(
                model="llama", messages=[{"role": "user", "content": "simulate: filter"}]
            )


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(kind="status", status=503), openai.InternalServerError),
        (Fault(kind="status", status=418), openai.APIStatusError),
        (Fault(kind="reset"), openai.APIConnectionError),
        (Fault(kind="exception", after=1, status=599), openai.APIError),
        (Fault(kind="malformed", after=1), json.JSONDecodeError),
        (Fault(kind="reset", after=2), Exception),
    ],
)
def test_failures_on_schedule(clouds: Background, fault: Fault, error: type[Exception]) -> None:
    """Each kind is seen by the SDK as what it is."""
    cloud = clouds["compatible"].cloud
    cloud.faults = (fault,)
    with _client(clouds) as client, pytest.raises(error):
        list(client.chat.completions.create(model="llama", messages=_USER, stream=True))
    cloud.faults = ()


def test_a_whole_answer_can_be_cut(clouds: Background) -> None:
    """Half of a whole answer arrives, and then nothing or a clean end."""
    cloud = clouds["compatible"].cloud
    with _client(clouds) as client:
        cloud.faults = (Fault(kind="reset", after=1),)
        with pytest.raises(openai.APIConnectionError):
            client.chat.completions.create(model="llama", messages=_USER)
        cloud.faults = (Fault(kind="truncate", after=1),)
        with pytest.raises(json.JSONDecodeError):
            client.chat.completions.create(model="llama", messages=_USER)
    cloud.faults = ()
