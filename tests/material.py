"""Recordings and specifications that other people made: tests read them where they lie beside the project.

They are not ours to give, so they are no part of the project. Where they are absent, what only they can tell
is skipped, and the reason says what they are.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

CAPTURES = "material/captures/client_requests.jsonl"
"""Requests of SDKs and agents."""
_ROOT = Path(__file__).parents[1] / ".." / "shared"
_WHAT = {
    "material/index.jsonl": "recordings of real clouds by pydantic/pydantic-ai on GitHub and others",
    "material/recordings": "answers recorded of real vLLM and llama.cpp servers",
    "material/captures": "requests recorded of SDKs and coding agents",
    "material/specs/openai": "OpenAI's OpenAPI document (openai/openai-openapi on GitHub)",
    "material/specs/anthropic": "Anthropic's OpenAPI document",
    "material/specs": "Google's discovery documents (in the package google-api-python-client)",
    "material/traces": "Azure's traces of LLM inference (Azure/AzurePublicDataset on GitHub)",
    "material/vercel-ai": "fixtures of vercel/ai on GitHub",
    "material/anthropic-sdk-python": "fixtures of anthropics/anthropic-sdk-python on GitHub",
    "facts": "notes on what was published about the agreements",
}
"""What a file is, by how its name begins; the first that fits."""


class Recording(NamedTuple):
    """One recorded request and its answer."""

    name: str
    """File and position, for messages."""
    row: dict[str, Any]
    """What the index says about it: `dialect`, `method`, `uri`, `model`, `source`, `fmt`."""
    request: bytes
    """Body of the request."""
    status: int
    """Status of the answer."""
    answer: bytes
    """Body of the answer."""
    streamed: bool
    """Whether the answer is a stream."""


def why_absent(name: str) -> str:
    """The reason to skip a test for want of a file."""
    what = next(what for start, what in _WHAT.items() if name.startswith(start))
    return f"needs {what}: not part of this project, read from ../shared/{name} where that is there"


def beside(name: str) -> Path:
    """A file or folder beside the project; the test is skipped where it is absent."""
    path = _ROOT / name
    if not path.exists():
        pytest.skip(why_absent(name))
    return path


def read_spec(name: str) -> dict[str, Any]:
    """A published specification."""
    spec: dict[str, Any] = json.loads(gzip.decompress(beside(f"material/specs/{name}.json.gz").read_bytes()))
    return spec


def read_lines(name: str) -> list[dict[str, Any]]:
    """The rows of a file with one JSON object per line."""
    return [json.loads(line) for line in beside(name).read_text(encoding="utf-8").splitlines()]


def recordings(wanted: Callable[[dict[str, Any]], bool]) -> Iterator[Recording]:
    """The recorded exchanges whose row of the index is wanted."""
    rows = read_lines("material/index.jsonl")
    cassettes: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        file = row["file"]
        path = _ROOT / "material" / file
        if not wanted(row) or not path.exists():
            continue
        if file not in cassettes:
            cassettes[file] = _interactions(path)
        asked, told = (cassettes[file][row["i"]][side] for side in ("request", "response"))
        request, answer = (_as_bytes(side.get("parsed_body", side.get("body"))) for side in (asked, told))
        if answer[:2] == b"\x1f\x8b":
            answer = gzip.decompress(answer)
        streamed = "stream" in row["features"]
        yield Recording(f"{file}#{row['i']}", row, request, int(row["status"]), answer, streamed)


def _interactions(path: Path) -> list[dict[str, Any]]:
    """The exchanges of one cassette."""
    yaml: Any = pytest.importorskip("yaml", reason="needs PyYAML, which `make install` installs")

    class Loader(yaml.CSafeLoader):  # type: ignore[misc] # chosen at run time
        """A loader that knows the recorders' tags."""

    def constructed(loader: Any, _: str, node: Any) -> object:
        return base64.b64decode(loader.construct_scalar(node)) if "binary" in node.tag else None

    Loader.add_multi_constructor("!", constructed)
    cassette = yaml.load(path.read_bytes(), Loader=Loader)
    found: list[dict[str, Any]] = cassette.get("interactions") or []
    return found


def _as_bytes(value: Any) -> bytes:
    """A recorded body as bytes, however the recorder kept it."""
    if isinstance(value, dict) and set(value) <= {"string", "encoding", "base64_string"}:
        value = value.get("string", value.get("base64_string"))
    if isinstance(value, (dict, list)):
        return json.dumps(value).encode()
    return value if isinstance(value, bytes) else str(value or "").encode("utf-8", "surrogateescape")
