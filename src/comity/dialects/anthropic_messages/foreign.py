"""Which blocks of a body another model than Claude signed: Claude would refuse them."""

from __future__ import annotations

from comity.dialects.provenance import unwrap

_SIGNED_IN = {"thinking": "signature", "redacted_thinking": "data"}


def is_foreign(block: object) -> bool:
    """Whether the block holds a thought that came wrapped with its origin."""
    if not isinstance(block, dict):
        return False
    name = _SIGNED_IN.get(str(block.get("type")))
    text = None if name is None else block.get(name)
    return isinstance(text, str) and unwrap(text) is not None
