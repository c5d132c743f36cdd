"""Member names in the one spelling that the rest reads: Google takes `snake_case` as well as `camelCase`.

Values whose members are the caller's own (arguments, schemas, labels) are left as they are.
"""

from __future__ import annotations

import re
from typing import Any

from comity.errors import RequestError

_SNAKE = re.compile(r"(?<=[A-Za-z0-9])_([a-z0-9])")
_OWN = frozenset(
    {
        "args",
        "response",
        "parameters",
        "parametersJsonSchema",
        "responseSchema",
        "responseJsonSchema",
        "_responseJsonSchema",
        "labels",
        "partMetadata",
    }
)


def camel_name(name: str) -> str:
    """The name as Google documents it."""
    return _SNAKE.sub(lambda match: match[1].upper(), name) if "_" in name else name


def camel(value: Any, path: str = "") -> Any:
    """The value with every member of a message renamed; raises RequestError when one stands there twice."""
    if isinstance(value, list):
        return [camel(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    named: dict[str, Any] = {}
    for written, item in value.items():
        name = camel_name(written)
        place = f"{path}.{name}" if path else name
        if name in named:
            raise RequestError("this stands here in two spellings", place)
        named[name] = item if name in _OWN else camel(item, place)
    return named
