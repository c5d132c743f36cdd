"""Connections: request heads byte for byte, and what is refused before anything is sent."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from comity.clouds import (
    AssumedRole,
    Auth,
    AwsLogin,
    Connection,
    Deployment,
    EntraLogin,
    GoogleLogin,
    Secret,
    Secrets,
    connect,
)
from comity.clouds.credential import Bearer, RenewedSigner
from comity.clouds.grant import Grant
from comity.clouds.renewal import Renewal
from comity.clouds.sigv4 import AwsKeys, Signer
from comity.exchange import FailureClass, ProviderFailure, Usage
from comity.http import Headers, Origin

_NOW = datetime(2026, 3, 18, 12, 30, 5, tzinfo=UTC)
_SECRETS = Secrets({"K": "key-1", "ID": "AKIDEXAMPLE", "SECRET": "wJalrXUtnFEMI", "TOKEN": "session-1"})


def _deployment(**changes: Any) -> Deployment:
    fields: dict[str, Any] = {
        "id": "d1",
        "cloud": "azure",
        "region": frozenset({"swedencentral"}),
        "model": "gpt-5.5",
        "served_model": "gpt55",
        "dialect": "openai.chat",
        "url": "https://acme.openai.azure.com",
        "auth": Auth(api_key="env:K"),
    }
    return Deployment(**{**fields, **changes})


def _bedrock(**changes: Any) -> Deployment:
    fields = {
        "cloud": "aws",
        "region": frozenset({"eu-central-1"}),
        "served_model": "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "dialect": "bedrock.converse",
        "url": "https://bedrock-runtime.eu-central-1.amazonaws.com",
    }
    return _deployment(**{**fields, **changes})


def _head(connection: Connection, body: bytes = b"{}", *, stream: bool = False) -> list[str]:
    head = connection.request_head(body, purpose="stream" if stream else "whole", now=_NOW)
    assert isinstance(head, bytes)
    text = head.decode("ascii")
    assert text.endswith("\r\n\r\n"), "a head ends in an empty line"
    return text.removesuffix("\r\n\r\n").split("\r\n")


_COMMON = ["content-type: application/json", "accept-encoding: identity", "user-agent: comity"]


@pytest.mark.parametrize(
    ("url", "target"),
    [
        (
            "https://acme.openai.azure.com/openai/deployments/gpt55/",
            "/openai/deployments/gpt55/chat/completions?api-version=2024-10-21",
        ),
        (
            "https://acme.openai.azure.com/openai/deployments/other?api-version=2025-01-01-preview",
            "/openai/deployments/other/chat/completions?api-version=2025-01-01-preview",
        ),
        (
            "https://acme.openai.azure.com",
            "/openai/deployments/gpt55/chat/completions?api-version=2024-10-21",
        ),
        ("https://acme.openai.azure.com/openai/v1/", "/openai/v1/chat/completions"),
        (
            "https://acme.openai.azure.com/openai/v1?api-version=preview",
            "/openai/v1/chat/completions?api-version=preview",
        ),
        ("https://acme.openai.azure.com/my/vllm/v1", None),
    ],
)
def test_azure_heads(url: str, target: str | None) -> None:
    """Both forms of Azure's addresses, and a server of one's own on Azure, which gets a bearer key."""
    connection = connect(_deployment(url=url), _SECRETS)
    key = "api-key: key-1" if target else "authorization: Bearer key-1"
    assert _head(connection) == [
        f"POST {target or '/my/vllm/v1/chat/completions'} HTTP/1.1",
        "host: acme.openai.azure.com",
        *_COMMON,
        key,
        "content-length: 2",
    ]


def test_compatible_heads() -> None:
    """A base address and a bearer key; streams differ in nothing."""
    deployment = _deployment(cloud="google", url="http://10.0.0.7:8000/v1")
    connection = connect(deployment, _SECRETS)
    expected = [
        "POST /v1/chat/completions HTTP/1.1",
        "host: 10.0.0.7:8000",
        *_COMMON,
        "authorization: Bearer key-1",
        "content-length: 12",
    ]
    assert _head(connection, b"x" * 12) == expected
    assert _head(connection, b"x" * 12, stream=True) == expected
    assert connection.origin == Origin("10.0.0.7", 8000)


def test_a_server_without_keys_gets_none() -> None:
    """No key in the configuration means no authorization header at all."""
    connection = connect(_deployment(cloud="google", auth=Auth()), _SECRETS)
    assert not [line for line in _head(connection) if line.startswith(("authorization", "api-key"))]


def test_bedrock_heads_with_an_api_key() -> None:
    """The model id is one encoded segment; whole and streamed answers have their own paths."""
    connection = connect(_bedrock(), _SECRETS)
    segment = "eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0"
    assert _head(connection) == [
        f"POST /model/{segment}/converse HTTP/1.1",
        "host: bedrock-runtime.eu-central-1.amazonaws.com",
        *_COMMON,
        "authorization: Bearer key-1",
        "content-length: 2",
    ]
    assert _head(connection, stream=True)[0] == f"POST /model/{segment}/converse-stream HTTP/1.1"


def test_bedrock_heads_with_a_signature() -> None:
    """A signed head, byte for byte; the signature itself is held against AWS's SDK elsewhere."""
    keys = Auth(access_key_id="env:ID", secret_access_key="env:SECRET", session_token="env:TOKEN")
    arn = "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0"
    connection = connect(_bedrock(auth=keys, served_model=arn), _SECRETS)
    lines = _head(connection)
    assert lines[0] == (
        "POST /model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Ainference-profile"
        "%2Feu.amazon.nova-lite-v1%3A0/converse HTTP/1.1"
    )
    assert lines[5:7] == ["x-amz-date: 20260318T123005Z", "x-amz-security-token: session-1"]
    assert lines[7].startswith(
        "authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260318/eu-central-1/bedrock/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature="
    )
    assert lines[8] == "content-length: 2"


