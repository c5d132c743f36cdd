"""Google's generateContent and streamGenerateContent on AI Studio and Vertex AI, both ways.

The model and the choice between whole and streamed stand in the address, which `clouds` makes; which of the
two surfaces a target is, its traits say.
"""

from comity.dialects.gemini import json_array
from comity.dialects.gemini.count import decode_count, decode_count_request, encode_count, encode_count_answer
from comity.dialects.gemini.failure import (
    decode_failure,
    encode_failure,
    encode_stream_failure,
    failure_headers,
)
from comity.dialects.gemini.own_names import NAMES
from comity.dialects.gemini.passthrough import adapt, peek, read_usage, tap
from comity.dialects.gemini.request_reader import decode_request
from comity.dialects.gemini.request_writer import encode_request
from comity.dialects.gemini.response import decode_response, encode_response
from comity.dialects.gemini.shapes import NAME
from comity.dialects.gemini.stream_reader import EventDecoder
from comity.dialects.gemini.stream_writer import EventEncoder

ID_PREFIX = ""
REQUEST_ID = b"x-request-id"
STREAM_TYPE = b"text/event-stream"

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
    "json_array",
    "peek",
    "read_usage",
    "tap",
]
