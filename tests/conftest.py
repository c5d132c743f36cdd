"""What every test stands on: examples that are the same in every run, and fresh ones for a soak.

A suite that draws other examples each time fails for a change that has nothing to do with the failure. So the
suite's examples follow from the test itself; `make soak` draws at random, and what it finds becomes a case.

Where Python is told to keep nothing of what it compiles, as in many container images, each of some sixty
processes would compile all of its modules again: 8 seconds in a worker of pytest, 0.3 in a gateway. The suite
keeps them, in the `__pycache__` that everything else ignores.
"""

from __future__ import annotations

import os
import secrets
import signal
import sys
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import settings
from tests.database.server import INSTALL, Server, running

sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # for the processes that tests start

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that runs the suite in the background has its children ignore Ctrl-C, which some tests press.
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile("soak", deadline=None, print_blob=True)
settings.load_profile("suite")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server, shared by the tests of one process."""
    with running() as server:
        if server is None:
            pytest.skip(f"PostgreSQL is not installed; `{INSTALL}` brings it")
        yield server


@pytest.fixture
def schema(postgres: Server) -> Iterator[str]:
    """The address of an empty schema, dropped after the test."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    yield postgres.url(name)
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA {name} CASCADE")
