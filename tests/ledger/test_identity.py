"""Entry ids are unique, ordered by time, and readable."""

from __future__ import annotations

import subprocess
import sys
import uuid

import pytest

from comity.ledger import format_entry_id, new_entry_id, parse_entry_id
from comity.ledger.identity import EntryIds


def test_ids_rise_within_a_millisecond() -> None:
    """Ids of one moment are all different and in the order in which they were drawn."""
    ids = EntryIds()
    drawn = [ids.next(5_000_000) for _ in range(1000)]
    assert drawn == sorted(set(drawn))


def test_ids_rise_when_the_counter_wraps() -> None:
    """The counter's end moves on to the next millisecond instead of repeating."""
    ids = EntryIds()
    ids._counter = (1 << 26) - 2
    drawn = [ids.next(5_000_000) for _ in range(3)]
    assert drawn == sorted(set(drawn))
    assert drawn[1][:6] != drawn[0][:6]


def test_clock_that_steps_back_keeps_the_order() -> None:
    """An hour back on the clock gives neither an older nor an equal id."""
    ids = EntryIds()
    assert ids.next(7_200_000_000_000) < ids.next(3_600_000_000_000)


def test_ids_are_version_7_uuids_of_their_moment() -> None:
    """Other tools can read the version and the time."""
    entry = uuid.UUID(bytes=EntryIds().next(1_773_792_000_123_456_789))
    assert (entry.version, entry.variant) == (7, uuid.RFC_4122)
    assert entry.int >> 80 == 1_773_792_000_123


def test_a_forked_process_draws_other_ids() -> None:
    """A child does not go on with its parent's counter and node."""
    code = (
        "import os\n"
        "from comity.ledger import new_entry_id\n"
        "new_entry_id(1)\n"
        "child = os.fork()\n"
        "if child: os.waitpid(child, 0)\n"
        "os.write(1, new_entry_id(1).hex().encode() + b'\\n')\n"
    )
    drawn = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    child, parent = drawn.split()
    assert child[-12:] != parent[-12:]


def test_written_form_is_parsed_back() -> None:
    """Format and parse are inverse."""
    entry = new_entry_id()
    assert parse_entry_id(format_entry_id(entry)) == entry


def test_nonsense_is_no_id() -> None:
    """The message says what was expected."""
    with pytest.raises(ValueError, match="expected an entry id like"):
        parse_entry_id("entry-7")
