"""The loader: what makes a book, and that every problem has its place and a suggestion."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.contracts.small import FRONT, NOON, book_of, document, outcome, problems_of, small_book

from comity.contracts import load_book
from comity.contracts.load import parse_book
from comity.errors import BookError

GOOD = "a.x\nforbid: {cloud: aws}"


def test_a_folder_is_a_book(tmp_path: Path) -> None:
    """Contracts in sub-folders, a vocabulary file, and prose that is left alone."""
    (tmp_path / "sub").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "README.md").write_text("# About\n```comity\nforbid: {}\n```\n")
    (tmp_path / "notes.md").write_text("Only prose.\n")
    (tmp_path / ".git" / "x.md").write_text("---\nnothing: here\n---\n")
    (tmp_path / "vocabulary.md").write_text(
        "---\nvocabulary: words\ntitle: Ours\nclock: Europe/Berlin\n---\n"
    )
    (tmp_path / "sub" / "deal.md").write_text(document(GOOD))
    book = load_book(tmp_path)
    assert (book.title, str(book.clock)) == ("Ours", "Europe/Berlin")
    assert [clause.id for clause in book.clauses] == ["a.x"]
    assert book.clause("a.x").place.file.endswith("sub/deal.md")


def test_several_folders_make_one_book(tmp_path: Path) -> None:
    """Parties that agree are shared; ids and titles that collide are problems with both places."""
    one, other = tmp_path / "one", tmp_path / "other.md"
    one.mkdir()
    (one / "deal.md").write_text(document(GOOD))
    other.write_text(document("b.y\npermit: {cloud: aws}", front="contract: other\nparties: {oai: OpenAI}"))
    assert len(load_book(one, other).clauses) == 2
    other.write_text(document(GOOD, front="contract: deal\nparties: {oai: Another}"))
    with pytest.raises(BookError) as caught:
        load_book(one, other)
    assert "the id `deal` is taken by" in str(caught.value)


def test_the_fingerprint_is_of_the_text_and_not_of_the_folder() -> None:
    """Same files, same fingerprint; one letter more, another."""
    one = parse_book((Path("here"),), {"here/a.md": document(GOOD).encode()})
    moved = parse_book((Path("there"),), {"there/a.md": document(GOOD).encode()})
    changed = parse_book((Path("here"),), {"here/a.md": (document(GOOD) + " ").encode()})
    assert one.fingerprint == moved.fingerprint != changed.fingerprint
    assert len(one.fingerprint) == 64


def test_what_is_no_book_is_refused(tmp_path: Path) -> None:
    """No such path, no Markdown, no contract, no bytes."""
    with pytest.raises(BookError, match="there is no such book"):
        load_book(tmp_path / "none")
    with pytest.raises(BookError, match="this folder holds no Markdown file"):
        load_book(tmp_path)
    (tmp_path / "a.md").write_text("prose")
    with pytest.raises(BookError, match="no file here is a contract"):
        load_book(tmp_path)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that exists and cannot be read")
def test_a_file_that_cannot_be_read_is_a_problem() -> None:
    """The reason is reported with the file's name."""
    with pytest.raises(BookError, match=r"/proc/self/mem:1:1: cannot read this file: Input/output error"):
        load_book(Path("/proc/self/mem"))


def test_a_dangling_link_in_a_book_is_left_alone(tmp_path: Path) -> None:
    """A link to nowhere is no file."""
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere.md")
    (tmp_path / "a.md").write_text(document(GOOD))
    assert len(load_book(tmp_path).clauses) == 1


def test_ids_come_from_headings_code_spans_or_the_block() -> None:
    """A lawyer's heading may carry the id in backticks; prose above a block is kept."""
    text = (
        f"---\n{FRONT}\n---\n# Deal\n## 4.2 Residency `dpa.residency`\nStays inside.\n\n"
        "```comity\nforbid: {cloud: aws}\n```\nMore words.\n"
        "```comity\nid: dpa.other\nforbid: {cloud: google}\n```\n"
        "### 2026a.x\n~~~comity\nfact: done\n~~~\n"
    )
    book = book_of(text)
    assert [clause.id for clause in book.clauses] == ["dpa.residency", "dpa.other", "2026a.x"]
    assert book.clause("dpa.residency").prose == "Stays inside."
    assert book.clause("dpa.other").prose == "More words."
    assert book.clause("dpa.residency").place.line == 10


