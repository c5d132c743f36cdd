"""The hub: one request and its answer in no vendor's dialect.

Every dialect decodes into these values and encodes from them, so N dialects in and M out need N + M
translations. The hub keeps what any dialect can say; what a target cannot express is a `Dropped` or an
`Inexpressible`, never silence. Values are immutable: each attempt starts from the same request.
"""

from comity.exchange.outcome import (
    AnswerKey,
    Dropped,
    FailureClass,
    Fault,
    Inexpressible,
    ModelTraits,
    ProviderFailure,
    WireRequest,
)
from comity.exchange.request import Format, Request, Sampling, Tool, ToolChoice
from comity.exchange.response import Choice, Finish, Response, Usage
from comity.exchange.stream import (
    Event,
    Finished,
    ReasoningDelta,
    RefusalDelta,
    Started,
    StreamEnd,
    StreamFailure,
    TextDelta,
    ToolCallDelta,
    ToolCallStart,
    UsageReport,
)
from comity.exchange.turns import (
    CacheMark,
    Media,
    Part,
    Reasoning,
    Refusal,
    Role,
    Text,
    ToolCall,
    ToolResult,
    Turn,
)

__all__ = [
    "AnswerKey",
    "CacheMark",
    "Choice",
    "Dropped",
    "Event",
    "FailureClass",
    "Fault",
    "Finish",
    "Finished",
    "Format",
    "Inexpressible",
    "Media",
    "ModelTraits",
    "Part",
    "ProviderFailure",
    "Reasoning",
    "ReasoningDelta",
    "Refusal",
    "RefusalDelta",
    "Request",
    "Response",
    "Role",
    "Sampling",
    "Started",
    "StreamEnd",
    "StreamFailure",
    "Text",
    "TextDelta",
    "Tool",
    "ToolCall",
    "ToolCallDelta",
    "ToolCallStart",
    "ToolChoice",
    "ToolResult",
    "Turn",
    "Usage",
    "UsageReport",
    "WireRequest",
]
