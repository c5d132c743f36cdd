"""Embeddings and model listings through the official SDKs, unmodified, with every kind of cloud behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.request import Request, urlopen

import anthropic
import boto3
import botocore.exceptions
import openai
import pytest
from google import genai
from google.genai import types
from tests.gateway.everywhere import CALLER
from tests.gateway.python_clients import studio_sdk, vertex_sdk
from tests.gateway.running import ACCOUNT, AT_AMAZON, KEYS, PACE, Gateway, entry, serving, written

from comity.intake import hash_key
from comity.simulator import Background, CloudSpec, SimulatedModel
from comity.simulator.spec import CloudKind
from comity.simulator.vectors import vector

LENGTH = 24
FACTS = "{customer: acme, product: support, data: confidential}"
SEVERAL = ["azure", "azure-v1", "local", "cohere", "studio", "vertex"]
"""Routes whose models take several inputs in one call."""
SINGLE = ["titan", "nova"]
"""Routes whose models take one."""
TITAN, COHERE, NOVA = "amazon.titan-embed-text-v2:0", "cohere.embed-v4:0", "amazon.nova-2-embed-v1:0"


def _cloud(kind: CloudKind, region: str, *models: str) -> CloudSpec:
    return CloudSpec(
        name=kind,
        kind=kind,
        region=region,
        models=tuple(SimulatedModel(name=name, embeds=LENGTH) for name in models),
        pace=PACE,
        api_keys=() if kind == "bedrock" else ("local-key-for-tests",),
        accounts=(ACCOUNT,) if kind == "bedrock" else (),
    )


def _clouds() -> Background:
    return Background(
        _cloud("azure", "swedencentral", "embed"),
        _cloud("compatible", "us-east-1", "embed"),
        _cloud("bedrock", "eu-central-1", TITAN, COHERE, NOVA),
        _cloud("ai-studio", "global", "embed"),
        _cloud("vertex", "europe-west4", "embed"),
        CloudSpec(
            name="chat",
            kind="compatible",
            models=(SimulatedModel(name="gpt-5.5"),),
            api_keys=("local-key-for-tests",),
        ),
    )


_deployment = partial(entry, model="embed")


def _bedrock(name: str, model: str, url: str) -> str:
    more = {"auth": AT_AMAZON, "signing_region": "eu-central-1", "served_model": f'"{model}"'}
    return _deployment(
        f"d-{name}", "aws", "eu-central-1", "bedrock.embeddings", url, traits=f"{{family: {name}}}", **more
    )


def _configuration(running: Background) -> str:
    azure, bedrock = running["azure"].url, running["bedrock"].url
    place = f"{running['vertex'].url}/v1/projects/p/locations/europe-west4"
    deployments = [
        _deployment("d-azure", "azure", "swedencentral", "openai.embeddings", f"{azure}/"),
        _deployment("d-azure-v1", "azure", "swedencentral", "openai.embeddings", f"{azure}/openai/v1/"),
        _deployment(
            "d-local", "coreweave", "us-east-1", "openai.embeddings", f"{running['compatible'].url}/v1"
        ),
        _bedrock("titan", TITAN, bedrock),
        _bedrock("cohere", COHERE, bedrock),
        _bedrock("nova", NOVA, bedrock),
        _deployment(
            "d-studio", "google", "us-central1", "gemini.embeddings", f"{running['ai-studio'].url}/v1beta"
        ),
        _deployment("d-vertex", "google", "europe-west4", "vertex.embeddings", place),
        _deployment(
            "d-chat", "coreweave", "us-east-1", "openai.chat", f"{running['chat'].url}/v1", model="gpt-5.5"
        ),
    ]
    routes = [f"  {name}: {{from: [d-{name}], inexpressible: drop}}" for name in (*SEVERAL, *SINGLE, "chat")]
    signs = f', sigv4: {{access_key_id: {CALLER.access_key_id}, secret: "env:CALLER_SECRET"}}'
    callers = [
        f'  - {{id: {who}, key: "sha256:{hash_key(KEYS[who])}", facts: {FACTS}{more}}}'
        for who, more in (("app", signs), ("eu", ", models: [azure, chat]"))
    ]
    return written("allow-and-record", deployments, [*routes, "  mixed: {from: [d-chat, d-azure]}"], callers)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway in front of embedding models everywhere, and one model that chats."""
    with _clouds() as running:
        folder = tmp_path_factory.mktemp("embeddings")
        secret = CALLER.secret_access_key
        with serving(folder, running, _configuration(running), CALLER_SECRET=secret) as gateway:
            yield gateway


@pytest.fixture(scope="module")
def studio(gateway: Gateway) -> genai.Client:
    """Google's SDK as for AI Studio."""
    return studio_sdk(gateway.url)


@pytest.fixture(scope="module")
def vertex(gateway: Gateway) -> genai.Client:
    """Google's SDK as for Vertex AI."""
    return vertex_sdk(gateway.url)


def close(made: Any, text: str, length: int = LENGTH) -> bool:
    """Whether a vector is the one of `text`, in 32-bit numbers."""
    return list(made) == pytest.approx(vector(text, length), abs=1e-6)