def test_windows_line_ends_and_a_byte_order_mark_are_fine() -> None:
    """The same book, saved elsewhere."""
    text = document(GOOD).replace("\n", "\r\n").encode("utf-8-sig")
    book = parse_book((Path("b"),), {"b.md": text})
    assert book.clause("a.x").place.line == 8
    assert outcome(book, NOON, cloud="aws") == "prohibited"


CASES = [
    ("a.x\nforbid: {clod: aws}", "8:10", "there is no attribute `clod`", "did you mean `cloud`?"),
    ("a.x\nforbid: {cloud: awz}", "8:17", "`awz` is no value of `cloud`", "did you mean `aws`?"),
    ("a.x\nforbid: {region: swedencentrl}", "8:18", "`swedencentrl` is no value", "`swedencentral`?"),
    ("a.x\nforbid: {actor: nobody}", "8:17", "`nobody` is no party", "known are"),
    ("a.x\nforbid: {cloud: 5}", "8:17", "`cloud` takes words", "known are"),
    ("a.x\nforbid: {cloud: []}", "8:17", "tested against an empty list", "at least one"),
    ("a.x\nforbid: {cloud: {over: 3}}", "8:17", "`cloud` is not a number", "a value or a list"),
    ("a.x\nforbid: {cloud: {like: a}}", "8:17", "only `not` can stand here", "`cloud: value`"[1:-1]),
    ("a.x\nforbid: {cloud: {not: {not: aws}}}", "8:23", "`not` takes a value or a list", "swap"),
    ("a.x\nforbid: {retention_days: {over: many}}", "8:33", "`over` takes a number", "{over: 30}"),
    (
        "a.x\nforbid: {retention_days: {over: 1, under: 9}}",
        "8:36",
        "an interval has no key `under`",
        "at_most",
    ),
    ("a.x\nforbid: {retention_days: {over: 9, at_most: 9}}", "8:26", "this interval is empty", "less"),
    ("a.x\nforbid: {retention_days: long}", "8:26", "`retention_days` is a number", "{over: 30}"),
    ("a.x\nforbid: {scc_signed: maybe}", "8:22", "`scc_signed` is `true` or `false`", "without quotes"),
    ("a.x\nforbid: {is: stateles}", "8:14", "there is no definition `stateles`", "none is known"),
    ("a.x\nforbid: {is: 5}", "8:14", "`is` takes the name of a definition", "stateless_api"),
    ("a.x\nforbid: {is: {nt: x}}", "8:14", "only `not` can stand here", "is: {not: name}"),
    ("a.x\nforbid: {or: [{cloud: aws}]}", "8:10", "there is no attribute `or`", "`any: "),
    ("a.x\nforbid: {any: {cloud: aws}}", "8:15", "`any` takes a list", "any: [{cloud: aws}"),
    ("a.x\nforbid: {any: [{any: [{cloud: aws}]}]}", "8:17", "`any` does not nest", "`define`"),
    ("a.x\nforbid: cloud = aws", "8:9", "a predicate is a mapping", "{cloud: azure"),
    ("a.x\nforbid: {cloud: aws}\nunles: {}", "9:1", "`forbid` has no key `unles`", "did you mean `unless`?"),
    ("a.x\nconfine: {cloud: aws}", "8:1", "`confine` needs `to`", "add `to:"),
    ("a.x\nrequire: {cloud: aws}", "8:1", "`require` needs `first`", "add `first:"),
    ("a.x\nforbid: {}\nin_force: 2026-13-01 ..", "9:11", "`2026-13-01` is no day", ""),
    ("a.x\nforbid: {}\nin_force: 2026-02-01", "9:11", "expected a period", ""),
    ("a.x\nforbid: {}\nin_force: 2026-02-01 .. 2026-01-01", "9:11", "is empty", ""),
    ("a.x\nforbid: {}\nknown: yesterday", "9:8", "expected a date", ""),
    ("a.x\nforbid: {}\nknown: 2026", "9:8", "expected a date or a period", "2026-04-27"),
    ("a.x\nforbid: {}\nsource: [S1]", "9:10", "`S1` is not known as `source`", "none is known"),
    ("a.x\nforbid: {}\nsure: verified", "9:1", "`sure: verified` is better than its best source", "cite"),
    ("a.x\nforbid: {}\nsure: perhaps", "9:7", "`perhaps` is not known", "known are"),
    ("a.x\nforbid: {}\npart: cover", "9:7", "`cover` is not known as `part`", "none is known"),
    ("a.x\nforbid: {}\nuntil: later", "9:8", "`later` is not known as a declared event", ""),
    ("a.x\nforbid: {}\nuntil: {first: 1}", "9:8", "`first_of` takes a list", "first_of: ["),
    ("a.x\nforbid: {}\noverrides: [a.y]", "8:1", "`a.x` overrides `a.y`, which is no clause", "`a.x`?"),
    ("a.x\nforbid: {}\noverrides: ['*']", "8:1", "overrides `*`, but its contract is no law", "authority"),
    ("a.x\nforbid: {}\noverrides: a.x", "8:1", "override each other in a circle", "take one"),
    ("a.x\nforbid: {}\nsupersedes: [a.y]\nin_force: 2026-01-01 ..", "8:1", "supersedes `a.y`", "`a.x`?"),
    ("a.x\nforbid: {}\nsupersedes: [a.x]", "8:1", "does not say from when", "in_force"),
    ("a.x\nforbid: {}\nid: A b", "9:5", "this is no id", "lower case"),
    ("a.x\nforbid: {}\ntitle: [a]", "9:8", "`title` must be a text", "quotes"),
    ("Nice heading\nforbid: {}", "8:1", "this clause has no id", "heading"),
    ("a.x\nforbid: {}\npermit: {}", "8:1", "this block has `forbid` and `permit`", "its own block"),
    ("a.x\nforbiden: {}", "8:1", "none of the words that make a block", "did you mean `forbid`?"),
    ("a.x\n- forbid", "8:1", "a block is a mapping", "forbid: {"),
    ("a.x\nforbid: {cloud: &a aws}", "8:17", "anchors and aliases are not allowed", "write the value out"),
    ("a.x\nforbid: {cloud: aws", "8:20", "this is not YAML", ""),
    ("define: x\nreadings: {}", "8:11", "`readings` maps names to readings", ""),
    ("define: x", "7:1", "needs either `means` or `readings`", "means"),
    ("define: X y\nmeans: {}", "7:1", "`X y` is no name for a definition", ""),
    ("define: x\nreadings: {a: {by: [oai]}}", "8:12", "the reading `a` has no `means`", "means"),
    ("define: x\nreadings: {a: {by: [who], means: {}}}", "8:21", "`who` is not known as `by`", ""),
    ("define: x\nmeans: {}\nsettled: {reading: a}", "9:20", "`a` is not known as `reading`", "`only`"),
    ("define: x\nmeans: {}\nsettled: closed", "9:10", "`settled` must be a mapping", ""),
    ("define: x\nmeans: {is: x}", "7:1", "these definitions rest on themselves", "circle"),
    ("example: e", "7:1", "this example has no `at`", ""),
    ("example: e\nat: soon\nworkload: {}\nverdict: silent", "8:5", "expected a date or an ISO 8601", ""),
    (
        "example: e\nat: 2026-01-01\nworkload: {clod: x}\nverdict: silent",
        "9:12",
        "no attribute `clod`",
        "`cloud`?",
    ),
    ("example: e\nat: 2026-01-01\nworkload: [x]\nverdict: silent", "9:11", "a workload is a mapping", ""),
    ("example: e\nat: 2026-01-01\nworkload: {}\nverdict: fine", "10:10", "`fine` is not known", "known are"),
    (
        "example: e\nat: 2026-01-01\nworkload: {}\nverdict: silent\nbecause: [q]",
        "7:1",
        "`because` names `q`",
        "",
    ),
    (
        "example: e\nat: 2026-01-01\nworkload: {}\nverdict: silent\nfor: {who: silent}",
        "11:7",
        "no key `who`",
        "",
    ),
    ("event: agi\non: 2026-01-01", "7:8", "`agi` is not known as `event`", ""),
    ("attribute: X\nvalues: [a]", "7:12", "this is no name for an attribute", ""),
    ("attribute: any\nvalues: [a]", "7:12", "`any` is a word of the language", ""),
    ("attribute: rank\nvalues: {a: [b], b: [a]}", "7:1", "lies inside itself", ""),
    ("attribute: rank\nvalues: [[1]]", "8:11", "a value is a word", "quotes"),
    ("attribute: rank\nvalues: [a]\nmissing: b\nwhy: x", "9:10", "cannot be missing as that", "`unknown`"),
    ("attribute: rank\nvalues: [a]\nmissing: a", "9:10", "`missing` needs a reason", "why"),
    ("attribute: cloud\nkind: number", "7:1", "`cloud` is a words attribute already", "another name"),
]


