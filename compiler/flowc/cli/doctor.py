"""`flowc doctor`: what flowc finds on this machine, and what to do about what it does not."""

from __future__ import annotations

import sys

import click

from flowc.cli import console, options
from flowc.cli.suggest import SuggestingCommand


@click.command("doctor", cls=SuggestingCommand, short_help="Look for what flowc works with.")
@options.store_option()
@options.json_option("the findings")
def doctor_command(*, store: str | None, as_json: bool) -> int:
    """Look at Python, the store, Docker, the engines, and what stands between them.

    \b
    flowc doctor
    flowc doctor --json | jq '.checks[] | select(.state != "ok")'

    An engine is looked for in this environment, on PATH, and at FLOWC_KUBEFLOW_URL,
    FLOWC_AIRFLOW_URL and PREFECT_API_URL. What is missing is only a problem for the target that
    needs it: the exit status is 1 when a run on this machine could not work.
    """  # noqa: D301 - \b keeps click from joining the lines
    from flowc.driver import doctor

    checks = doctor.examine(store)
    broken = [check for check in checks if check.needed and check.state != "ok"]
    if as_json:
        console.print_json(
            {"ok": not broken, "checks": [doctor.to_document(check) for check in checks]}
        )
        return 1 if broken else 0
    width = max(console.cells(check.name) for check in checks)
    for check in checks:
        state = console.paint_status(f"{check.state:<7}", sys.stdout)
        console.out(f"{state}  {check.name:<{width}}  {console.escape(check.found)}".rstrip())
        if check.advice:
            console.out(f"{'':9}{'':<{width}}  {console.escape(check.advice)}")
    return 1 if broken else 0
