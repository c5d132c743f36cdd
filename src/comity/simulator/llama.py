"""The real model server: llama.cpp in its own process, with the tiny random model. Needs the extra `llama`.

`LlamaServer` is the parent's side. `python -m comity.simulator.llama` is the child: it prints one JSON line
when it is ready and lives until its standard input closes, so it never outlives whoever started it.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeAlias, get_args

from comity.simulator.tiny_model import Variant, model_file

INSTALL_HINT = "the real model server needs llama.cpp: pip install 'comity[llama]'"
"""What to do when the extra is missing."""

Makes: TypeAlias = Literal["answers", "vectors"]
"""What one server makes of a prompt; llama.cpp does not make both."""

_STOP_SECONDS = 10


def llama_available() -> bool:
    """Whether the extra is installed."""
    return all(importlib.util.find_spec(name) is not None for name in ("xllamacpp", "gguf"))


class LlamaServer:
    """A llama.cpp server in a subprocess; use it as a context manager."""

    def __init__(
        self,
        folder: Path,
        variant: Variant = "chat",
        *,
        parallel: int = 4,
        port: int = 0,
        makes: Makes = "answers",
        seed: int | None = None,
    ) -> None:
        if not llama_available():
            raise ValueError(INSTALL_HINT)
        self.model = model_file(folder, variant)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(  # noqa: S603 - our own module with our own arguments
            [
                *(sys.executable, "-m", "comity.simulator.llama", str(self.model)),
                *("--parallel", str(parallel), "--port", str(port), "--makes", makes),
                *(() if seed is None else ("--seed", str(seed))),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        self.url = ""

    def wait_ready(self) -> str:
        """The base address, once the model is loaded; raises ValueError when the server does not come up."""
        assert self._process.stdout is not None, "the child's output is a pipe"
        line = self._process.stdout.readline()
        if not line:
            self._process.wait(_STOP_SECONDS)
            self._log.seek(0)
            said = self._log.read().decode(errors="replace").strip().splitlines()
            self.stop()
            raise ValueError(f"llama.cpp did not start: {said[-1] if said else 'it said nothing'}")
        self.url = str(json.loads(line)["url"])
        return self.url

    def stop(self) -> None:
        """Ends the server and waits for it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()

    def __enter__(self) -> Self:
        self.wait_ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve(model: Path, parallel: int, port: int, makes: Makes = "answers", seed: int | None = None) -> None:
    """Runs the server in this process until standard input closes; `seed` is that of requests without one."""
    import xllamacpp  # noqa: PLC0415 - an extra, and heavy

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.model_alias = {"tiny"}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = 4096 * parallel
    params.n_parallel = parallel
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.use_jinja = True
    params.endpoint_metrics = True
    params.warmup = False
    if seed is not None:
        params.sampling.seed = seed
    if makes == "vectors":
        params.embedding = True
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    server = xllamacpp.Server(params)
    print(json.dumps({"url": server.listening_address}), file=_OUT, flush=True)
    sys.stdin.buffer.read()
    del server


def main() -> None:
    """The child's entry."""
    parser = argparse.ArgumentParser(prog="python -m comity.simulator.llama")
    parser.add_argument("model", type=Path)
    parser.add_argument("--parallel", type=int, default=4)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--makes", choices=get_args(Makes), default="answers")
    parser.add_argument("--seed", type=int)
    chosen = parser.parse_args()
    serve(chosen.model, chosen.parallel, chosen.port, chosen.makes, chosen.seed)


if __name__ == "__main__":
    # llama.cpp logs to both standard streams; ours is kept for the one line that the parent waits for.
    _OUT = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    main()
