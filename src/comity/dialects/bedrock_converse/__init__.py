"""Amazon Bedrock's Converse and ConverseStream, both ways.

The model and the choice between whole and streamed stand in the address, which `clouds` makes.
"""

from comity.dialects.bedrock_converse.blocks import NAME
from comity.dialects.bedrock_converse.failure import (
    decode_failure,
    encode_failure,
    encode_stream_failure,
    exception_name,
    failure_headers,
)
from comity.dialects.bedrock_converse.own_names import NAMES
from comity.dialects.bedrock_converse.passthrough import adapt, peek, read_usage, tap
from comity.dialects.bedrock_converse.request_reader import decode_request
from comity.dialects.bedrock_converse.request_writer import encode_request
from comity.dialects.bedrock_converse.response import decode_response, encode_response
from comity.dialects.bedrock_converse.stream_reader import EventDecoder
from comity.dialects.bedrock_converse.stream_writer import EventEncoder

ID_PREFIX = ""
REQUEST_ID = b"x-amzn-requestid"
STREAM_TYPE = b"application/vnd.amazon.eventstream"

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
    "exception_name",
    "failure_headers",
    "peek",
    "read_usage",
    "tap",
]
