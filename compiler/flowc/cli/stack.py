"""`flowc stack`: the stacks of components that a project has, and which one is active."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from flowc.cli import console, options
from flowc.cli.suggest import SuggestingGroup

if TYPE_CHECKING:
    from flowc import ir
    from flowc.driver.stacks import Stacks


@click.group("stack", cls=SuggestingGroup, short_help="List, show, check and choose stacks.")
def stack_group() -> None:
    """List the project's stacks, show or check one, choose the active one.

    \b
    flowc stack list
    flowc stack show prod
    flowc stack use prod
    flowc stack check

    Stacks are written in flowc.toml, or below [tool.flowc] in pyproject.toml. FLOWC_STACK, and
    --stack of a command, choose another one than the active.
    """  # noqa: D301 - \b keeps click from joining the lines


@stack_group.command("list")
@options.json_option("the list")
def list_command(*, as_json: bool) -> None:
    """List the stacks; a star marks the active one.

    \b
    flowc stack list
    flowc stack list --json | jq -r '.[] | select(.active) | .name'
    """  # noqa: D301
    stacks = _read()
    active = stacks.choose().name
    if as_json:
        console.print_json(
            [
                {**_document(stack), "active": name == active}
                for name, stack in stacks.stacks.items()
            ]
        )
        return
    rows = [
        ("*" if name == active else "", name, _components_line(stack), stack.store)
        for name, stack in stacks.stacks.items()
    ]
    console.print_table([("", "stack", "components", "store"), *rows], sys.stdout)


@stack_group.command("show")
@click.argument("name", required=False, shell_complete=options.complete_stack)
@options.json_option("the stack")
def show_command(*, name: str | None, as_json: bool) -> None:
    """Show a stack with its components; without a NAME the active one.

    \b
    flowc stack show
    flowc stack show prod --json
    """  # noqa: D301
    import json

    stacks = _read()
    stack = stacks.choose(name or "")
    if as_json:
        console.print_json(_document(stack))
        return
    console.out(
        f"stack {console.escape(stack.name)}" + (f", store {stack.store}" if stack.store else "")
    )
    for component in stack.components:
        configuration = _configuration(component)
        first = "  (active)" if _is_active(component, stack) else ""
        console.out(
            f"  {component.kind} {console.escape(component.name)}: {component.flavor}{first}"
        )
        for key, value in configuration.items():
            console.out(f"    {key} = {console.escape(json.dumps(value))}")


@stack_group.command("use")
@click.argument("name", shell_complete=options.complete_stack)
def use_command(*, name: str) -> None:
    """Make a stack the active one in this checkout.

    \b
    flowc stack use prod
    flowc stack use default

    The choice is kept in .flowc/stack of the project; the project's own files stay as they are.
    """  # noqa: D301
    stacks = _read()
    stacks.use(name)
    console.say(f"the stack '{console.escape(name)}' is active in {stacks.root}")
    active, by = stacks.active()
    if active != name:
        console.say(f"note: {by} names the stack '{console.escape(active)}', and counts first")


@stack_group.command("check")
@click.argument("name", required=False, shell_complete=options.complete_stack)
@options.json_option("the findings")
def check_command(*, name: str | None, as_json: bool) -> int:
    """Look at a stack from this machine, and send nothing.

    \b
    flowc stack check
    flowc stack check prod --json

    Variables are looked up, URLs are read by apprise where that is installed. What is missing here
    may be there where steps run. The exit status is 1 for what is wrong everywhere.
    """  # noqa: D301
    from dataclasses import asdict

    from flowc.driver.stack_check import check_stack

    stack = _read().choose(name or "")
    findings = check_stack(stack)
    wrong = any(finding.state == "problem" for finding in findings)
    if as_json:
        found = [asdict(finding) for finding in findings]
        console.print_json({"stack": stack.name, "ok": not wrong, "findings": found})
        return int(wrong)
    for finding in findings:
        state = console.paint_status(f"{finding.state:<7}", sys.stdout)
        console.out(f"{state}  {console.escape(f'{finding.component}: {finding.found}')}")
    if not findings:
        console.say(f"the stack '{console.escape(stack.name)}' has no components")
    return int(wrong)


def _read() -> Stacks:
    from flowc.driver.stacks import stacks_here

    return stacks_here()


def _components_line(stack: ir.Stack) -> str:
    return ", ".join(f"{item.kind} {item.name} ({item.flavor})" for item in stack.components)


def _is_active(component: ir.Component, stack: ir.Stack) -> bool:
    from flowc.trace.components import ACTIVE

    return component.kind in ACTIVE and stack.of_kind(component.kind)[0] == component


def _configuration(component: ir.Component) -> dict[str, Any]:
    import json

    found: dict[str, Any] = json.loads(component.configuration)
    return found


def _document(stack: ir.Stack) -> dict[str, Any]:
    return {
        "name": stack.name,
        "store": stack.store or None,
        "components": [
            {
                "kind": item.kind,
                "name": item.name,
                "flavor": item.flavor,
                "active": _is_active(item, stack),
                "configuration": _configuration(item),
            }
            for item in stack.components
        ],
    }