@pytest.mark.parametrize(("block", "place", "message", "suggestion"), CASES)
def test_a_mistake_is_refused_at_its_place(block: str, place: str, message: str, suggestion: str) -> None:
    """Line and column of the Markdown file, what is wrong, and what to write."""
    problems = problems_of(document(block))
    found = [problem for problem in problems if message in problem.message]
    assert found, f"expected `{message}` among {problems}"
    line, column = place.split(":")

    assert (found[0].place.line, found[0].place.column) == (int(line), int(column))
    assert suggestion in found[0].suggestion


def test_all_problems_are_reported_at_once_and_in_order() -> None:
    """A book with many mistakes names them all, by file and line."""
    one = document("a.x\nforbid: {clod: aws, cloud: awz}\nsoon: 1", "a.y\nconfine: {}")
    problems = problems_of(one, document("a.x\nforbid: {hots: aws}", front="contract: other"))
    assert [str(problem.place).split(":")[0] for problem in problems] == ["file0.md"] * 4 + ["file1.md"] * 2
    assert [problem.place.line for problem in problems[:3]] == [8, 8, 9]
    assert any("the clause `a.x` stands at file0.md:8:1 already" in problem.message for problem in problems)


@pytest.mark.parametrize(
    ("front", "message"),
    [
        ("contract: A B", "`A B` is no id for a file"),
        ("contact: deal", "the front matter says neither `contract` nor `vocabulary`"),
        ("contract: deal\nclock: Mars/Base", "`Mars/Base` is no time zone"),
        ("contract: deal\nclock: ../../etc/passwd", "is no time zone"),
        ("contract: deal\nbinds: [who]", "`binds` names `who`, which is no party"),
        ("contract: deal\nsilence: golden", "`golden` is not known as `silence`"),
        ("contract: deal\nauthority: king", "`king` is not known as `authority`"),
        ("contract: deal\nsources: {S1: {title: t}}", "the source `S1` has no grade"),
        ("contract: deal\nsources: {S1: {title: t, grade: great}}", "`great` is not known as `grade`"),
        ("contract: deal\ncovers: {clod: x}", "there is no attribute `clod`"),
        ("contract: deal\nparties: {A B: x}", "`A B` is no id"),
        ("contract: deal\nparties: [a]", "`parties` must be a mapping"),
        ("contract: deal\nsurprise: 1", "the front matter has no key `surprise`"),
        ("vocabulary: words\nbinds: [a]", "the front matter has no key `binds`"),
        ("[a]", "the front matter says neither"),
    ],
)
def test_mistakes_in_front_matter(front: str, message: str) -> None:
    """Every key is checked, and unknown ones are refused."""
    assert any(message in problem.message for problem in problems_of(document(GOOD, front=front)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\ncontract: deal\n", "the front matter does not end"),
        ("# Hello\n```comity\nforbid: {}\n```\n", "this file has blocks but no front matter"),
        ("---\ncontract: deal\n---\n- item\n  ```comity\n  forbid: {}\n  ```\n", "in a list or quotation"),
        ("---\ncontract: deal\n---\n  ```comity\n  forbid: {}\n  ```\n", "this block is indented"),
        ("---\ncontract: deal\n---\n```comity\nforbid: {}\n", "this block does not end"),
        (
            "---\nvocabulary: words\n---\n```comity\nid: a.b\nforbid: {}\n```\n",
            "cannot stand in a vocabulary file",
        ),
    ],
)
def test_mistakes_in_the_form_of_a_file(text: str, message: str) -> None:
    """Blocks must be where the machine and a forge both see them."""
    assert any(message in problem.message for problem in problems_of(text))