@pytest.mark.parametrize(
    ("deployment", "said"),
    [
        (_deployment(url="https://a.example/?api-version=x"), "`api-version` must be like"),
        (_deployment(url="https://a.example/?key=x"), "means nothing to Azure"),
        (_deployment(served_model="a/b"), "no name of an Azure deployment"),
        (_deployment(cloud="google", url="https://a.example/v1?x=1"), "carries no query"),
        (_deployment(dialect="gemini"), "no cloud is known that speaks `gemini`"),
        (_deployment(auth=Auth(access_key_id="env:ID", secret_access_key="env:SECRET")), "takes `api_key`"),
        (_deployment(auth=Auth(api_key="env:NOTHING")), "`env:NOTHING` is not set"),
        (_bedrock(cloud="azure"), "runs on `aws`"),
        (_bedrock(auth=Auth()), "needs AWS keys or an `api_key`"),
        (_bedrock(url="https://a.example/?x=1"), "carries no query"),
        (_bedrock(url="https://a.example", region=frozenset({"eu"})), "needs `signing_region`"),
        (
            _bedrock(url="https://a.example", region=frozenset({"eu-central-1", "eu-west-1"})),
            "needs `signing_region`",
        ),
        (_bedrock(region=frozenset({"us-east-1"})), "which its `region` does not hold"),
        (_bedrock(signing_region="eu-west-1"), "name different regions"),
        (_bedrock(url="https://a.example", signing_region="europe"), "is no AWS region"),
    ],
)
def test_t24_t35_what_is_missing_or_odd_is_refused(deployment: Deployment, said: str) -> None:
    """T24, T35: no default region, no other account, no unknown wire."""
    with pytest.raises(ValueError, match=said):
        connect(deployment, _SECRETS)


@pytest.mark.parametrize(
    ("url", "region", "stated", "signs"),
    [
        (
            "https://bedrock-runtime.eu-central-1.amazonaws.com",
            {"eu-central-1", "eu-west-1"},
            None,
            "eu-central-1",
        ),
        (
            "https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com",
            {"us-gov-west-1"},
            None,
            "us-gov-west-1",
        ),
        ("https://bedrock-runtime.eu-west-3.api.aws", {"eu"}, None, "eu-west-3"),
        (
            "https://vpce-0abc-1x.bedrock-runtime.eu-west-1.vpce.amazonaws.com",
            {"eu-west-1"},
            None,
            "eu-west-1",
        ),
        ("http://127.0.0.1:8102", {"eu-north-1"}, None, "eu-north-1"),
        ("http://127.0.0.1:8102", {"eu"}, "eu-south-1", "eu-south-1"),
    ],
)
def test_the_signing_region_comes_from_the_deployment(
    url: str, region: set[str], stated: str | None, signs: str
) -> None:
    """The endpoint says it, or `signing_region`, or a single region; nothing else."""
    keys = Auth(access_key_id="env:ID", secret_access_key="env:SECRET")
    deployment = _bedrock(url=url, region=frozenset(region), signing_region=stated, auth=keys)
    assert f"/20260318/{signs}/bedrock/" in _head(connect(deployment, _SECRETS))[6]


