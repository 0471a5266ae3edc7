"""Commands and groups that answer a misspelt name with the nearest one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from flowc.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Generator


class SuggestingCommand(click.Command):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with _suggest_option(self, ctx):
            return super().parse_args(ctx, args)


class SuggestingGroup(click.Group):
    command_class = SuggestingCommand

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """In the order of their definition: what one does first comes first."""
        return list(self.commands)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with _suggest_option(self, ctx):
            return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            ctx.fail(f"unknown command '{name}'; {did_you_mean(name, self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)


@contextmanager
def _suggest_option(command: click.Command, ctx: click.Context) -> Generator[None, None, None]:
    """Say in one line which option was meant; click's own words differ from version to version."""
    try:
        yield
    except click.NoSuchOption as error:
        known = [name for param in command.get_params(ctx) for name in param.opts]
        hint = did_you_mean(error.option_name, [name for name in known if name.startswith("--")])
        raise click.UsageError(f"unknown option '{error.option_name}'; {hint}", ctx) from None