def test_bytes_that_are_not_text_have_a_place() -> None:
    """Line and column of the first byte that is not UTF-8."""
    with pytest.raises(BookError) as caught:
        parse_book((Path("b"),), {"b.md": b"---\ncontract: x\n---\nab\xff\n"})
    assert str(caught.value.problems[0]).startswith("b.md:4:3: this is not UTF-8")


def test_a_contract_cannot_reach_into_another_file() -> None:
    """Only law, court or award override across files; superseding never leaves its contract."""
    other = document("b.y\npermit: {}\noverrides: [a.x]", front="contract: other")
    assert "cannot override `a.x`" in problems_of(document(GOOD), other)[0].message
    later = document("b.y\npermit: {}\nsupersedes: [a.x]\nin_force: 2026-01-01 ..", front="contract: other")
    assert "cannot supersede `a.x`" in problems_of(document(GOOD), later)[0].message
    law = document("l.x\nforbid: {}", front="contract: act\nauthority: law")
    award = document("w.x\npermit: {}\noverrides: [l.x]", front="contract: award\nauthority: award")
    assert "(award) cannot override `l.x` (law)" in problems_of(law, award)[0].message


SOURCES = (
    "contract: deal\nevents: {agi: verified}\nsources:\n"
    "  V: {title: t, grade: V}\n  Q: {title: t, grade: quoted}\n"
    "  R: {title: t, grade: R}\n  M: {title: t, grade: M}"
)


