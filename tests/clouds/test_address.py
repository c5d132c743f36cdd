"""Addresses and model names of deployments (T42)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.clouds.address import Address, check_model_name, parse_address


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "https://acme.openai.azure.com/openai/deployments/gpt55/",
            Address(True, "acme.openai.azure.com", 443, "/openai/deployments/gpt55", {}),
        ),
        ("http://127.0.0.1:8101", Address(False, "127.0.0.1", 8101, "", {})),
        ("https://[::1]:8443/v1", Address(True, "::1", 8443, "/v1", {})),
        (
            "https://a.example?api-version=2024-10-21",
            Address(True, "a.example", 443, "", {"api-version": "2024-10-21"}),
        ),
    ],
)
def test_addresses_are_taken_apart(url: str, expected: Address) -> None:
    """Host, port, path and query come out; a trailing slash does not matter."""
    assert parse_address(url) == expected


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://a.example:443/v1", "a.example"),
        ("http://a.example:80", "a.example"),
        ("https://a.example:8443", "a.example:8443"),
        ("http://[::1]:81", "[::1]:81"),
    ],
)
def test_the_host_header_names_only_an_unusual_port(url: str, authority: str) -> None:
    """SigV4 signs the host header, so it must be what AWS's own SDK would send."""
    assert parse_address(url).authority == authority


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "a.example/v1",
        "https:///v1",
        "https://user:secret@a.example/",
        "https://a.example/../admin",
        "https://a.example/v1/./x",
        "https://a.example//v1",
        "https://a.example/v1%2f..",
        "https://a.example/v1#part",
        "https://a.example/v1?",
        "https://a.example/v1?a",
        "https://a.example/v1?a=1&a=2",
        "https://a.example:0/",
        "https://a.example:99999/",
        "https://a.example:x/",
        "https://a..example/",
        "https://a.example/v1\r\nhost: b",
        "https://a.example/v 1",
        "https://ä.example/",
        "https://[::1/",
    ],
)
def test_t42_odd_addresses_are_refused(url: str) -> None:
    """T42: nothing that could move a request elsewhere survives the load."""
    with pytest.raises(ValueError, match=r"\w"):
        parse_address(url)


def test_a_refusal_never_repeats_a_password() -> None:
    """The message about a user name in an address does not print the address."""
    with pytest.raises(ValueError, match="no user name") as caught:
        parse_address("https://user:hunter2@a.example/")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "gpt-5.5",
        "meta-llama/Llama-3.3-70B-Instruct",
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0",
        "publishers/x/models/y@001",
    ],
)
def test_real_model_names_pass(name: str) -> None:
    """Names that clouds use are taken as they are."""
    check_model_name(name)


@pytest.mark.parametrize(
    "name", ["", ".", "a/./b", "a..b", "../x", "a?b", "a#b", "a%2Fb", "a b", "a\r\nb", "a//b", "ä", "a\\b"]
)
def test_t42_model_names_that_could_leave_their_place_are_refused(name: str) -> None:
    """T42: a model name cannot carry a path, a query or a line end."""
    with pytest.raises(ValueError, match="model name"):
        check_model_name(name)


@given(st.text())
def test_any_text_is_an_address_or_a_plain_refusal(text: str) -> None:
    """No text makes the parser fail in another way, and what it takes has no odd path."""
    try:
        address = parse_address(f"https://{text}")
    except ValueError:
        return
    assert ".." not in address.path.split("/")
    assert address.authority.isascii()
    assert not set(address.authority) & set("\r\n @/?#")
