"""The tables of a run, in Markdown, and their place in `docs/performance.md`.

Figures are medians over the rounds, lowest and highest in parentheses; a dash is a figure nobody has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from bench.columnar import GOAL
from bench.decision import Decision
from bench.figures import Figure, Pick, added, cost, figure, latency, of, rate, ratio
from bench.measure import Sample, flaws
from bench.result import Result

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
MEBIBYTE = 1024 * 1024

# What issue 2 asks for: (what, against whom, phase, figure, bound, whether the bound is a ceiling).
GOALS: tuple[tuple[str, str, str, Pick, float, bool], ...] = (
    ("CPU per plain request", "nginx", "plain", cost, 2.5, True),
    ("CPU per stream, in one write", "nginx", "burst", cost, 3.0, True),
    ("CPU per stream, paced", "nginx", "paced", cost, 3.0, True),
    ("requests/s", "Portkey", "plain", rate, 20.0, False),
    ("streams/s", "Portkey", "burst", rate, 20.0, False),
    ("requests/s", "LiteLLM", "plain", rate, 150.0, False),
    ("streams/s", "LiteLLM", "burst", rate, 150.0, False),
)
DECISION_GOAL_US = 10.0
AGAIN_GOAL_US = 2.0
QUIET = 0.15
"""Share of the gateway's CPU that others may take before the figures mean little."""

Cell = Callable[[str], str]


def tables(result: Result) -> str:
    """All tables of a run."""
    names = list(dict.fromkeys(sample.target for sample in result.samples))
    parts = [how(result), goals(result), plain(result.samples, names), streams(result.samples, names)]
    parts += [footprints(result), decisions(result), engines(result), columnar(result), remarks(result)]
    return "\n\n".join(part for part in parts if part)


def how(result: Result) -> str:
    """Where and how the figures were taken."""
    machine, effort = result.machine, result.effort
    versions = ", ".join(f"{name} {version}" for name, version in result.versions.items())
    foreign = figure(sample.foreign for sample in result.samples if sample.target != "direct")
    disturbed = f"{foreign.median:.0%} (up to {foreign.high:.0%})" if foreign else "an unknown share"
    warning = " **The machine was not quiet: take it again.**" if foreign and foreign.high > QUIET else ""
    return (
        f"Taken {result.taken} on {machine.processor}, {machine.cpus} CPUs, "
        f"{machine.memory / 1024 / MEBIBYTE:.0f} GiB, Linux {machine.kernel}, {machine.python}. "
        f"{versions}. {effort.rounds} interleaved rounds of {effort.seconds:g} s each after "
        f"{effort.warm:g} s of warm-up; median (lowest-highest). "
        f"Others took {disturbed} of the gateway's CPU.{warning}"
    )


def goals(result: Result) -> str:
    """What we promised, and what came out."""
    lines = []
    for what, peer, phase, pick, bound, ceiling in GOALS:
        found = ratio(result.samples, ("Comity", peer), phase, pick)
        if found:
            kept = found.median <= bound if ceiling else found.median >= bound
            sign = "≤" if ceiling else "≥"
            lines.append([what, peer, f"{sign} {bound:g}x", times(found), "yes" if kept else "**no**"])
    for decision in result.decisions:
        if decision.clauses == 100:
            kept = decision.first_us <= DECISION_GOAL_US
            words = ["decision at 100 clauses", "", "≤ 10 µs", f"{decision.first_us:.1f} µs"]
            lines.append([*words, "yes" if kept else "**no**"])
        elif decision.worlds > 1:
            lines += [promise(decision, "first seen", decision.first_us, DECISION_GOAL_US)]
            lines += [promise(decision, "seen before", decision.again_us, AGAIN_GOAL_US)]
    for table in result.columnar:
        if (table.way, table.worlds) == ("decide", 12):
            words = [f"rows/s of {table.rows:,} rows, 12 worlds", "", f"≥ {GOAL / 1e6:g} M"]
            words.append(f"{table.rows_per_second / 1e6:.2f} M")
            lines.append([*words, "yes" if table.rows_per_second >= GOAL else "**no**"])
    return titled("Promised and found", ["Comity's", "against", "goal", "found", "kept"], lines)


