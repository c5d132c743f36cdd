"""The official SDK against simulated Azure OpenAI."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from comity.clouds.azure import answered
from comity.http import Headers
from comity.simulator import Background, Fault

_USER: Any = [{"role": "user", "content": "hello"}]
_TOOLS: Any = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string", "enum": ["Paris"]}},
                "required": ["city"],
            },
        },
    }
]


@pytest.fixture
def azure(clouds: Background) -> Iterator[openai.AzureOpenAI]:
    """The SDK's Azure client with the right key."""
    with openai.AzureOpenAI(
        azure_endpoint=clouds["azure"].url, api_key="azure-key", api_version="2024-10-21", max_retries=0
    ) as client:
        yield client


def _error(caught: pytest.ExceptionInfo[Any]) -> Any:
    """The error body, whole: the SDK takes it out of its envelope."""
    return caught.value.response.json()


def test_a_whole_answer(azure: openai.AzureOpenAI, clouds: Background) -> None:
    """Text, model, filter results and usage come as from Azure, and the cloud counts the same."""
    record = clouds["azure"].cloud.record
    before = record.usage("gpt55")
    answer = azure.chat.completions.create(model="gpt55", messages=_USER)
    assert answer.model == "gpt-5.5-2026-01-01"
    assert answer.choices[0].message.content
    assert answer.choices[0].to_dict()["content_filter_results"]
    assert answer.to_dict()["prompt_filter_results"]
    assert answer.usage is not None
    after = record.usage("gpt55")
    assert answer.usage.prompt_tokens == after.prompt - before.prompt
    assert answer.usage.completion_tokens == after.completion - before.completion


