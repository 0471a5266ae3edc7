"""The outermost frame: turns whatever a command raised into one message and an exit status."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click
from click.shell_completion import shell_complete

from flowc.cli import console
from flowc.cli.app import COMPLETION, app
from flowc.errors import Errors, FlowcError, InternalError, RunFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, FAILED, REQUEST, BUG, PIPE, INTERRUPTED = 0, 1, 2, 3, 141, 130


def run_command(arguments: Sequence[str] | None) -> int:  # noqa: PLR0911 - one for each way to end
    """Run the command line; returns its exit status and raises nothing."""
    console.prepare_streams()
    try:
        status = _invoke(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        return end.exit_code
    except BrokenPipeError:
        return _close_pipe()
    except (KeyboardInterrupt, click.Abort):
        console.say("\ninterrupted")  # on a line after the terminal's own ^C
        return INTERRUPTED
    except click.ClickException as error:
        return _report_usage(error)
    except FlowcError as error:
        return _report(error)
    except Exception:  # noqa: BLE001 - the last frame of the process
        return _report_bug()
    return status


def _invoke(arguments: list[str]) -> int:
    """What `click.Command.main` does, which keeps broken pipes and end-of-file to itself."""
    instruction = os.environ.get(COMPLETION)
    if instruction:
        return shell_complete(app, {}, "flowc", COMPLETION, instruction)
    with app.make_context("flowc", arguments) as context:
        status = app.invoke(context)
    return status if isinstance(status, int) else DONE


def _close_pipe() -> int:
    """The reader went away, as in `flowc runs list | head`.

    The interpreter flushes again at its end, so that must have somewhere to go.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return PIPE


def _report_usage(error: click.ClickException) -> int:
    if type(error).__name__ == "NoArgsIsHelpError":  # which click before 8.2 does not have
        console.say(error.format_message())
        return REQUEST
    console.print_error(_usage_text(error))
    context = getattr(error, "ctx", None)
    if context is not None:
        console.say(f"  hint: {context.command_path} --help")
    return REQUEST


def _usage_text(error: click.ClickException) -> str:
    """Click's message in our words where ours says more, and without its capital and full stop."""
    message = error.format_message().strip()
    if isinstance(error, click.MissingParameter):  # its choices stand in lines of their own
        message = " ".join(message.split())
    first = message[:1].lower() if message[1:2].islower() else message[:1]
    text = first + message[1:]
    return text.removesuffix(".") if text.count(".") == 1 else text


def _report(error: FlowcError) -> int:
    if isinstance(error, InternalError):
        return _report_bug()
    for each in error.errors if isinstance(error, Errors) else [error]:
        console.print_error(each.render())
    return FAILED if isinstance(error, RunFailed) else REQUEST


def _report_bug() -> int:
    import platform
    import traceback

    import flowc

    console.print_error("this is a bug in flowc: please report it with this text")
    python, system = platform.python_version(), platform.system()
    console.say(f"flowc {flowc.__version__}, Python {python}, {system}")
    console.say(console.escape(traceback.format_exc().rstrip(), keep_newlines=True))
    return BUG