def promise(decision: Decision, facts: str, found: float, goal: float) -> list[str]:
    """One line about decisions in a large book with open terms."""
    what = f"decision at {decision.clauses:,} clauses, {decision.worlds} worlds, facts {facts}"
    return [what, "", f"≤ {goal:g} µs", f"{found:.2f} µs", "yes" if found <= goal else "**no**"]


def plain(samples: list[Sample], names: list[str]) -> str:
    """Plain requests."""
    p50, p99 = latency("latency", "p50"), latency("latency", "p99")
    columns: list[tuple[str, Cell]] = [
        ("requests/s", lambda name: whole(figure(map(rate, of(samples, name, "plain"))))),
        ("CPU µs/request", lambda name: fine(figure(map(cost, of(samples, name, "plain"))))),
        ("added p50 at 1, µs", lambda name: whole(added(samples, name, "single", p50))),
        ("added p99 at 1, µs", lambda name: whole(added(samples, name, "single", p99))),
        ("added p50 at 64, µs", lambda name: whole(added(samples, name, "plain", p50))),
        ("added p99 at 64, µs", lambda name: whole(added(samples, name, "plain", p99))),
        ("CPU, nginx = 1", lambda name: times(ratio(samples, (name, "nginx"), "plain", cost))),
    ]
    return by_name("Plain requests", names, columns)


def streams(samples: list[Sample], names: list[str]) -> str:
    """Streams: in one write, and paced."""
    p50, p99 = latency("first", "p50"), latency("first", "p99")
    delay50, delay99 = latency("delay", "p50"), latency("delay", "p99")
    columns: list[tuple[str, Cell]] = [
        ("streams/s in one write", lambda name: whole(figure(map(rate, of(samples, name, "burst"))))),
        ("CPU µs/stream", lambda name: fine(figure(map(cost, of(samples, name, "burst"))))),
        ("CPU, nginx = 1", lambda name: times(ratio(samples, (name, "nginx"), "burst", cost))),
        ("paced: CPU µs/stream", lambda name: fine(figure(map(cost, of(samples, name, "paced"))))),
        ("CPU paced, nginx = 1", lambda name: times(ratio(samples, (name, "nginx"), "paced", cost))),
        ("added p50 to first byte, µs", lambda name: whole(added(samples, name, "paced", p50))),
        ("added p99, µs", lambda name: whole(added(samples, name, "paced", p99))),
        ("per-chunk p50, µs", lambda name: whole(figure(map(delay50, of(samples, name, "paced"))))),
        ("per-chunk p99, µs", lambda name: whole(figure(map(delay99, of(samples, name, "paced"))))),
    ]
    return by_name("Streams of 20 chunks", names, columns)


def footprints(result: Result) -> str:
    """Memory and start."""
    lines = [
        [
            found.target,
            f"{found.start_seconds:.1f}",
            *(f"{size / MEBIBYTE:.1f}" for size in (found.at_start, found.early, found.late)),
            f"{found.requests:,}",
        ]
        for found in result.footprints
    ]
    head = ["", "start s", "MiB at start", "after a tenth", "after all", "requests"]
    return titled("Start and memory", head, lines)


def decisions(result: Result) -> str:
    """The decision alone."""
    lines = [
        [
            f"{found.clauses:,}",
            str(found.worlds),
            f"{found.first_us:.2f}",
            f"{found.open_us:.2f}",
            f"{found.again_us:.2f}",
            f"{found.bare_us:.2f}",
            f"{found.whole_us:,.0f}",
            f"{found.bind_ms:.0f}",
        ]
        for found in result.decisions
    ]
    head = [
        "clauses",
        "worlds",
        "bound, facts not seen before, µs",
        "the same, one fact missing, µs",
        "bound, seen before, µs",
        "bound, no verdict kept, µs",
        "not bound, µs",
        "to bind, ms",
    ]
    return titled("One decision", head, lines)


