"""The report of conformance: cases by targets, as docs/parity.md has it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.conformance.catalogue import entries
from tests.conformance.expectation import TARGETS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.conformance.catalogue import Entry

DOCUMENT = Path(__file__).parents[2] / "docs" / "parity.md"

INTRODUCTION = """\
# Parity

One pipeline gives the same answer on every target. The cases below are small pipelines with the
answer they must give: invocations, order, statuses, attempts and the delays between them, outputs,
hooks, what a second run takes from the cache, and the cache keys themselves. They lie in
`tests/conformance/cases`. The table is the promise: `make test` holds this machine to it,
`make e2e` the real engines for the cases with a star, and `make e2e-full` for all of them, which
writes this page anew with `WRONG` where an engine answers otherwise.

`ok`: the answer is the one that was promised. `refused`: the target says when compiling that it
cannot do this, and that is the promise. `not run`: the engine as it runs in the tests cannot show
the case. The numbers lead to the reasons below the table.
"""

OK, REFUSED, NOT_RUN, WRONG = "ok", "refused", "not run", "WRONG"


def promised(entry: Entry, target: str) -> str:
    """What the page says of a case when everything is as it should be."""
    if target in entry.case.not_run:
        return NOT_RUN
    return REFUSED if target in entry.case.refused else OK


def render(answers: Mapping[tuple[str, str], str]) -> str:
    """The page; ``answers`` are by case and target."""
    reasons: dict[str, int] = {}
    lines = [
        INTRODUCTION,
        f"| case | {' | '.join(TARGETS)} |",
        f"| --- |{' --- |' * len(TARGETS)}",
    ]
    for entry in entries():
        cells = [_cell(entry, target, answers, reasons) for target in TARGETS]
        star = " *" if entry.case.cover else ""
        lines.append(f"| {entry.case.title} (`{entry.name}`){star} | {' | '.join(cells)} |")
    lines.append("")
    lines += [f"{number}. {reason}" for reason, number in reasons.items()]
    return "\n".join(lines) + "\n"


def _cell(
    entry: Entry,
    target: str,
    answers: Mapping[tuple[str, str], str],
    reasons: dict[str, int],
) -> str:
    answer = answers[entry.name, target]
    why = {REFUSED: entry.case.refused, NOT_RUN: entry.case.not_run}.get(answer, {}).get(target)
    if why is None:
        return answer
    return f"{answer} ({reasons.setdefault(why, len(reasons) + 1)})"