@pytest.mark.parametrize(
    ("ender", "ended", "fine"),
    [
        ("V", "V", True),
        ("Q", "V", True),
        ("R", "Q", False),
        ("R", "R", True),
        ("M", "R", False),
        ("Q", "M", True),
    ],
)
def test_a_lower_grade_never_ends_a_higher_one(ender: str, ended: str, fine: bool) -> None:  # noqa: FBT001 - a table
    """Overriding, superseding, settling and event records: all by the same rule."""
    target = f"a.x\nforbid: {{cloud: aws}}\nuntil: agi\nsource: [{ended}]"
    settled = f"settled: {{reading: a, from: 2026-01-01, source: [{ender}]}}"
    ends = [
        f"b.y\npermit: {{}}\noverrides: [a.x]\nsource: [{ender}]",
        f"b.y\npermit: {{}}\nsupersedes: [a.x]\nin_force: 2026-01-01 ..\nsource: [{ender}]",
        f"b.y\nend: [a.x]\nin_force: 2026-01-01 ..\nsource: [{ender}]",
        f"event: agi\non: 2026-01-01\nsource: [{ender}]",
        f"define: t\nreadings: {{a: {{means: {{}}}}, b: {{means: {{}}, source: [{ended}]}}}}\n{settled}",
    ]
    for end in ends:
        if fine:
            assert len(small_book(target, end, front=SOURCES).clauses) > 0
        else:
            problems = problems_of(document(target, end, front=SOURCES))
            assert [
                "a lower grade can never end a higher one" in problem.message for problem in problems
            ] == [True]


def test_sure_lowers_the_grade_of_a_clause() -> None:
    """`sure` may say that a detail is known worse than its source."""
    book = small_book(
        "a.x\nforbid: {}\nsource: [V, R]\nsure: reported", "a.y\nforbid: {}\nsource: [V, R]", front=SOURCES
    )
    assert [clause.grade.word for clause in book.clauses] == ["reported", "verified"]


def test_overrides_in_a_circle_are_refused_once() -> None:
    """The circle is shown, beginning at its smallest id."""
    blocks = [f"a.{n}\nforbid: {{}}\noverrides: [a.{(n + 1) % 3}]" for n in range(3)]
    problems = problems_of(document(*blocks))
    assert len(problems) == 1
    assert "`a.0` ← `a.2` ← `a.1` ← `a.0`" in problems[0].message


