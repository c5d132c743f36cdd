"""Clients that ask a gateway without pause and remember which answers they saw whole."""

from __future__ import annotations

import http.client
import json
import threading
import time
from typing import Self

from tests.gateway.running import KEYS

_PATIENCE = 60.0
_PAUSE = 0.02


class Load:
    """Some threads, each with a connection of its own; every second answer is streamed."""

    def __init__(self, url: str, threads: int = 4) -> None:
        self.url = url
        self.whole: list[str] = []
        self.slowest = 0.0
        self.statuses: set[int] = set()
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(threads)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def until_more(self, number: int) -> None:
        """Waits for so many further whole answers; fails after a minute."""
        wanted, deadline = len(self.whole) + number, time.monotonic() + _PATIENCE
        while len(self.whole) < wanted:
            assert time.monotonic() < deadline, "the gateway answers no more"
            time.sleep(0.005)

    def _ask(self, number: int) -> None:
        while not self._ending.is_set():
            connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=_PATIENCE)
            try:
                while not self._ending.is_set():
                    number += 1
                    self._ask_once(connection, stream=number % 2 == 0)
            except (http.client.HTTPException, OSError):
                time.sleep(_PAUSE)  # killed: nothing was promised, and another worker comes
            finally:
                connection.close()

    def _ask_once(self, connection: http.client.HTTPConnection, *, stream: bool) -> None:
        asked = {"model": "us-only", "messages": [{"role": "user", "content": "x"}], "stream": stream}
        begun = time.monotonic()
        connection.request(
            "POST",
            "/v1/chat/completions",
            json.dumps({**asked, "max_completion_tokens": 3}),
            {"authorization": f"Bearer {KEYS['app']}"},
        )
        answer = connection.getresponse()
        body = answer.read()
        self.slowest = max(self.slowest, time.monotonic() - begun)
        self.statuses.add(answer.status)
        if answer.status == 200 and (not stream or b"[DONE]" in body):
            self.whole.append(answer.headers["comity-receipt"])
        elif answer.status != 200:
            time.sleep(_PAUSE)
