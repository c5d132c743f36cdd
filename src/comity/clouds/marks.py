"""Telling a cloud which entry of the ledger a request is, where it keeps that in its own logs.

Bedrock takes request metadata, in the body of Converse and in a header of InvokeModel; Vertex AI takes labels
on generateContent. What a client sent of that kind itself is left alone. Nothing else of a request is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from comity.clouds.deployment import Deployment

METADATA_HEADER = "x-amzn-bedrock-request-metadata"
"""Header of InvokeModel; its value is a JSON object of texts."""

_NOT_METADATA = re.compile(r"[^a-zA-Z0-9 :_@$#=/+,.-]")
_NOT_A_LABEL = re.compile(r"[^a-z0-9_-]")

Pairs = tuple[tuple[str, str], ...]
"""Further headers of a request."""


class Marked(msgspec.Struct, frozen=True):
    """A request that says which entry it is."""

    body: bytes
    """Its body."""
    headers: Pairs
    """Its further headers."""


def mark(deployment: Deployment, body: bytes, headers: Pairs, *, entry: str, caller: str) -> Marked:
    """The request to `deployment` with its entry and caller, where the cloud takes them."""
    if deployment.dialect == "bedrock.converse":
        return Marked(_with_member(body, "requestMetadata", _metadata(entry, caller)), headers)
    if deployment.dialect == "bedrock.invoke":
        value = msgspec.json.encode(_metadata(entry, caller)).decode("ascii")
        return Marked(body, (*headers, (METADATA_HEADER, value)))
    return Marked(_with_member(body, "labels", _labels(entry, caller)), headers)


def check_marks(deployment: Deployment) -> None:
    """Raises ValueError where a deployment is to be told of entries and its cloud has no place for them."""
    takes = deployment.dialect in {"bedrock.converse", "bedrock.invoke"} or (
        deployment.dialect == "gemini.generate" and deployment.traits.surface == "vertex"
    )
    if deployment.mark_requests and not takes:
        raise ValueError(
            f"`mark_requests` of `{deployment.id}` has no use: only Bedrock and Gemini on Vertex AI take it"
        )


def _metadata(entry: str, caller: str) -> dict[str, str]:
    return _pairs(entry, caller, lambda text: _NOT_METADATA.sub("-", text)[:256])


def _labels(entry: str, caller: str) -> dict[str, str]:
    return _pairs(entry, caller, lambda text: _NOT_A_LABEL.sub("-", text.lower())[:63])


def _pairs(entry: str, caller: str, fit: Callable[[str], str]) -> dict[str, str]:
    return {"comity-entry": fit(entry), "comity-caller": fit(caller)}


def _with_member(body: bytes, name: str, value: dict[str, str]) -> bytes:
    """The JSON object with one more member at its end; unchanged where it may hold that already."""
    whole = body.rstrip()
    assert whole.endswith(b"}"), "a request body is an object"
    if b'"%b"' % name.encode() in whole:
        return body
    return b'%b,"%b":%b}' % (whole[:-1], name.encode(), msgspec.json.encode(value))
