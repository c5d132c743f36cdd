"""Writes the hub's request as a chat completions body.

Nulls are never written. Parameters in `extra` that the client wrote in this dialect go out as they came;
those of another dialect only when the target's traits name them.
"""

from __future__ import annotations

from typing import Any

from comity.dialects.losses import Losses
from comity.dialects.openai_chat.content_writer import write_cache, write_content
from comity.dialects.openai_chat.reasoning import encode_reasoning
from comity.dialects.wire_json import stated
from comity.exchange import (
    AnswerKey,
    Format,
    Inexpressible,
    Media,
    ModelTraits,
    Reasoning,
    Refusal,
    Request,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
    WireRequest,
)

NAME = "openai.chat"


def encode_request(
    request: Request, model: str, traits: ModelTraits, *, lossy: bool
) -> WireRequest | Inexpressible:
    """The body for `model`, or what it cannot express; `lossy` allows visible drops."""
    losses = Losses()
    body: dict[str, Any] = {
        "model": model,
        "messages": [
            message
            for index, turn in enumerate(request.turns)
            for message in _messages(turn, f"messages[{index}]", traits, losses)
        ],
    }
    tools = [_tool(tool, index, traits, losses) for index, tool in enumerate(request.tools)]
    body.update(
        stated(
            tools=tools or None,
            tool_choice=_tool_choice(request.tool_choice),
            parallel_tool_calls=request.parallel_tool_calls,
            response_format=_format(request.format),
            user=request.user,
            **_sampling(request.sampling, traits, losses),
        )
    )
    if request.stream:
        body["stream"] = True
        if traits.stream_options:
            body["stream_options"] = {"include_usage": True}
    _extra(request, body, traits, losses)
    return losses.request(body, AnswerKey(model=model, origin=NAME), lossy=lossy)


def _extra(request: Request, body: dict[str, Any], traits: ModelTraits, losses: Losses) -> None:
    native = request.dialect in {NAME, ""}
    for name, value in request.extra.items():
        if native and name.startswith("tools["):
            body.setdefault("tools", []).append(value)
        elif native or name in traits.additional_fields:
            body[name] = value
        else:
            losses.loss(name, f"`{request.dialect}` has this parameter and `{NAME}` does not")


def _sampling(sampling: Sampling, traits: ModelTraits, losses: Losses) -> dict[str, Any]:
    members: dict[str, Any] = {
        traits.completion_limit_field: sampling.max_output_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "stop": list(sampling.stop) or None,
        "seed": sampling.seed,
        "frequency_penalty": sampling.frequency_penalty,
        "presence_penalty": sampling.presence_penalty,
        "n": sampling.candidates,
        "logprobs": sampling.logprobs,
        "top_logprobs": sampling.top_logprobs,
        "reasoning_effort": sampling.reasoning_effort,
        "top_k": sampling.top_k,
    }
    if not traits.sampling:
        for name in ("temperature", "top_p"):
            if members.pop(name) not in {None, 1.0}:
                losses.loss(name, "the model takes only its default")
    if sampling.top_k is not None and traits.family == "gpt":
        del members["top_k"]
        losses.loss("top_k", "the model has no such parameter")
    return members


def _tool(tool: Tool, index: int, traits: ModelTraits, losses: Losses) -> dict[str, Any]:
    function = {
        "name": tool.name,
        **stated(description=tool.description, parameters=tool.parameters, strict=tool.strict),
    }
    mark = write_cache(tool.cache, f"tools[{index}]", traits, losses)
    return {"type": "function", "function": function, **mark}


def _tool_choice(choice: ToolChoice | None) -> str | dict[str, Any] | None:
    if choice is None:
        return None
    if choice.mode != "named":
        return choice.mode
    return {"type": "function", "function": {"name": choice.name}}


def _format(form: Format | None) -> dict[str, Any] | None:
    if form is None:
        return None
    if form.kind != "json_schema":
        return {"type": form.kind}
    schema = {
        "name": form.name or "answer",
        **stated(description=form.description, schema=form.schema, strict=form.strict),
    }
    return {"type": "json_schema", "json_schema": schema}


def _messages(turn: Turn, path: str, traits: ModelTraits, losses: Losses) -> list[dict[str, Any]]:
    extra = {name: value for name, value in turn.extra.items() if name.isidentifier()}
    for name in turn.extra:
        if name not in extra:
            losses.loss(f"{path}.{name}", "it stands where the translation has no place for it")
    results = [part for part in turn.parts if isinstance(part, ToolResult)]
    messages = [_result(result, path, traits, losses) for result in results]
    rest = tuple(part for part in turn.parts if not isinstance(part, ToolResult))
    if turn.role == "tool":
        assert not rest, "a tool turn holds only tool results"
        return [message | extra for message in messages]
    if turn.role == "assistant":
        return [*messages, _assistant(turn, path, traits, losses) | extra]
    if rest or not results:
        content = [part for part in rest if isinstance(part, (Text, Media))]
        written = write_content(content, f"{path}.content", traits, losses)
        messages.append({"role": turn.role, "content": written, **stated(name=turn.name), **extra})
    return messages


def _result(result: ToolResult, path: str, traits: ModelTraits, losses: Losses) -> dict[str, Any]:
    if result.is_error:
        losses.hint(f"{path}.is_error", "chat completions cannot mark a tool result as failed")
    media = any(isinstance(part, Media) for part in result.content)
    if media:
        losses.loss(f"{path}.content", "a tool message of chat completions holds text only")
    texts = [part for part in result.content if isinstance(part, Text)]
    content = write_content(texts, f"{path}.content", traits, losses)
    return {"role": "tool", "tool_call_id": result.call_id, "content": content}


def _assistant(turn: Turn, path: str, traits: ModelTraits, losses: Losses) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", **stated(name=turn.name)}
    texts = [part for part in turn.parts if isinstance(part, (Text, Media))]
    refusals = "".join(part.text for part in turn.parts if isinstance(part, Refusal))
    calls = [_call(part, path, traits, losses) for part in turn.parts if isinstance(part, ToolCall)]
    if texts:
        message["content"] = write_content(texts, f"{path}.content", traits, losses)
    elif not calls and not refusals:
        message["content"] = ""
    message.update(stated(refusal=refusals or None, tool_calls=calls or None))
    thoughts = [part for part in turn.parts if isinstance(part, Reasoning)]
    return message | _reasoning(thoughts, path, traits, losses)


def _call(call: ToolCall, path: str, traits: ModelTraits, losses: Losses) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    mark = write_cache(call.cache, f"{path}.tool_calls", traits, losses)
    return {"id": call.id, "type": "function", "function": function, **mark}


def _reasoning(thoughts: list[Reasoning], path: str, traits: ModelTraits, losses: Losses) -> dict[str, Any]:
    own = [block for block in thoughts if block.origin in {"", NAME}]
    if len(own) < len(thoughts):
        losses.hint(f"{path}.reasoning_content", "only the model that made this reasoning may read it again")
    if own and traits.reasoning_signatures == "none":
        losses.hint(f"{path}.reasoning_content", "the model takes no reasoning back")
        return {}
    return encode_reasoning(own)
