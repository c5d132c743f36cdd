"""How the demo ends: what the gateway adds to a request, and what a reader can try next."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from comity.cli.demo.cast import DATES
from comity.cli.demo.client import Call, Client, chat_body, chat_head
from comity.cli.demo.delay import measure
from comity.cli.demo.drive import text_of
from comity.cli.demo.setting import INSTANT, KEYS, caller_key
from comity.cli.demo.stage import Stage
from comity.cli.demo.tables import Delay
from comity.clouds import Secrets, connect
from comity.config import load_settings

_PROMPT = text_of(200)
_TOKENS = 24


async def measure_delays(stage: Stage, gateway: str, rounds: int) -> list[Delay]:
    """The gateway against the clouds that answer at once: the same dialect, and a translated one."""
    settings = load_settings(stage.config)
    client = Client(gateway, 1)
    delays = []
    for name, server, plain in (
        ("pass-through", "azure", _chat(INSTANT)),
        ("translated", "aws", _converse()),
    ):
        deployment = settings.deployments[f"{server}-instant"]
        connection = connect(deployment, Secrets(KEYS))
        # A signature holds for some minutes, longer than the measurement takes.
        head = connection.request_head(plain, purpose="whole", now=datetime.now(UTC))
        assert isinstance(head, bytes), "keys of the demo are fixed"
        direct = Client(deployment.url, 1)
        call = Call("direct", head, plain, stream=False, complete=True)
        model = f"{INSTANT}-{server}"
        through = Call(
            "gateway", chat_head(f"{gateway}/v1", caller_key("gpt-api")), _chat(model), stream=False
        )
        delays.append(await measure(name, (direct, call), (client, through), rounds))
        await direct.close()
    await client.close()
    return delays


def _chat(model: str) -> bytes:
    return chat_body(model, _PROMPT, _TOKENS, stream=False)


def _converse() -> bytes:
    message = {"role": "user", "content": [{"text": _PROMPT}]}
    return json.dumps({"messages": [message], "inferenceConfig": {"maxTokens": _TOKENS}}).encode()


def farewell(console: Console, url: str, config: Path, *, serving_on: bool) -> None:
    """What to try next; lines to copy are never broken."""
    console.print()
    console.print(Rule("[bold]Try it" if serving_on else "[bold]Next"))
    if not serving_on:
        console.print(
            f"Configuration, ledgers and logs are in {config.parent}.", highlight=False, soft_wrap=True
        )
        return
    console.print(f"The gateway serves on [bold]{url}[/] as of {DATES[-1]}, until Ctrl-C.\n", highlight=False)
    for line in curl_lines(url, config).splitlines():
        style = "dim" if line.startswith("#") else "cyan"
        console.print(Text(line, style), soft_wrap=True)


def curl_lines(url: str, config: Path) -> str:
    """Commands to copy: one request that is served, one that no contract allows, and the ledger."""
    return (
        "# served, by the cheapest cloud that the contracts allow\n"
        f"{_curl(url, 'gpt-api', 'gpt-5.5')}\n"
        "# refused with 451: EU personal data, on a deployment that may leave the EU\n"
        f"{_curl(url, 'eu-support', f'{INSTANT}-azure')}\n"
        "# every request of this gateway, with its verdict and cost\n"
        f"comity ledger {config.parent / 'ledger-live'}\n"
    )


def _curl(url: str, product: str, model: str) -> str:
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "Hi"}]})
    return (
        f"curl -i {url}/v1/chat/completions \\\n"
        f"  -H 'authorization: Bearer {caller_key(product)}' \\\n"
        f"  -H 'content-type: application/json' \\\n"
        f"  -d '{body}'\n"
    )
