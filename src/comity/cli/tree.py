"""`comity ask --tree`: who said what, clause by clause, as a tree for the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from comity.cli.questions import STYLES
from comity.contracts import Book, Said, Step, Trace, clause_sentence, worlds_text

_SHORT = 60


def show_tree(screen: Console, book: Book, trace: Trace) -> None:
    """Prints the worlds, then what every clause in force says about the workload."""
    outcome = trace.verdict.outcome
    root = Tree(f"[bold {STYLES[outcome]}]{outcome}[/]")
    worlds = root.add("the worlds")
    for line in worlds_text(book, trace.verdict).splitlines():
        worlds.add(escape(line))
    for contract in book.contracts.values():
        said = [one for one in trace.said if one.clause.contract == contract.id]
        if said:
            branch = root.add(f"[bold]{escape(contract.id)}[/]: {escape(contract.title)}")
            for one in said:
                _said(branch, book, one, trace.verdict.all)
    screen.print(root)


def _said(branch: Tree, book: Book, said: Said, counted: int) -> None:
    clause = said.clause
    if not said.does and not said.cut:
        branch.add(f"[dim]{escape(clause.id)} does not speak{escape(_obstacle(said))}[/]")
        return
    does = ", ".join(f"{role} {_where(must, may, counted)}".rstrip() for role, must, may in said.does)
    node = branch.add(f"[bold]{escape(clause.id)}[/] {does or 'gives way'}")
    for source in clause.sources:
        date = "" if source.date is None else f", {source.date}"
        node.add(f"said in {escape(source.id)}: {escape(source.title)}{date} ({source.grade.word})")
    node.add(f"says: {escape(clause_sentence(book, clause))}")
    _step(node, book, said.scope)
    if said.unless is not None:
        _step(node.add("unless"), book, said.unless)
    if said.goal is not None:
        _step(node.add("asks for"), book, said.goal)
    for cutter, worlds in said.cut:
        node.add(f"gives way to {escape(cutter)} {_where(worlds, worlds, counted)}".rstrip())


def _step(branch: Tree, book: Book, step: Step) -> None:
    if step.steps and not step.fact and step.text and " and " in step.text and not step.parties:
        for inner in step.steps:
            _step(branch, book, inner)
        return
    who = ", ".join(book.parties.get(party, party) for party in step.parties)
    whose = f" as read by {who}" if who else ""
    fact = f" ({step.fact})" if step.fact else ""
    node = branch.add(f"{_answer(step)}: {escape(step.text)}{escape(whose)}[dim]{escape(fact)}[/]")
    for inner in step.steps:
        _step(node, book, inner)


def _answer(step: Step) -> str:
    if step.must == step.among:
        return "[green]yes[/]"
    if not step.may:
        return "[red]no[/]"
    if step.must == step.may:
        return f"[magenta]{_where(step.must, step.may, step.among)}[/]"
    return "[cyan]open[/]"


def _where(must: int, may: int, counted: int) -> str:
    """`in 12 of 24 worlds`; nothing when it is all of them."""
    if must == counted:
        return ""
    surely, perhaps, every = must.bit_count(), may.bit_count(), counted.bit_count()
    held = f"{surely}" if surely == perhaps else f"{surely} to {perhaps}"
    return f"in {held} of {every} world{'' if every == 1 else 's'}"


def _obstacle(said: Said) -> str:
    """The first test that keeps a clause from speaking, with the fact that fails it."""
    for step in (*said.scope.steps, said.scope):
        if not step.may:
            text = step.text if len(step.text) <= _SHORT else f"{step.text[: _SHORT - 1]}…"
            return f": only where {text}{f', here {step.fact}' if step.fact else ''}"
    return ": its exception holds" if said.unless is not None else ""
