"""OpenAI chat completions: whole and streamed, both ways, and the hot path for the same dialect.

Azure OpenAI and the many compatible servers speak it with their own oddities, which are read here and never
written.
"""

from comity.dialects.openai_chat.failure import (
    decode_failure,
    encode_failure,
    encode_stream_failure,
    failure_headers,
)
from comity.dialects.openai_chat.message_writer import NAME
from comity.dialects.openai_chat.own_names import NAMES
from comity.dialects.openai_chat.passthrough import adapt, peek, read_usage
from comity.dialects.openai_chat.request_reader import decode_request
from comity.dialects.openai_chat.request_writer import encode_request
from comity.dialects.openai_chat.response import decode_response, encode_response
from comity.dialects.openai_chat.stream import EventDecoder, EventEncoder
from comity.dialects.openai_chat.tap import StreamTap, tap

ID_PREFIX = "chatcmpl-"
REQUEST_ID = b"x-request-id"
STREAM_TYPE = b"text/event-stream; charset=utf-8"

__all__ = [
    "ID_PREFIX",
    "NAME",
    "NAMES",
    "REQUEST_ID",
    "STREAM_TYPE",
    "EventDecoder",
    "EventEncoder",
    "StreamTap",
    "adapt",
    "decode_failure",
    "decode_request",
    "decode_response",
    "encode_failure",
    "encode_request",
    "encode_response",
    "encode_stream_failure",
    "failure_headers",
    "peek",
    "read_usage",
    "tap",
]
