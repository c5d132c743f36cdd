"""A PostgreSQL server of the tests' own, as Debian ships it: a temporary folder, a Unix socket, no port.

It syncs nothing to the disk. As root it runs as the user `postgres`, since it refuses to run as root.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg

INSTALL = "apt-get install postgresql"
"""What to run where there is none."""
_PATIENCE = 60.0
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "40",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "max_wal_size": "2GB",
}


def find_programs() -> Path | None:
    """The folder of PostgreSQL's programs, of the newest version that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


class Server:
    """A running server; it can be stopped and started again."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self.folder = folder
        self._user = "postgres" if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None
        if self._user:
            shutil.chown(folder, self._user)
        self._run("initdb", "-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N")

    def url(self, schema: str = "public") -> str:
        """Its address, for a schema."""
        return (
            f"postgresql://postgres@/postgres?host={quote(str(self.folder), safe='')}"
            f"&options={quote(f'-csearch_path={schema}')}"
        )

    def start(self) -> None:
        """Starts it and waits until it answers."""
        settings = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        folder = str(self.folder)
        command = [str(self._programs / "postgres"), "-D", f"{folder}/data", "-k", folder, *settings]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, user=self._user, cwd="/")
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                psycopg.connect(self.url()).close()
            except psycopg.OperationalError:
                assert time.monotonic() < until, (self.folder / "log").read_text()
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Stops it; whoever is connected loses the connection."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(_PATIENCE)
            self._process = None

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, *arguments], check=True, user=self._user, capture_output=True, cwd="/"
        )


@contextlib.contextmanager
def running() -> Iterator[Server | None]:
    """A server for as long as it is needed; None where PostgreSQL is not installed."""
    programs = find_programs()
    if programs is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    server = Server(programs, folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)
