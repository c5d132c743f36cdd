"""The parent of the workers: shares one port among them, restarts the dead, has the journal folded, stops.

It serves no request itself. When it dies, its workers notice and drain. Folding is done by a child of its
own, one at a time: a store that is slow or down delays neither restarts nor the end.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable

import msgspec

from comity.clouds import Secrets
from comity.errors import ComityError, StoreError
from comity.gateway.clock import Clock
from comity.gateway.settings import Settings
from comity.gateway.worker import run_worker

_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
_START_SECONDS = 30.0
_RESTART_PAUSE = 0.5


class Supervisor:
    """Runs the workers of one gateway."""

    def __init__(self, settings: Settings, clock: Clock, secrets: Secrets, fold: Callable[[], None]) -> None:
        self._clock = clock
        self._secrets = secrets
        self._fold = fold
        self._workers: set[int] = set()
        self._folding = 0
        self._port = _reserve(settings.listen.host, settings.listen.port)
        port = self._port.getsockname()[1]
        listen = msgspec.structs.replace(settings.listen, port=port)
        self._settings = msgspec.structs.replace(settings, listen=listen)
        self._lifeline, self._hold = os.pipe()

    def run(self, ready: Callable[[int], None]) -> int:
        """Serves until SIGTERM or SIGINT; returns the exit status. `ready` is told the port."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        for _ in range(self._settings.listen.workers):
            if not self._start():
                self._stop_workers()
                self._close()
                return 1
        ready(self._settings.listen.port)
        self._watch()
        self._stop_workers()
        self._fold_last()
        self._close()
        return 0

    def _watch(self) -> None:
        pause = self._settings.ledger.fold_every or 3600.0
        while True:
            caught = signal.sigtimedwait(_SIGNALS, pause)
            if caught is None:
                if self._settings.ledger.fold_every and not self._folding:
                    self._start_folding()
            elif caught.si_signo in {signal.SIGTERM, signal.SIGINT}:
                return
            else:
                # Also any other number: CPython answers garbage when SIGCONT ends a wait past its time.
                for _ in range(self._reap()):
                    time.sleep(_RESTART_PAUSE)
                    self._start()

    def _start(self) -> bool:
        """Forks a worker and waits until it serves; False when it died before."""
        told, tell = os.pipe()
        worker = os.fork()
        if worker == 0:
            os.close(told)
            os.close(self._hold)
            self._become_worker(tell)
        os.close(tell)
        self._workers.add(worker)
        with selectors.DefaultSelector() as selector:
            selector.register(told, selectors.EVENT_READ)
            serving = bool(selector.select(_START_SECONDS)) and os.read(told, 1) == b"+"
        os.close(told)
        return serving

    def _become_worker(self, tell: int) -> None:
        status = 1
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            self._port.close()

            def ready(_port: int) -> None:
                os.write(tell, b"+")
                os.close(tell)

            run_worker(self._settings, self._clock, self._secrets, self._lifeline, ready)
            status = 0
        except (OSError, ValueError, ComityError) as error:
            sys.stderr.write(f"comity: {error}\n")
        except Exception:  # noqa: BLE001 - the process ends here, and a bug must be seen
            traceback.print_exc()
        finally:
            # A forked child must not run the parent's exit handlers.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _start_folding(self) -> None:
        """Forks a child that folds once."""
        self._folding = os.fork()
        if self._folding == 0:
            try:
                for number in (signal.SIGTERM, signal.SIGINT):
                    signal.signal(number, signal.SIG_DFL)  # a fold may end anywhere: it is all or nothing
                signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
                self._port.close()
                os.close(self._hold)
                self._fold_quietly()
            except Exception:  # noqa: BLE001 - the process ends here, and a bug must be seen
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(0)

    def _stop_folding(self) -> None:
        if self._folding:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._folding, signal.SIGTERM)
            os.waitpid(self._folding, 0)
            self._folding = 0

    def _reap(self) -> int:
        """How many workers have ended since the last look."""
        if self._folding and os.waitpid(self._folding, os.WNOHANG)[0]:
            self._folding = 0
        ended = 0
        for worker in list(self._workers):
            found, status = os.waitpid(worker, os.WNOHANG)
            if found:
                self._workers.discard(worker)
                ended += 1
                sys.stderr.write(f"comity: worker {worker} ended with status {status}; starting another\n")
        return ended

    def _fold_last(self) -> None:
        """What was settled while the gateway ended, for no longer than requests were given."""
        deadline = time.monotonic() + self._settings.listen.drain
        self._start_folding()
        while self._folding and (left := deadline - time.monotonic()) > 0:
            signal.sigtimedwait({signal.SIGCHLD}, left)
            self._reap()
        self._stop_folding()

    def _stop_workers(self) -> None:
        self._stop_folding()
        for worker in self._workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGTERM)
        for worker in self._workers:
            os.waitpid(worker, 0)
        self._workers.clear()

    def _close(self) -> None:
        os.close(self._hold)
        os.close(self._lifeline)
        self._port.close()

    def _fold_quietly(self) -> None:
        try:
            self._fold()
        except StoreError as error:
            # The journal is the record; a store that is down is folded into when it is back.
            sys.stderr.write(f"comity: the journal is not folded: {error}\n")


def _reserve(host: str, port: int) -> socket.socket:
    """A bound socket that never listens: it keeps the port for the workers, also when it was 0."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    held = socket.socket(family, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held.bind((host, port))
    return held