def test_t42_no_text_form_shows_a_secret() -> None:
    """T42: connections, routes and signers print names and references only."""
    keys = Auth(access_key_id="env:ID", secret_access_key="env:SECRET", session_token="env:TOKEN")
    for deployment in (_deployment(), _bedrock(), _bedrock(auth=keys)):
        connection = connect(deployment, _SECRETS)
        shown = repr(connection) + repr(vars(connection)["_route"]) + repr(connection.deployment)
        shown += repr(vars(connection)["_credential"])
        assert not [value for value in ("key-1", "AKIDEXAMPLE", "wJalr", "session-1") if value in shown]


def test_a_private_authority_reaches_the_origin() -> None:
    """`ca_file` is where a deployment's certificate is checked."""
    connection = connect(_deployment(ca_file="/etc/ca.pem"), _SECRETS)
    assert connection.origin == Origin("acme.openai.azure.com", 443, tls=True, ca_file="/etc/ca.pem")


def test_the_clouds_libraries_are_loaded_only_by_those_who_log_in_with_them() -> None:
    """A gateway that has keys pays for none of them, neither in memory nor at its start."""
    code = "import sys, comity.gateway.worker as w; print([m for m in sys.modules if m.startswith(HEAVY)])"
    heavy = "HEAVY = ('botocore', 'boto3', 'azure', 'msal', 'google.', 'requests'); "
    run = subprocess.run([sys.executable, "-c", heavy + code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


_ENTRA = EntraLogin("client-secret", "t", "c", "env:K")
_PROFILE = AwsLogin("profile", "bedrock")
_ROLE = AssumedRole("arn:aws:iam::123456789012:role/r")


@pytest.mark.parametrize(
    ("deployment", "shown"),
    [
        (_deployment(auth=Auth(entra=_ENTRA)), "Bearer(Renewal(Entra ID client-secret of c))"),
        (
            _deployment(
                cloud="google", url="https://a.example/v1", auth=Auth(google=GoogleLogin("metadata"))
            ),
            "Bearer(Renewal(Google metadata))",
        ),
        (
            _bedrock(auth=Auth(aws=_PROFILE)),
            "RenewedSigner(Renewal(AWS profile bedrock), eu-central-1)",
        ),
        (
            _bedrock(auth=Auth(access_key_id="env:ID", secret_access_key="env:SECRET", assume_role=_ROLE)),
            "RenewedSigner(Renewal(AWS role arn:aws:iam::123456789012:role/r), eu-central-1)",
        ),
    ],
)
def test_t45_a_login_that_is_not_there_yet_is_a_failure_without_a_call(
    deployment: Deployment, shown: str
) -> None:
    """T45: nothing waits, nothing is sent, and no text form shows a secret."""
    connection = connect(deployment, _SECRETS)
    assert repr(vars(connection)["_credential"]) == shown
    failure = connection.request_head(b"{}", purpose="whole", now=_NOW)
    assert isinstance(failure, ProviderFailure)
    assert (failure.kind, failure.code) == (FailureClass.AUTHENTICATION, "no_login")
    assert "nothing has been fetched yet" in failure.message


@pytest.mark.parametrize(
    ("deployment", "said"),
    [
        (_deployment(cloud="coreweave", auth=Auth(entra=_ENTRA)), "`entra` logs in to `azure`"),
        (_deployment(auth=Auth(google=GoogleLogin("metadata"))), "`google` logs in to `google`"),
        (_deployment(auth=Auth(aws=_PROFILE)), "AWS keys sign only Bedrock"),
        (
            _deployment(auth=Auth(entra=EntraLogin("client-secret", "t", "c", "env:NOTHING"))),
            "`env:NOTHING` is not set",
        ),
    ],
)
def test_t35_a_login_goes_to_its_own_cloud_only(deployment: Deployment, said: str) -> None:
    """T35: a token of one cloud is never sent to a server of another, and no secret is done without."""
    with pytest.raises(ValueError, match=said):
        connect(deployment, _SECRETS)


class _Fixed:
    """A login whose grants a test sets."""

    label = "fixed"

    def __init__(self, *values: Secret | AwsKeys) -> None:
        self._values = iter(values)

    def fetch(self) -> Grant[Any]:
        """The next grant."""
        return Grant(next(self._values), float("inf"))


def test_a_new_token_and_new_keys_are_used_at_once() -> None:
    """The line and the signer are kept for as long as the grant is the same."""
    tokens = Renewal(_Fixed(Secret("x", "token-1"), Secret("x", "token-2")))
    bearer = Bearer(tokens)
    for number in (1, 2):
        tokens.renew()
        for _ in range(2):
            assert bearer.lines("/", b"", _NOW) == b"authorization: Bearer token-%d\r\n" % number
    keys = [AwsKeys(Secret("x", f"ID{number}"), Secret("x", "s"), None) for number in (1, 2)]
    pairs = Renewal(_Fixed(*keys))
    signer = RenewedSigner(pairs, "eu-central-1", "h")
    for number in (0, 1):
        pairs.renew()
        expected = Signer(keys[number], "eu-central-1", "h").lines("/", b"{}", _NOW)
        assert signer.lines("/", b"{}", _NOW) == signer.lines("/", b"{}", _NOW) == expected


@pytest.mark.parametrize(
    "auth", [Auth(), Auth(api_key="env:K"), Auth(access_key_id="env:ID", secret_access_key="env:SECRET")]
)
def test_a_refused_key_stays_what_it_is(auth: Auth) -> None:
    """T35: a fixed key that the cloud does not take is replaced by nothing."""
    fixed = _bedrock(auth=auth) if auth.access_key_id else _deployment(cloud="coreweave", auth=auth)
    connection = connect(fixed, _SECRETS)
    before = _head(connection)
    connection.refused()
    assert _head(connection) == before


def test_refused_tokens_and_keys_are_fetched_anew() -> None:
    """Whoever holds a renewal asks it to hurry, which it does once."""
    for login, credential in (
        (_Fixed(Secret("x", "t")), Bearer),
        (_Fixed(AwsKeys(Secret("x", "i"), Secret("x", "s"), None)), _signer),
    ):
        renewal: Renewal[Any] = Renewal(login)
        credential(renewal).refused()
        assert vars(renewal)["_awake"].is_set()


def _signer(renewal: Renewal[AwsKeys]) -> RenewedSigner:
    return RenewedSigner(renewal, "eu-central-1", "h")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"url": "https://acme.openai.azure.com"},
            "POST /openai/deployments/gpt55/embeddings?api-version=2024-10-21 HTTP/1.1",
        ),
        ({"url": "https://acme.openai.azure.com/openai/v1"}, "POST /openai/v1/embeddings HTTP/1.1"),
        ({"url": "https://own.example/v1"}, "POST /v1/embeddings HTTP/1.1"),
        ({"cloud": "coreweave", "url": "https://own.example/v1"}, "POST /v1/embeddings HTTP/1.1"),
        (
            {
                "cloud": "google",
                "dialect": "gemini.embeddings",
                "url": "https://generativelanguage.googleapis.com/v1beta",
            },
            "POST /v1beta/models/gpt55:batchEmbedContents HTTP/1.1",
        ),
        (
            {
                "cloud": "google",
                "dialect": "vertex.embeddings",
                "region": frozenset({"europe-west4"}),
                "url": "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4",
            },
            "POST /v1/projects/p/locations/europe-west4/publishers/google/models/gpt55:predict HTTP/1.1",
        ),
    ],
)
def test_embeddings_have_paths_of_their_own(changes: dict[str, Any], line: str) -> None:
    """Beside the paths that generate, under the same keys."""
    deployment = _deployment(**{"dialect": "openai.embeddings", **changes})
    assert _head(connect(deployment, _SECRETS))[0] == line


def test_embeddings_of_google_are_told_apart_by_their_surface() -> None:
    """A dialect at the other surface's address is refused with the right one's name."""
    vertex = "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4"
    studio = "https://generativelanguage.googleapis.com/v1beta"
    for dialect, url in (("gemini.embeddings", vertex), ("vertex.embeddings", studio)):
        with pytest.raises(ValueError, match="speaks"):
            connect(_deployment(cloud="google", dialect=dialect, url=url), _SECRETS)


def test_embeddings_on_bedrock_are_invoked() -> None:
    """InvokeModel, whose answer counts the input in a header."""
    connection = connect(_bedrock(dialect="bedrock.embeddings", served_model="cohere.embed-v4:0"), _SECRETS)
    assert _head(connection)[0] == "POST /model/cohere.embed-v4%3A0/invoke HTTP/1.1"
    counted = connection.answered(Headers.of(((b"x-amzn-bedrock-input-token-count", b"7"),)))
    assert counted.usage == Usage(7)
    assert connection.answered(Headers.of(((b"x-amzn-bedrock-input-token-count", b"x"),))).usage is None
