"""Which places a deployment may process in: what is configured, held against what its cloud documents.

A narrower declaration than the cloud's own is an error, since contracts would be asked about too few places
(T24). What nobody documents has to be listed by the operator; nothing is assumed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from comity.clouds.address import parse_address
from comity.clouds.aws import endpoint_region
from comity.clouds.locations import ANYWHERE, LOCATIONS, Location, find_location

# A geography, a vendor, a model; `openai.gpt-5.5` has two dots as well, and is no profile.
_PROFILE = re.compile(r"(?P<word>[a-z]{2,4}|us-gov|global)\.[a-z]+[0-9]*\..+")
_ARN = re.compile(r"arn:aws[a-z-]*:bedrock:[a-z0-9-]+:\d{12}:(?P<kind>[a-z-]+)/(?P<id>.+)")
_VERTEX_PATH = re.compile(r"/locations/(?P<location>[a-z0-9-]+)")
_VERTEX_HOST = re.compile(
    r"(?P<regional>[a-z0-9-]+)-aiplatform\.googleapis\.com"
    r"|aiplatform\.(?P<wide>[a-z]+)\.rep\.googleapis\.com|(?P<all>aiplatform)\.googleapis\.com"
)
_LIST_THEM = "list the regions that `aws bedrock get-inference-profile` shows for it"


class Addressed(msgspec.Struct, frozen=True):
    """What of a deployment says where it is called."""

    cloud: str
    """Whose cloud it runs on."""
    dialect: str
    """Wire format it speaks."""
    served_model: str
    """What the target calls the model."""
    url: str
    """Base address."""
    signing_region: str | None = None
    """AWS only: the endpoint's region, where the address does not say it."""


def resolve_places(asked: Addressed, declared: Iterable[str]) -> frozenset[str]:
    """Every place in which it may process; raises ValueError where that is unknown or too little is said."""
    stated = frozenset(declared)
    if asked.dialect.startswith("bedrock."):
        source = asked.signing_region or endpoint_region(parse_address(asked.url).host)
        return _on_aws(stated, asked.served_model, source)
    named = _expand(asked.cloud, stated)
    location = _vertex_location(asked.url) if asked.cloud == "google" else None
    if location is not None:
        row = find_location("google", location)
        named = _at_least(named, frozenset({location}) if row is None else row.places, location)
    return _not_empty(named)


def places_of(cloud: str, word: str) -> frozenset[str]:
    """The places that a cloud's word stands for; a word for none is a region of its own."""
    row: Location | None = find_location(cloud, word)
    return frozenset({word}) if row is None else row.places


def profile_of(served_model: str) -> str | None:
    """The id of the inference profile that a Bedrock model id or ARN names; `""` for an application's own."""
    arn = _ARN.fullmatch(served_model)
    if arn is None:
        return served_model if _PROFILE.fullmatch(served_model) else None
    if arn["kind"] == "application-inference-profile":
        return ""
    return arn["id"] if arn["kind"] == "inference-profile" else None


def _on_aws(stated: frozenset[str], served_model: str, source: str | None) -> frozenset[str]:
    profile = profile_of(served_model)
    called = frozenset() if source is None else frozenset({source})
    words = {row.word for row in LOCATIONS if row.cloud == "aws"} & stated
    if profile is None:
        if words:
            raise ValueError(
                f"`{min(words)}` is no place of `{served_model}`, which runs where it is called; write that"
                " region"
            )
        return _not_empty(stated or called)
    match = _PROFILE.fullmatch(profile)
    row = None if match is None else find_location("aws", match["word"])
    if row is None:
        if words or not stated:
            raise ValueError(f"it is not known where the profile `{served_model}` processes; {_LIST_THEM}")
        return stated
    if words - {row.word}:
        raise ValueError(
            f"the profile `{profile}` stays in `{row.word}`, not in `{min(words)}`; write `[{row.word}]`"
        )
    needed = row.places | called
    return _at_least(stated - words | needed if words else stated, needed, profile)


def _expand(cloud: str, stated: frozenset[str]) -> frozenset[str]:
    return frozenset[str]().union(*(places_of(cloud, word) for word in stated))


def _at_least(stated: frozenset[str], needed: frozenset[str], what: str) -> frozenset[str]:
    """What is stated where it holds all that is needed, and what is needed where nothing is stated."""
    if not stated:
        return needed
    missing = needed - stated
    if missing and ANYWHERE not in stated:
        raise ValueError(
            f"`{what}` may also process in `{'`, `'.join(sorted(missing))}`; add that to `region`, or leave"
            " `region` out"
        )
    return stated


def _vertex_location(url: str) -> str | None:
    """The location in an address of Vertex AI; None where it says none."""
    address = parse_address(url)
    path = _VERTEX_PATH.search(address.path)
    if path is not None:
        return path["location"]
    host = _VERTEX_HOST.fullmatch(address.host)
    if host is None:
        return None
    return host["regional"] or host["wide"] or "global"


def _not_empty(places: frozenset[str]) -> frozenset[str]:
    if not places:
        raise ValueError("the deployment names no region; say every region where it may process")
    return places
