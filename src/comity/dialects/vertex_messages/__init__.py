"""Messages on Vertex AI: Anthropic's bodies at Google's addresses (rawPredict and streamRawPredict).

The address names the model; streams and answers are Anthropic's own, errors Google's or Anthropic's.
"""

from comity.dialects.anthropic_messages import (
    ID_PREFIX,
    NAMES,
    REQUEST_ID,
    STREAM_TYPE,
    EventDecoder,
    EventEncoder,
    decode_count,
    decode_failure,
    decode_response,
    encode_count_answer,
    encode_failure,
    encode_response,
    encode_stream_failure,
    failure_headers,
    peek,
    read_usage,
    tap,
)
from comity.dialects.vertex_messages.surface import (
    NAME,
    adapt,
    decode_count_request,
    decode_request,
    encode_count,
    encode_request,
)

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