@pytest.mark.parametrize("model", SEVERAL)
def test_openais_sdk_embeds_several_texts(gateway: Gateway, model: str) -> None:
    """Base64 by default and numbers on demand, from every cloud, in order, with the cloud's own count."""
    made = gateway.sdk().embeddings.create(model=model, input=["one", "two"])
    assert [close(one.embedding, text) for one, text in zip(made.data, ("one", "two"), strict=True)] == [
        True,
        True,
    ]
    assert made.usage.prompt_tokens > 2
    plain = gateway.sdk().embeddings.create(
        model=model, input="one", dimensions=8, encoding_format="float", user="u"
    )
    assert close(plain.data[0].embedding, "one", 8)


@pytest.mark.parametrize("model", SINGLE)
def test_a_model_of_one_input_per_call_says_so(gateway: Gateway, model: str) -> None:
    """One text is embedded; several are refused with the reason, never embedded in part."""
    assert close(gateway.sdk().embeddings.create(model=model, input="one").data[0].embedding, "one")
    with pytest.raises(openai.BadRequestError, match="embeds one input per call"):
        gateway.sdk().embeddings.create(model=model, input=["one", "two"])


def test_token_ids_go_only_to_their_own_dialect(gateway: Gateway) -> None:
    """A tokenizer's numbers mean nothing elsewhere."""
    assert gateway.sdk().embeddings.create(model="azure", input=[[1, 2], [3]]).data[1].index == 1
    with pytest.raises(openai.BadRequestError, match="token ids"):
        gateway.sdk().embeddings.create(model="studio", input=[1, 2])


def test_azures_sdk_embeds_at_its_own_path(gateway: Gateway) -> None:
    """The deployment stands in the address."""
    sdk = openai.AzureOpenAI(azure_endpoint=gateway.url, api_key=KEYS["app"], api_version="2024-10-21")
    with sdk:
        assert close(sdk.embeddings.create(model="vertex", input="one").data[0].embedding, "one")


@pytest.mark.parametrize("model", ["azure", "cohere", "studio", "vertex"])
@pytest.mark.parametrize("mode", ["studio", "vertex"])
def test_googles_sdk_embeds_in_both_modes(request: pytest.FixtureRequest, mode: str, model: str) -> None:
    """Batches and predictions, with a task and a size."""
    client: genai.Client = request.getfixturevalue(mode)
    wanted = types.EmbedContentConfig(task_type="RETRIEVAL_QUERY", output_dimensionality=16)
    made = client.models.embed_content(model=model, contents=["one", "two"], config=wanted)
    assert made.embeddings is not None
    assert [
        close(one.values or (), text, 16) for one, text in zip(made.embeddings, ("one", "two"), strict=True)
    ]


def test_a_single_embedding_of_googles(gateway: Gateway) -> None:
    """The single form is answered in the single form."""
    body = json.dumps({"content": {"parts": [{"text": "one"}]}}).encode()
    url = f"{gateway.url}/v1beta/models/azure:embedContent"
    headers = {"x-goog-api-key": KEYS["app"], "content-type": "application/json"}
    with urlopen(Request(url, body, headers)) as answer:
        made = json.load(answer)
    assert close(made["embedding"]["values"], "one")
    assert made["usageMetadata"]["promptTokenCount"] > 1


def runtime(gateway: Gateway, service: str = "bedrock-runtime") -> Any:
    """Amazon's SDK, which signs as the caller `app`."""
    return boto3.client(
        service,
        endpoint_url=gateway.url,
        region_name="eu-central-1",
        aws_access_key_id=CALLER.access_key_id,
        aws_secret_access_key=CALLER.secret_access_key,
    )


BODIES: dict[str, tuple[dict[str, Any], Any]] = {
    "titan": ({"inputText": "one", "dimensions": 8, "normalize": True}, lambda made: made["embedding"]),
    "cohere": (
        {"texts": ["one"], "input_type": "search_query", "output_dimension": 8, "embedding_types": ["float"]},
        lambda made: made["embeddings"]["float"][0],
    ),
    "nova": (
        {
            "taskType": "SINGLE_EMBEDDING",
            "singleEmbeddingParams": {
                "embeddingPurpose": "GENERIC_INDEX",
                "embeddingDimension": 8,
                "text": {"value": "one", "truncationMode": "END"},
            },
        },
        lambda made: made["embeddings"][0]["embedding"],
    ),
}


@pytest.mark.parametrize("model", ["titan", "cohere", "nova", "azure"])
@pytest.mark.parametrize("family", list(BODIES))
def test_amazons_sdk_embeds_in_each_familys_body(gateway: Gateway, family: str, model: str) -> None:
    """The same body reaches its own family as it came, and any other through the hub."""
    body, read = BODIES[family]
    answer = runtime(gateway).invoke_model(modelId=model, body=json.dumps(body))
    assert close(read(json.load(answer["body"])), "one", 8)


