"""Files that people write: YAML whose every value knows its place, and typed sections read from it."""

from comity.source.placed import Entry, Node, Scalar, closest, parse_yaml, refuse
from comity.source.typed import read_section, unreadable

__all__ = [
    "Entry",
    "Node",
    "Scalar",
    "closest",
    "parse_yaml",
    "read_section",
    "refuse",
    "unreadable",
]
