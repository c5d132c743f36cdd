"""Whether a JSON body has the shape of a Converse request, by AWS's own service model.

botocore checks types and required members; lengths, patterns, enums and unknown members are checked here,
since a client never needs that. The last is stricter than AWS, which ignores what it does not know.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape
from botocore.validate import ParamValidator


def check_shape(body: dict[str, Any], operation: str) -> str | None:
    """AWS's complaint about the shape of `body`, or None when it is in order."""
    shape = _input_shape(operation)
    try:
        values = _read(body, shape, "")
    except _BrokenShapeError as error:
        return str(error)
    report = ParamValidator().validate({**values, "modelId": "m"}, shape)
    if report.has_errors():
        first = str(report.generate_report()).splitlines()[0]
        return f"1 validation error detected: {first}"
    return None


class _BrokenShapeError(Exception):
    """Carries a complaint out of the recursion; never leaves this module."""


@functools.cache
def _input_shape(operation: str) -> Shape:
    model = Loader().load_service_model("bedrock-runtime", "service-2")
    shape: Shape = ServiceModel(model, "bedrock-runtime").operation_model(operation).input_shape
    return shape


def _read(value: Any, shape: Shape, path: str) -> Any:
    """The value with base64 decoded where the model says blob; what has a wrong type is left to botocore."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict) and not shape.is_document_type:
        return _structure(value, shape, path)
    if kind == "list" and isinstance(value, list):
        return [_read(item, shape.member, f"{path}.{place}.member") for place, item in enumerate(value, 1)]
    if kind == "blob" and isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error as error:
            raise _BrokenShapeError(_constraint(value, path, "Member must be base64")) from error
    if kind == "string" and isinstance(value, str):
        _check_text(value, shape, path)
    return value


def _structure(value: dict[str, Any], shape: Shape, path: str) -> dict[str, Any]:
    unknown = [name for name in value if name not in shape.members or (not path and name == "modelId")]
    if unknown:
        raise _BrokenShapeError(
            "The model returned the following errors: Malformed input request: "
            f"#{path.replace('.', '/')}: extraneous key [{unknown[0]}] is not permitted, "
            "please reformat your input and try again."
        )
    return {name: _read(item, shape.members[name], f"{path}.{name}") for name, item in value.items()}


def _check_text(value: str, shape: Shape, path: str) -> None:
    bounds: dict[str, Any] = shape.metadata
    if "enum" in bounds and value not in bounds["enum"]:
        allowed = ", ".join(bounds["enum"])
        raise _BrokenShapeError(_constraint(value, path, f"Member must satisfy enum value set: [{allowed}]"))
    if "pattern" in bounds and not re.fullmatch(bounds["pattern"], value):
        rule = f"Member must satisfy regular expression pattern: {bounds['pattern']}"
        raise _BrokenShapeError(_constraint(value, path, rule))
    if "max" in bounds and len(value) > bounds["max"]:
        rule = f"Member must have length less than or equal to {bounds['max']}"
        raise _BrokenShapeError(_constraint(value, path, rule))


def _constraint(value: str, path: str, rule: str) -> str:
    at = f"Value '{value[:100]}' at '{path[1:]}'"
    return f"1 validation error detected: {at} failed to satisfy constraint: {rule}"
