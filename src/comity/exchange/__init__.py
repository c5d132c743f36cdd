"""The hub: one request and its answer in no vendor's dialect.

Every dialect decodes into these values and encodes from them, so N dialects in and M out need N + M
translations. The hub keeps what any dialect can say; what a target cannot express is a `Dropped` or an
`Inexpressible`, never silence. Values are immutable: each attempt starts from the same request.
"""

from comity.exchange.embeddings import (
    EmbeddingInput,
    EmbeddingRequest,
    EmbeddingResponse,
    EmbeddingTask,
)
from comity.exchange.names import Names, Place, Places
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
    BlockDelta,
    CitationDelta,
    Event,
    Finished,
    LogprobsDelta,
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
    Citation,
    Media,
    Opaque,
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
    "BlockDelta",
    "CacheMark",
    "Choice",
    "Citation",
    "CitationDelta",
    "Dropped",
    "EmbeddingInput",
    "EmbeddingRequest",
    "EmbeddingResponse",
    "EmbeddingTask",
    "Event",
    "FailureClass",
    "Fault",
    "Finish",
    "Finished",
    "Format",
    "Inexpressible",
    "LogprobsDelta",
    "Media",
    "ModelTraits",
    "Names",
    "Opaque",
    "Part",
    "Place",
    "Places",
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
