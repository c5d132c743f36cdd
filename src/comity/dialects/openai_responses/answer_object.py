"""The response object around an answer's items, with what it repeats of the request.

Nothing here was kept by a target, so `store` is false: the gateway says otherwise where it keeps an answer.
"""

from __future__ import annotations

from typing import Any

from comity.dialects.openai_responses.names import NAMESPACES
from comity.dialects.wire_json import stated
from comity.exchange import Format, Request, Text, Tool, ToolChoice

_REPEATED = ("max_tool_calls", "service_tier", "truncation")
_HINTED = ("metadata", "prompt_cache_key", "safety_identifier")


def answer_object(identity: str, model: str, created: int, request: Request | None) -> dict[str, Any]:
    """The members of a response, without its output, status and usage."""
    answer: dict[str, Any] = {
        "id": identity,
        "object": "response",
        "created_at": created,
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "model": model,
        "output": [],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "store": False,
        "temperature": None,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "truncation": "disabled",
        "usage": None,
        "user": None,
        "metadata": {},
    }
    return answer if request is None else answer | _repeated(request)


def _repeated(request: Request) -> dict[str, Any]:
    sampling = request.sampling
    members = stated(
        instructions=_instructions(request),
        max_output_tokens=sampling.max_output_tokens,
        parallel_tool_calls=request.parallel_tool_calls,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_logprobs=sampling.top_logprobs,
        tool_choice=_choice(request.tool_choice),
        text=_text(request),
        user=request.user,
        tools=_tools(request),
    )
    summary = request.hints.get("reasoning.summary", "auto" if sampling.thoughts == "summary" else None)
    members["reasoning"] = {"effort": sampling.reasoning_effort, "summary": summary}
    members |= {name: request.extra[name] for name in _REPEATED if name in request.extra}
    return members | {name: request.hints[name] for name in _HINTED if request.hints.get(name) is not None}


def _instructions(request: Request) -> str | None:
    first = request.turns[0] if request.turns else None
    if first is None or first.role != "system" or len(first.parts) != 1:
        return None
    part = first.parts[0]
    return part.text if isinstance(part, Text) else None


def _choice(choice: ToolChoice | None) -> str | dict[str, Any] | None:
    if choice is None or choice.mode != "named":
        return None if choice is None else choice.mode
    return {"type": "function", "name": choice.name}


def _text(request: Request) -> dict[str, Any]:
    text = {"format": _format(request.format)}
    verbosity = request.extra.get("verbosity")
    return text if verbosity is None else {**text, "verbosity": verbosity}


def _format(form: Format | None) -> dict[str, Any]:
    if form is None or form.kind != "json_schema":
        return {"type": "text" if form is None else form.kind}
    return {
        "type": "json_schema",
        "name": form.name or "answer",
        "schema": form.schema or {},
        "strict": form.strict,
        **stated(description=form.description),
    }


def _tools(request: Request) -> list[dict[str, Any]]:
    plain = [_tool(tool) for tool in request.tools if tool.namespace is None]
    return [*plain, *(one.wire for one in request.hosted_tools), *request.hints.get(NAMESPACES, ())]


def _tool(tool: Tool) -> dict[str, Any]:
    members = stated(description=tool.description)
    return {
        "type": "function",
        "name": tool.name,
        "parameters": tool.parameters,
        "strict": tool.strict,
        **members,
    }
