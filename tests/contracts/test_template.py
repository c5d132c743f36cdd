"""The contract to begin with loads, holds and stays itself whatever the parties are called."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.contracts import Outcome, book_from_text, contract_template, run_examples
from comity.contracts.duty_examples import run_duty_examples

NEW_YEAR = date(2026, 1, 1)


@pytest.mark.parametrize(
    "names", [("Acme", "Hosting"), ('The "one": & only #1', "Ünïcode GmbH & Co. KG"), ("{", "@")]
)
def test_a_new_contract_holds(names: tuple[str, str]) -> None:
    """It loads, and all of its examples hold: permitted, prohibited, disputed, unknown, and a duty."""
    text = contract_template("hosting", ("acme", names[0]), ("host", names[1]), NEW_YEAR)
    book = book_from_text(text)
    assert book.parties == {"acme": names[0], "host": names[1]}
    checked = run_examples(book)
    assert all(one.passed for one in checked)
    assert [one.passed for one in run_duty_examples(book)] == [True]
    assert {one.verdict.outcome for one in checked} == set(Outcome) - {Outcome.SILENT, Outcome.CONDITIONAL}
    assert book.findings == ()


def test_two_new_contracts_make_a_book() -> None:
    """Their clauses, terms and examples have names of their own."""
    texts = [contract_template(name, ("acme", "Acme"), ("host", "Host"), NEW_YEAR) for name in ("one", "two")]
    assert all(one.passed for one in run_examples(book_from_text(*texts)))


@settings(max_examples=25, deadline=None)
@given(
    st.text(min_size=1, max_size=20).filter(lambda name: name.strip() and name.isprintable()),
    st.dates(date(1900, 1, 1), date(2900, 1, 1)),
)
def test_any_name_and_day(name: str, start: date) -> None:
    """No name breaks out of its place."""
    book = book_from_text(contract_template("it", ("a", name), ("b", "B"), start))
    assert book.parties["a"] == name
