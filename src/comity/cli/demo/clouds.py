"""Simulated clouds of the demo in a process of their own: `python -m comity.cli.demo.clouds aws=0 google=0`.

It prints one JSON line with their addresses when they serve, and lives until its standard input closes.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping

import msgspec
import uvloop

from comity.cli.demo.cast import PLACES, Server
from comity.cli.demo.setting import INSTANT, KEYS, instant_places, served_name
from comity.simulator import AwsAccount, CloudSpec, Pace, SimulatedModel, start
from comity.simulator.spec import CloudKind

PACE = Pace(first=0.004, rate=4000.0)
"""Much faster than any cloud, so that an hour of traffic fits into seconds."""

_KINDS: Mapping[Server, CloudKind] = {
    "azure": "azure",
    "aws": "bedrock",
    "aws-eu": "bedrock",
    "google": "compatible",
}


def spec_of(server: Server, port: int) -> CloudSpec:
    """The simulated cloud of that name."""
    places = [place for place in (*PLACES, *instant_places()) if place.server == server]
    models = {
        served_name(place): SimulatedModel(
            name=served_name(place), base=place.model, pace=Pace() if place.model == INSTANT else None
        )
        for place in places
    }
    account = AwsAccount(KEYS["COMITY_DEMO_AWS_ID"], KEYS["COMITY_DEMO_AWS_SECRET"])
    key = KEYS.get(f"COMITY_DEMO_{server.upper()}_KEY")
    return CloudSpec(
        name=server,
        kind=_KINDS[server],
        models=tuple(models.values()),
        region=places[0].region[0],
        port=port,
        api_keys=() if key is None else (key,),
        accounts=(account,) if server in {"aws", "aws-eu"} else (),
        pace=PACE,
    )


async def _serve(ports: Mapping[str, int]) -> None:
    running = await start(spec_of(server, ports[server]) for server in _KINDS if server in ports)
    sys.stdout.write(
        msgspec.json.encode({name: cloud.url for name, cloud in running.items()}).decode() + "\n"
    )
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)


if __name__ == "__main__":
    uvloop.run(_serve({name: int(port) for name, _, port in (word.partition("=") for word in sys.argv[1:])}))
