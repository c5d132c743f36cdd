"""Messages on Amazon Bedrock: Anthropic's bodies on InvokeModel, streamed in Amazon's binary frames.

The address names the model and whether the answer is streamed; errors are Bedrock's.
"""

from comity.dialects.anthropic_messages import ID_PREFIX, NAMES, decode_response, encode_response, read_usage
from comity.dialects.bedrock_converse import (
    REQUEST_ID,
    STREAM_TYPE,
    decode_failure,
    encode_failure,
    encode_stream_failure,
    failure_headers,
)
from comity.dialects.bedrock_invoke.count import (
    decode_count,
    decode_count_request,
    encode_count,
    encode_count_answer,
)
from comity.dialects.bedrock_invoke.stream import EventDecoder, EventEncoder, tap
from comity.dialects.bedrock_invoke.surface import NAME, adapt, decode_request, encode_request, peek

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