def engines(result: Result) -> str:
    """The same thousand rules elsewhere."""
    head = ["a thousand rules in", "version", "one decision, µs", "Comity, facts first seen = 1"]
    own = [found.first_us for found in result.decisions if (found.clauses, found.worlds) == (1000, 1)]
    lines = [
        [cost.engine, cost.version, f"{cost.each_us:,.0f}", f"{cost.each_us / own[0]:,.0f}x" if own else "-"]
        for cost in result.engines
    ]
    return titled("The same rules in other engines", head, lines)


def columnar(result: Result) -> str:
    """Whole tables, row by row and audited."""
    ways = {"decide": "every row decided", "audit": "audited, with the whole report"}
    lines = [
        [
            ways[found.way],
            str(found.worlds),
            f"{found.rows:,}",
            f"{found.rows_per_second / 1e6:.2f}",
            f"{found.cpu_seconds / found.rows * 1e6:.2f}",
            f"{found.memory_mib:,.0f}",
        ]
        for found in result.columnar
    ]
    head = ["whole tables", "worlds", "rows", "million rows/s", "CPU µs/row", "MiB, peak"]
    return titled("Whole tables", head, lines) if lines else ""


def remarks(result: Result) -> str:
    """What is missing and what was not clean."""
    found = [f"{absent.name}: {absent.why}" for absent in result.absent] + result.notes
    found += [flaw for sample in result.samples for flaw in flaws(sample)]
    return "\n".join(f"- {text}" for text in found)


def titled(title: str, head: list[str], lines: list[list[str]]) -> str:
    """A table with its title; nothing when it has no lines."""
    if not lines:
        return ""
    rows = [head, ["---", *["---:"] * (len(head) - 1)], *lines]
    return f"### {title}\n\n" + "\n".join(f"| {' | '.join(row)} |" for row in rows)


def by_name(title: str, names: list[str], columns: list[tuple[str, Cell]]) -> str:
    """A table with one line per target."""
    lines = [[name, *(cell(name) for _, cell in columns)] for name in names]
    return titled(title, ["", *(head for head, _ in columns)], lines)


def whole(found: Figure | None) -> str:
    """A figure without decimals."""
    return spread(found, ",.0f")


def fine(found: Figure | None) -> str:
    """A figure with one decimal."""
    return spread(found, ",.1f")


def times(found: Figure | None) -> str:
    """A ratio."""
    return spread(found, ",.2f", "x")


def spread(found: Figure | None, form: str, unit: str = "") -> str:
    """Median, and lowest and highest when there was more than one round."""
    if found is None:
        return "-"
    between = "" if found.low == found.high else f" ({found.low:{form}}-{found.high:{form}})"
    return f"{found.median:{form}}{unit}{between}"


def place(text: str, page: Path = PAGE) -> None:
    """Put the tables between the marks of the page."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise RuntimeError(f"{page} has lost its marks `{BEGIN}` and `{END}`")
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def progress_line(sample: Sample) -> Iterator[str]:
    """One measurement, as it is shown while the run goes on."""
    speed, spent = rate(sample), cost(sample)
    yield f"{sample.target:>18} {sample.phase:<7}"
    yield f"{speed:>10,.0f}/s" if speed else f"{'-':>12}"
    yield f"{spent:>9,.1f} µs CPU" if spent else " " * 16
    yield f"p50 {sample.load.latency.p50 / 1e3:>9,.0f} µs"
    yield f"p99 {sample.load.latency.p99 / 1e3:>9,.0f} µs"
    if flaws(sample):
        yield "not clean"
