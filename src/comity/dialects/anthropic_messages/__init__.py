"""Anthropic's Messages: whole and streamed, both ways, and the counting of a prompt's tokens.

Amazon's and Google's surfaces take the same bodies: `bedrock_invoke` and `vertex_messages` are thin over this
package. What no other dialect can express is kept by name and block within the family.
"""

from comity.dialects.anthropic_messages.count import (
    decode_count,
    decode_count_request,
    encode_count,
    encode_count_answer,
)
from comity.dialects.anthropic_messages.failure import (
    decode_failure,
    encode_failure,
    encode_stream_failure,
    failure_headers,
)
from comity.dialects.anthropic_messages.family import NAME
from comity.dialects.anthropic_messages.own_names import NAMES
from comity.dialects.anthropic_messages.passthrough import adapt, peek, read_usage, tap
from comity.dialects.anthropic_messages.request_reader import decode_request
from comity.dialects.anthropic_messages.request_writer import encode_request
from comity.dialects.anthropic_messages.response import decode_response, encode_response
from comity.dialects.anthropic_messages.stream_reader import EventDecoder
from comity.dialects.anthropic_messages.stream_writer import EventEncoder

ID_PREFIX = "msg_"
REQUEST_ID = b"request-id"
STREAM_TYPE = b"text/event-stream; charset=utf-8"

__all__ = [
    "ID_PREFIX",
    "NAME",
    "NAMES",
    "REQUEST_ID",
    "STREAM_TYPE",
    "EventDecoder",
    "EventEncoder",
    "adapt",
    "decode_count",
    "decode_count_request",
    "decode_failure",
    "decode_request",
    "decode_response",
    "encode_count",
    "encode_count_answer",
    "encode_failure",
    "encode_request",
    "encode_response",
    "encode_stream_failure",
    "failure_headers",
    "peek",
    "read_usage",
    "tap",
]
