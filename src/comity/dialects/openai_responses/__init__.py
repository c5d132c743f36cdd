"""OpenAI's Responses API, both ways: items, typed events, and no state at any target.

Azure OpenAI and several compatible servers speak it. What a client asks to be kept is kept by the gateway, so
a request that leaves here always holds its whole conversation.
"""

from comity.dialects.openai_responses.failure import (
    decode_failure,
    encode_failure,
    encode_stream_failure,
    failure_headers,
)
from comity.dialects.openai_responses.names import NAME
from comity.dialects.openai_responses.own_names import NAMES, without_history
from comity.dialects.openai_responses.passthrough import adapt, peek, read_usage, seal_answer, tap
from comity.dialects.openai_responses.request_reader import decode_request
from comity.dialects.openai_responses.request_writer import encode_request
from comity.dialects.openai_responses.response import decode_response, encode_response
from comity.dialects.openai_responses.stream_reader import EventDecoder
from comity.dialects.openai_responses.stream_writer import EventEncoder

ID_PREFIX = "resp_"
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
    "seal_answer",
    "tap",
    "without_history",
]