def test_what_is_embedded_is_on_record_with_its_count(gateway: Gateway) -> None:
    """Cohere's count stands in a header only; it is told and billed all the same."""
    raw = gateway.sdk().embeddings.with_raw_response.create(model="cohere", input=["one"])
    usage = raw.parse().usage
    (_, attempt, settled) = gateway.entry(raw.headers["comity-receipt"])
    assert attempt.usage.prompt == usage.prompt_tokens  # type: ignore[union-attr]  # an attempt
    assert settled.usage.total == usage.prompt_tokens  # type: ignore[union-attr]  # a settlement
    assert raw.headers["comity-dropped"] == "input_type"


def test_a_route_of_another_kind_is_refused_by_name(gateway: Gateway) -> None:
    """A model that chats makes no vectors, one that embeds no answers; a mixed route goes by kind."""
    with pytest.raises(openai.BadRequestError, match="makes no embeddings"):
        gateway.sdk().embeddings.create(model="chat", input="one")
    with pytest.raises(openai.BadRequestError, match="generates no answers"):
        gateway.sdk().chat.completions.create(model="azure", messages=[{"role": "user", "content": "a"}])
    assert gateway.sdk().embeddings.create(model="mixed", input="one").data
    said = gateway.sdk().chat.completions.create(model="mixed", messages=[{"role": "user", "content": "a"}])
    assert said.choices


def test_nonsense_is_refused_in_the_clients_own_words(gateway: Gateway) -> None:
    """Every dialect's error class, for bodies that embed nothing."""
    with pytest.raises(openai.BadRequestError, match="nothing to embed"):
        gateway.sdk().embeddings.create(model="studio", input=[])
    with pytest.raises(botocore.exceptions.ClientError, match="ValidationException"):
        runtime(gateway).invoke_model(modelId="titan", body=json.dumps({"messages": []}))


NAMES = [*SEVERAL, *SINGLE, "chat", "mixed"]


def test_openais_sdk_lists_what_the_caller_may_use(gateway: Gateway) -> None:
    """All names, one name, and only those of the caller."""
    assert [model.id for model in gateway.sdk().models.list()] == NAMES
    assert gateway.sdk().models.retrieve("chat").id == "chat"
    assert [model.id for model in gateway.sdk("eu").models.list()] == ["azure", "chat"]
    with pytest.raises(openai.NotFoundError):
        gateway.sdk("eu").models.retrieve("titan")
    azure = openai.AzureOpenAI(azure_endpoint=gateway.url, api_key=KEYS["app"], api_version="2024-10-21")
    with azure:
        assert len(list(azure.models.list())) == len(NAMES)


def test_anthropics_sdk_lists_models_in_pages(gateway: Gateway) -> None:
    """The same address, told apart by the version header."""
    with anthropic.Anthropic(base_url=gateway.url, api_key=KEYS["app"]) as sdk:
        first = sdk.models.list(limit=3)
        assert [model.id for model in first.data] == NAMES[:3]
        assert first.has_more
        assert [model.id for model in first] == NAMES
        before = sdk.models.list(before_id=NAMES[3], limit=2)
        assert [model.id for model in before.data] == NAMES[1:3]
        assert sdk.models.retrieve("chat").display_name == "chat"


def test_googles_sdk_lists_models_in_both_modes(studio: genai.Client, vertex: genai.Client) -> None:
    """As models of AI Studio, and as published models of Vertex AI."""
    paged = studio.models.list(config=types.ListModelsConfig(page_size=4))
    assert [model.name for model in paged] == [f"models/{name}" for name in NAMES]
    assert studio.models.get(model="chat").display_name == "chat"
    published = [model.name for model in vertex.models.list()]
    assert published == [f"publishers/google/models/{name}" for name in NAMES]
    assert vertex.models.get(model="chat").name == "publishers/google/models/chat"


def test_amazons_sdk_lists_models_and_profiles(gateway: Gateway) -> None:
    """The control plane's two listings; Claude Code asks for the second one."""
    control = runtime(gateway, "bedrock")
    assert [one["modelId"] for one in control.list_foundation_models()["modelSummaries"]] == NAMES
    assert control.get_foundation_model(modelIdentifier="chat")["modelDetails"]["modelId"] == "chat"
    first = control.list_inference_profiles(typeEquals="SYSTEM_DEFINED", maxResults=5)
    rest = control.list_inference_profiles(nextToken=first["nextToken"])
    listed = first["inferenceProfileSummaries"] + rest["inferenceProfileSummaries"]
    assert [one["inferenceProfileId"] for one in listed] == NAMES
    own = control.list_inference_profiles(typeEquals="APPLICATION")
    assert own["inferenceProfileSummaries"] == []
    one = control.get_inference_profile(inferenceProfileIdentifier="chat")
    assert (one["inferenceProfileName"], one["status"]) == ("chat", "ACTIVE")


def test_azures_older_listing_of_deployments(gateway: Gateway) -> None:
    """Each name is a deployment of itself."""
    request = Request(
        f"{gateway.url}/openai/deployments?api-version=2022-12-01", headers={"api-key": KEYS["eu"]}
    )
    with urlopen(request) as answer:
        listed = json.load(answer)["data"]
    assert [(one["id"], one["model"]) for one in listed] == [("azure", "azure"), ("chat", "chat")]
