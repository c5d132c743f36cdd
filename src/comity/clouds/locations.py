"""Where a location that is wider than a region may process: one row per word, with its source.

A row holds regions where the cloud lists them, and the territory where it names one: `eu` stands for every
place in the Union, `world` for everywhere. Nothing here is a default; a word without a row means nothing.
Amazon says that a geographic profile stays within its geography, and lists its destinations model by model
(docs.aws.amazon.com/bedrock/latest/userguide/geographic-cross-region-inference.html): a row is what the words
of its own tools stand for, and whoever is shown more by `get-inference-profile` lists more.
"""

from __future__ import annotations

import msgspec

ANYWHERE = "world"
"""The place of what may be processed anywhere, as books of contracts call it."""


class Location(msgspec.Struct, frozen=True):
    """A word for more than one region, as one cloud uses it."""

    cloud: str
    """Whose word it is."""
    word: str
    """The word: of an address, a deployment type, or the beginning of an inference profile's id."""
    places: frozenset[str]
    """Every place in which a request may be processed; on AWS the region that is called comes on top."""
    source: str
    """Where the cloud says so."""
    read: str
    """Day on which it was read."""


_PROFILES = (
    "https://github.com/aws/aws-cdk/blob/main/packages/%40aws-cdk/aws-bedrock-alpha/bedrock/"
    "inference-profiles/cross-region-inference-profile.ts"
)
_REGIONAL = "https://docs.aws.amazon.com/bedrock/latest/userguide/models-region-compatibility.html"
_AZURE = "https://learn.microsoft.com/azure/ai-services/openai/how-to/deployment-types"
_VERTEX = "https://cloud.google.com/vertex-ai/generative-ai/docs/learn/data-residency"
_READ = "2026-11-21"


def _row(cloud: str, word: str, places: str, source: str) -> Location:
    return Location(cloud, word, frozenset(places.split()), source, _READ)


LOCATIONS = (
    _row("aws", "us", "us-east-1 us-east-2 us-west-2", _PROFILES),
    # London and Zurich belong to this geography as places to call from, and are used only when called there.
    _row("aws", "eu", "eu-central-1 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-3", _PROFILES),
    _row(
        "aws",
        "apac",
        "ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2"
        " ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-7 ap-east-2 me-central-1",
        _PROFILES,
    ),
    _row("aws", "jp", "ap-northeast-1 ap-northeast-3", _PROFILES),
    _row("aws", "au", "ap-southeast-2 ap-southeast-4", _PROFILES),
    _row("aws", "us-gov", "us-gov-east-1 us-gov-west-1", _PROFILES),
    _row("aws", "global", ANYWHERE, _REGIONAL),
    _row("azure", "eu", "eu", _AZURE),
    _row("azure", "us", "us", _AZURE),
    _row("azure", "global", ANYWHERE, _AZURE),
    _row("google", "eu", "eu", _VERTEX),
    _row("google", "us", "us", _VERTEX),
    _row("google", "global", ANYWHERE, _VERTEX),
)
"""Every word that stands for more than one region."""


def find_location(cloud: str, word: str) -> Location | None:
    """The row of a cloud's word, or None."""
    return next((row for row in LOCATIONS if (row.cloud, row.word) == (cloud, word)), None)
