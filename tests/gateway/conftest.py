"""The running gateway that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.environment import unmeasured
from tests.gateway.everywhere import everywhere
from tests.gateway.running import Gateway, clouds, configuration, serving


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway in front of three simulated clouds, for one module of tests."""
    folder = tmp_path_factory.mktemp("gateway")
    with clouds() as running, serving(folder, running, configuration(running)) as one:
        yield one


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with a target in every dialect, for one module of tests."""
    with everywhere(tmp_path_factory.mktemp("every")) as one:
        yield one


@pytest.fixture(scope="module")
def anywhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The same for tests of clients, whose way through the gateway others cover."""
    with everywhere(tmp_path_factory.mktemp("anywhere"), environment=unmeasured()) as one:
        yield one