def test_t25_the_stream_begins_with_a_chunk_without_choices(azure: openai.AzureOpenAI) -> None:
    """T25: first `choices: []`, object and id empty, with the prompt's filter results; usage at the end."""
    stream = azure.chat.completions.create(
        model="gpt55", messages=_USER, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    first = chunks[0].to_dict()
    assert (first["choices"], first["object"], first["id"]) == ([], "", "")
    assert first["prompt_filter_results"]
    assert chunks[-1].usage is not None
    assert chunks[-1].choices == []
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    whole = azure.chat.completions.create(model="gpt55", messages=_USER)
    assert said == whole.choices[0].message.content


def test_tools_round_trip(azure: openai.AzureOpenAI) -> None:
    """A call with valid arguments, then the result is talked about."""
    question: Any = {"role": "user", "content": "use get_weather"}
    answer = azure.chat.completions.create(model="gpt55", messages=[question], tools=_TOOLS)
    assert answer.choices[0].finish_reason == "tool_calls"
    message = answer.choices[0].message
    assert message.tool_calls is not None
    call = message.tool_calls[0].to_dict()
    assert json.loads(call["function"]["arguments"]) == {"city": "Paris"}  # type: ignore[index]  # a plain dict
    result: Any = {"role": "tool", "tool_call_id": call["id"], "content": "21 degrees"}
    history: Any = [question, message.to_dict(), result]
    after = azure.chat.completions.create(model="gpt55", messages=history, tools=_TOOLS)
    assert after.choices[0].message.content == "The tool said: 21 degrees"


def test_the_v1_form_takes_the_deployment_from_the_body(clouds: Background) -> None:
    """`/openai/v1` with the plain client and a bearer key."""
    url = f"{clouds['azure'].url}/openai/v1/"
    with openai.OpenAI(base_url=url, api_key="azure-key", max_retries=0) as client:
        answer = client.chat.completions.create(model="gpt55", messages=_USER)
    assert answer.choices[0].finish_reason == "stop"


def test_keys_are_checked(clouds: Background, azure: openai.AzureOpenAI) -> None:
    """A wrong key and a missing one have Azure's two different bodies."""
    with pytest.raises(openai.AuthenticationError) as wrong:
        azure.with_options(api_key="other").chat.completions.create(model="gpt55", messages=_USER)
    assert _error(wrong)["error"]["code"] == "401"
    with (
        openai.OpenAI(
            base_url=f"{clouds['azure'].url}/openai/v1/",
            api_key="x",
            max_retries=0,
            default_headers={"authorization": "Basic x"},
        ) as client,
        pytest.raises(openai.AuthenticationError) as missing,
    ):
        client.chat.completions.create(model="gpt55", messages=_USER)
    assert _error(missing)["statusCode"] == 401


def test_unknown_deployments_and_paths_are_404(azure: openai.AzureOpenAI) -> None:
    """Azure's code for a deployment that is not there; a path it does not have."""
    with pytest.raises(openai.NotFoundError) as caught:
        azure.chat.completions.create(model="nothing", messages=_USER)
    assert _error(caught)["error"]["code"] == "DeploymentNotFound"
    with pytest.raises(openai.NotFoundError, match="Resource not found"):
        azure.get("/models", cast_to=object)
    with pytest.raises(openai.NotFoundError, match="Resource not found"):
        azure.with_options(default_query={}).post(
            "/deployments/gpt55/chat/completions",
            cast_to=object,
            body={"messages": _USER},
            options={"params": {"api-version": "x"}},
        )


def test_unknown_parameters_are_refused(azure: openai.AzureOpenAI) -> None:
    """A parameter that the documentation does not know is named."""
    with pytest.raises(openai.BadRequestError) as caught:
        azure.chat.completions.create(model="gpt55", messages=_USER, extra_body={"colour": 1})
    assert _error(caught)["error"]["code"] == "unknown_parameter"
    assert caught.value.response.headers["apim-request-id"]


def test_t27_a_reasoning_deployment_refuses_max_tokens(azure: openai.AzureOpenAI) -> None:
    """T27: the name of a deployment hides it; the answer bills reasoning tokens."""
    with pytest.raises(openai.BadRequestError) as caught:
        azure.chat.completions.create(model="o-mini", messages=_USER, max_tokens=5)
    assert _error(caught)["error"]["code"] == "unsupported_parameter"
    answer = azure.chat.completions.create(model="o-mini", messages=_USER, max_completion_tokens=900)
    assert answer.usage is not None
    assert answer.usage.completion_tokens_details is not None
    assert answer.usage.completion_tokens_details.reasoning_tokens == 16


def test_the_content_filter_answers_as_azures(azure: openai.AzureOpenAI) -> None:
    """The 400 holds what was found."""
    with pytest.raises(openai.BadRequestError) as caught:
        azure.chat.completions.create(
            model="gpt55", messages=[{"role": "user", "content": "simulate: filter"}]
        )
    error = _error(caught)["error"]
    assert error["code"] == "content_filter"
    assert error["innererror"]["content_filter_result"]["violence"]["filtered"] is True


def test_limits_and_the_context_window(azure: openai.AzureOpenAI) -> None:
    """Headers say what is left; a 429 says how long; a prompt can be too long."""
    raw = azure.chat.completions.with_raw_response.create(model="small", messages=_USER, max_tokens=80)
    assert raw.headers["x-ratelimit-remaining-tokens"] == "12"
    with pytest.raises(openai.RateLimitError) as caught:
        azure.chat.completions.create(model="small", messages=_USER, max_tokens=80)
    assert "exceeded token rate limit" in _error(caught)["error"]["message"]
    assert int(caught.value.response.headers["retry-after-ms"]) > 40_000
    assert int(caught.value.response.headers["retry-after"]) > 40
    with pytest.raises(openai.BadRequestError) as too_long:
        azure.chat.completions.create(model="small", messages=[{"role": "user", "content": "x" * 2000}])
    assert _error(too_long)["error"]["code"] == "context_length_exceeded"


def test_t29_a_full_provisioned_deployment_spills_over(azure: openai.AzureOpenAI, clouds: Background) -> None:
    """T29: the standard deployment answers and is billed; the headers say so, and our reader reads them."""
    create = azure.chat.completions.with_raw_response.create
    first = create(model="ptu", messages=_USER).headers
    second = create(model="ptu", messages=_USER).headers
    assert (first["x-ms-deployment-name"], "x-ms-spillover-from-deployment" in first) == ("ptu", False)
    assert second["x-ms-deployment-name"] == "standard"
    assert second["x-ms-spillover-from-deployment"] == "ptu"
    who = answered(Headers.of([(n.encode(), v.encode()) for n, v in second.items()]))
    assert (who.deployment, who.spilled, who.region) == ("standard", True, "swedencentral")
    assert clouds["azure"].cloud.record.requests("standard", 200) == 1
    with pytest.raises(openai.RateLimitError, match="call rate limit"):
        create(model="ptu", messages=_USER)


@pytest.mark.parametrize("status", [429, 500, 503, 418])
def test_failures_on_schedule(azure: openai.AzureOpenAI, clouds: Background, status: int) -> None:
    """A status fault answers in Azure's shape."""
    cloud = clouds["azure"].cloud
    cloud.faults = (Fault(kind="status", status=status, model="gpt55"),)
    with pytest.raises(openai.APIStatusError) as caught:
        azure.chat.completions.create(model="gpt55", messages=_USER)
    cloud.faults = ()
    assert caught.value.status_code == status
    assert _error(caught)["error"]["message"]
    assert ("retry-after-ms" in caught.value.response.headers) is (status == 429)


def test_t26_an_error_inside_a_stream(azure: openai.AzureOpenAI, clouds: Background) -> None:
    """T26: status 200, then an error event; the SDK raises it."""
    cloud = clouds["azure"].cloud
    cloud.faults = (Fault(kind="exception", after=2, status=429),)
    stream = azure.chat.completions.create(model="gpt55", messages=_USER, stream=True)
    cloud.faults = ()
    with pytest.raises(openai.APIError, match="Rate limit"):
        list(stream)


def test_nonsense_on_a_deployment_path(azure: openai.AzureOpenAI) -> None:
    """A body that is no JSON gets a 400 on both forms."""
    for body in (b"{", b"[]"):
        response = azure._client.post(
            f"{str(azure.base_url).rstrip('/')}/deployments/gpt55/chat/completions?api-version=2024-10-21",
            content=body,
            headers={"api-key": "azure-key"},
        )
        assert response.status_code == 400
