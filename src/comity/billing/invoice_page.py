"""An invoice as one HTML page that prints well: nothing is fetched, so it can be mailed and kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from html import escape
from typing import TypeAlias

from comity.billing.billing_period import moment_of
from comity.billing.invoice import CorrectionLine, Invoice, Line, Unpriced
from comity.billing.terms_note import TermsNote

_STYLE = """
  :root { --ink: #1f2733; --soft: #5b6675; --rule: #d9dee6; --warn: #8a4b00 }
  body { margin: 0; color: var(--ink); background: #fff; font: 13px/1.5 system-ui, Arial, sans-serif }
  main { max-width: 1040px; margin: 0 auto; padding: 32px 28px 48px }
  header { display: flex; justify-content: space-between; gap: 24px; border-bottom: 2px solid var(--ink) }
  h1 { font-size: 22px; margin: 0 0 12px } h2 { font-size: 15px; margin: 28px 0 6px }
  dl { display: grid; grid-template-columns: auto auto; gap: 2px 14px; margin: 0 0 12px }
  dt { color: var(--soft) } dd { margin: 0 }
  table { border-collapse: collapse; width: 100% }
  th { text-align: left; color: var(--soft); font-weight: 600 }
  th, td { padding: 4px 12px 4px 0; border-bottom: 1px solid var(--rule); vertical-align: top }
  .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
  td:first-child { white-space: nowrap }
  td.id { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 12px; overflow-wrap: anywhere }
  .sums td { border: 0 }
  .sums tr:last-child td { border-top: 2px solid var(--ink); font-weight: 700; font-size: 15px }
  .open { color: var(--warn); border: 1px solid var(--warn); padding: 8px 12px; margin: 16px 0 }
  footer { color: var(--soft); margin-top: 28px }
  @media print { main { padding: 0; max-width: none } h2 { break-after: avoid } tr { break-inside: avoid } }
"""

Cells: TypeAlias = tuple[tuple[str, str], ...]
"""A row: the class and the text of each cell."""

_USAGE = ("model", "ran on", "tier", "tokens", "#quantity", "#per million", "#requests", "terms", "#amount")
_CORRECTIONS = ("made on", "request", "model", "reason", "#amount")
_UNPRICED = ("model", "ran on", "why there is no price", "#requests", "#tokens")
_TERMS = ("price terms", "kind", "in force", "currency", "source")


def page(invoice: Invoice, terms: tuple[TermsNote, ...]) -> str:
    """The whole page; `terms` are the price terms that the lines name."""
    title = escape(f"Invoice {invoice.number}")
    body = "".join((_head(invoice), _open(invoice), *_tables(invoice, terms), _sums(invoice)))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{body}"
        "<footer>Amounts are exact sums over the ledger and rounded once, in the total. Each line names the "
        "price terms behind it. Corrections are lines of the period in which they were made.</footer>\n"
        "</main>\n</body>\n</html>\n"
    )


def amount_text(amount: Decimal, least: int = 2) -> str:
    """An exact amount with at least `least` decimals, its thousands in groups."""
    places = max(least, -int(amount.normalize().as_tuple().exponent))
    return f"{amount:,.{places}f}"


def _head(invoice: Invoice) -> str:
    facts = (
        ("From", invoice.issuer),
        ("To", invoice.customer),
        ("Days", f"{invoice.since} to {invoice.until}, the last not included ({invoice.zone})"),
        ("Currency", invoice.currency),
    )
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    return f"<header><h1>Invoice {escape(invoice.number)}</h1><dl>{items}</dl></header>\n"


def _open(invoice: Invoice) -> str:
    if not invoice.open:
        return ""
    return f'<p class="open">Not final: {escape("; ".join(invoice.open))}.</p>\n'


def _tables(invoice: Invoice, terms: tuple[TermsNote, ...]) -> Iterator[str]:
    yield _table("Usage", _USAGE, map(_line, invoice.lines))
    yield _table("Corrections", _CORRECTIONS, map(_correction, invoice.corrections))
    yield _table("Without a price, and not in the total", _UNPRICED, map(_unpriced, invoice.unpriced))
    yield _table("Price terms", _TERMS, map(_terms, terms))


def _line(line: Line) -> Cells:
    kind = line.kind
    estimated = f" ({line.estimated:,} estimated)" if line.estimated else ""
    return (
        ("", kind.model),
        ("", f"{kind.deployment} ({kind.cloud}: {', '.join(kind.region)})"),
        ("", kind.tier or "not said"),
        ("", kind.meter.replace("_", " ") or "all"),
        ("number", f"{line.quantity:,}"),
        ("number", "" if kind.unit_price is None else amount_text(kind.unit_price)),
        ("number", f"{line.requests:,}{estimated}"),
        ("id", kind.terms),
        ("number", amount_text(line.amount)),
    )


def _correction(one: CorrectionLine) -> Cells:
    return (
        ("", f"{moment_of(one.at):%Y-%m-%d}"),
        ("id", one.entry),
        ("", one.model),
        ("", one.reason),
        ("number", amount_text(one.amount)),
    )


def _unpriced(one: Unpriced) -> Cells:
    return (
        ("", one.model),
        ("", one.deployment),
        ("", one.reason),
        ("number", f"{one.requests:,}"),
        ("number", "unknown" if one.tokens is None else f"{one.tokens:,}"),
    )


def _terms(one: TermsNote) -> Cells:
    return ("id", one.id), ("", one.kind), ("", one.in_force), ("", one.currency), ("", one.source)


def _table(title: str, names: tuple[str, ...], rows: Iterable[Cells]) -> str:
    cells = [
        "<tr>" + "".join(f'<td class="{kind}">{escape(text)}</td>' for kind, text in row) + "</tr>\n"
        for row in rows
    ]
    if not cells:
        return ""
    head = "".join(
        f'<th class="number">{escape(name[1:])}</th>' if name.startswith("#") else f"<th>{escape(name)}</th>"
        for name in names
    )
    return f"<h2>{escape(title)}</h2>\n<table>\n<tr>{head}</tr>\n{''.join(cells)}</table>\n"


def _sums(invoice: Invoice) -> str:
    rows = [("Exact sum", amount_text(invoice.subtotal))]
    if invoice.rounding:
        rows.append(("Rounding", amount_text(invoice.rounding)))
    rows.append(("To pay", f"{amount_text(invoice.total)} {invoice.currency}"))
    cells = "".join(
        f'<tr><td>{name}</td><td class="number">{escape(text)}</td></tr>\n' for name, text in rows
    )
    return f'<h2>Sum</h2>\n<table class="sums">\n{cells}</table>\n'
