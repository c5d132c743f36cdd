"""Who really answered, by the headers of recorded and documented answers."""

from __future__ import annotations

from comity.clouds import Answered
from comity.clouds.anthropic import answered as anthropic_answered
from comity.clouds.aws import answered as aws_answered
from comity.clouds.azure import answered as azure_answered
from comity.clouds.compatible import answered as compatible_answered
from comity.clouds.google import answered as google_answered
from comity.http import Headers


def test_t29_a_spillover_is_told_by_azures_headers() -> None:
    """T29: the standard deployment is named as the one that answered, and the spill is seen."""
    headers = Headers.of(
        [
            (b"x-ms-region", b"East US 2"),
            (b"x-ms-deployment-name", b"gpt55-standard"),
            (b"x-ms-spillover-from-deployment", b"gpt55-ptu"),
            (b"apim-request-id", b"8f2c"),
            (b"x-request-id", b"c44b"),
        ]
    )
    assert azure_answered(headers) == Answered(
        deployment="gpt55-standard", region="eastus2", request_id="8f2c", spilled=True
    )


def test_t29_a_spillover_header_that_names_the_deployment_counts_too() -> None:
    """T29: the documented form `x-ms-spillover-from-<deployment>` is a spillover as well."""
    assert azure_answered(Headers.of([(b"x-ms-spillover-from-gpt55-ptu", b"")])).spilled


def test_t29_azure_may_say_only_that_it_spilled() -> None:
    """T29: then it is not known which deployment answered."""
    assert azure_answered(Headers.of([(b"x-ms-is-spilled-over", b"true")])) == Answered(spilled=True)
    assert not azure_answered(Headers.of([(b"x-ms-is-spilled-over", b"false")])).spilled


def test_azures_provisioned_throughput_is_drawn_unless_it_spills() -> None:
    """The body says `default` either way; what the deployment is, and the header, tell it apart."""
    assert azure_answered(Headers.of(()), provisioned=True).tier == "reserved"
    assert azure_answered(Headers.of([(b"x-ms-is-spilled-over", b"true")]), provisioned=True).tier is None
    assert azure_answered(Headers.of(())).tier is None


def test_a_header_may_tell_the_tier() -> None:
    """What throughput Vertex AI drew, for Gemini and Claude alike; Bedrock's tier of an invocation."""
    drawn = Headers.of([(b"x-vertex-ai-llm-request-type", b"dedicated")])
    assert google_answered(drawn).tier == anthropic_answered(drawn).tier == "dedicated"
    assert aws_answered(Headers.of([(b"x-amzn-bedrock-service-tier", b"flex")])).tier == "flex"


def test_azure_that_says_little_is_read_as_little() -> None:
    """What is not said stays None; an ordinary answer has not spilled."""
    assert azure_answered(Headers.of([(b"x-request-id", b"c44b")])) == Answered(request_id="c44b")
    assert azure_answered(Headers.of([(b"x-ms-region", b"")])).region is None


def test_bedrock_names_only_the_request() -> None:
    """Bedrock does not say where a cross-region profile ran."""
    assert aws_answered(Headers.of([(b"x-amzn-requestid", b"77f2")])) == Answered(request_id="77f2")


def test_compatible_servers_may_name_model_and_request() -> None:
    """OpenAI's own headers are read where a server sends them."""
    headers = Headers.of(
        [
            (b"openai-model", b"gpt-5.5-2026-01-01"),
            (b"x-request-id", b"req_1"),
            (b"openai-organization", b"acme-se"),
        ]
    )
    expected = Answered(model="gpt-5.5-2026-01-01", request_id="req_1", account="acme-se")
    assert compatible_answered(headers) == expected


def test_t35_anthropic_says_whose_account_it_served() -> None:
    """T35: that it was the account that was configured can be read from the ledger."""
    headers = Headers.of([(b"request-id", b"req_2"), (b"anthropic-organization-id", b"org-7")])
    assert anthropic_answered(headers) == Answered(request_id="req_2", account="org-7")
