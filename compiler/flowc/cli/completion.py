"""`flowc completion`: the script that lets a shell complete commands, options and run ids."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from flowc.cli import console
from flowc.cli.app import COMPLETION
from flowc.cli.suggest import SuggestingCommand

INSTALL = {
    "bash": "flowc completion bash > ~/.local/share/bash-completion/completions/flowc",
    "zsh": "flowc completion zsh > ~/.zfunc/_flowc    (with fpath+=~/.zfunc before compinit)",
    "fish": "flowc completion fish > ~/.config/fish/completions/flowc.fish",
}
"""Where each shell looks by itself."""


@click.command(
    "completion", cls=SuggestingCommand, short_help="Print the completion script of a shell."
)
@click.argument("shell", type=click.Choice(tuple(INSTALL)), metavar="SHELL")
@click.pass_context
def completion_command(ctx: click.Context, *, shell: str) -> None:
    """Print the completion script of bash, zsh or fish; its last line says how to install it.

    \b
    eval "$(flowc completion bash)"                  in this shell only
    flowc completion bash > ~/.local/share/bash-completion/completions/flowc
    flowc completion zsh > ~/.zfunc/_flowc
    flowc completion fish > ~/.config/fish/completions/flowc.fish
    """  # noqa: D301 - \b keeps click from joining the lines
    found = get_completion_class(shell)
    if found is None:
        raise click.BadParameter(f"click knows no completion for {shell}")
    complete = found(ctx.find_root().command, {}, "flowc", COMPLETION)
    # Not `source()`: for bash that starts a bash to see how old it is.
    console.out((complete.source_template % complete.source_vars()).strip("\n"))
    console.out(f"\n# To install it:  {INSTALL[shell]}")
