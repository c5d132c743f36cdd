"""What every test stands on: examples that are the same in every run, and fresh ones for a soak.

A suite that draws other examples each time fails for a change that has nothing to do with the failure. So the
suite's examples follow from the test itself; `make soak` draws at random, and what it finds becomes a case.
"""

from __future__ import annotations

import signal

from hypothesis import settings

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that runs the suite in the background has its children ignore Ctrl-C, which some tests press.
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile("soak", deadline=None, print_blob=True)
settings.load_profile("suite")