def open_terms(count: int) -> list[str]:
    """Definitions with two readings each, and a clause that uses all of them."""
    terms = [
        f"define: t{n}\nreadings: {{a: {{by: [oai], means: {{cloud: aws}}}}, b: {{by: [msft], means: {{}}}}}}"
        for n in range(count)
    ]
    return [*terms, f"a.x\nforbid: {{is: [{', '.join(f't{n}' for n in range(count))}]}}"]


def test_at_most_sixty_four_worlds() -> None:
    """Six open terms of two readings fit; seven are refused; by party they are two."""
    assert small_book(*open_terms(6)).worlds.count == 64
    problem = problems_of(document(*open_terms(7)))[0]
    assert "make 128 worlds, and at most 64 fit" in problem.message
    assert "worlds: by_party" in problem.suggestion
    bundled = book_of(document(*open_terms(7)), "---\nvocabulary: words\nworlds: by_party\n---\n")
    assert bundled.worlds.count == 2
    assert bundled.findings[0].kind == "worlds"


def test_bundling_helps_only_when_parties_take_sides() -> None:
    """Without open terms there is one world; terms that nobody reads cannot be bundled."""
    by_party = "---\nvocabulary: words\nworlds: by_party\n---\n"
    assert book_of(document(GOOD), by_party).worlds.count == 1
    nobody = "define: t\nreadings: {a: {means: {cloud: aws}}, b: {means: {}}}"
    (problem,) = problems_of(document(nobody, "a.x\nforbid: {is: t}"), by_party)
    assert "1 open definitions make 0 worlds" not in problem.message
    assert "nobody asserts a reading" in problem.message


def test_bundled_worlds_are_settled_too() -> None:
    """A settlement changes what the term means in every party's world."""
    terms = open_terms(7)
    terms[0] += "\nsettled: {reading: b, from: 2026-01-01}"
    terms[-1] = "a.x\nforbid: {is: t0}"
    book = book_of(document(*terms), "---\nvocabulary: words\nworlds: by_party\n---\n")
    assert outcome(book, datetime(2025, 6, 1, tzinfo=UTC), cloud="azure") == "disputed"
    assert outcome(book, NOON, cloud="azure") == "prohibited"


def test_a_value_that_is_no_flag_no_word_and_no_list() -> None:
    """Odd shapes where a plain value is expected."""
    for block, message in (
        ("example: e\nat: 2026-01-01\nworkload: {cloud: {a: b}}\nverdict: silent", "`cloud` is one word"),
        (
            "define: x\nmeans: {}\nsettled: {reading: only, from: 2026-01-01, retroactive: perhaps}",
            "must be `true`",
        ),
        ("attribute: rank\nvalues: ['']", "a value is a word"),
        ("attribute: rank\nmissing: 5\nwhy: x", "cannot be missing as that"),
        ("attribute: rank\nset: true\nvalues: [a]\nmissing: [a]\nwhy: x", "cannot be missing as that"),
    ):
        assert any(message in problem.message for problem in problems_of(document(block)))


def test_names_must_be_the_same_in_every_file() -> None:
    """A party with two titles is one too many."""
    (problem,) = problems_of(
        document(GOOD), document("b.x\nforbid: {}", front="contract: o\nparties: {oai: Open}")
    )
    assert problem.message == "`oai` in `parties` is `OpenAI` in another file"


def test_definitions_that_no_clause_uses_make_no_worlds() -> None:
    """Only terms in play count."""
    assert small_book(*open_terms(7)[:-1], GOOD).worlds.count == 1


def test_attributes_may_be_said_twice_only_when_they_agree() -> None:
    """Values join; everything else must be the same."""
    rank = "attribute: rank\nvalues: [gold]\ntitle: one"
    book = book_of(
        document("a.x\nforbid: {rank: [gold, lead]}", rank),
        document("attribute: rank\nvalues: [lead]", front="contract: other"),
    )
    assert set(book.vocabulary.attributes["rank"].parents) == {"gold", "lead"}
    problems = problems_of(
        document(rank, GOOD), document("attribute: rank\ntitle: another", front="contract: other")
    )
    assert "`title` of `rank` differs from what file0.md" in problems[0].message
