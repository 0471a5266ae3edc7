"""The command line of a bundle, read by hand: argparse costs more than the rest of a start."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

COMMANDS = ("step", "finalise", "check", "unpack")

VALUED = (
    "--store", "--default-store", "--run", "--engine-run", "--target", "--param", "--token",
    "--executor-input", "--run-name", "--scheduled-time",
)  # fmt: skip
FLAGS = ("--soft-fail", "--no-cache")
"""Options with a value, written ``--name VALUE`` or ``--name=VALUE``, and those without."""


class UsageError(Exception):
    """The request is wrong; the text is complete."""


class Options:
    """What was asked on the command line. ``flags`` are the given ones, without their dashes."""

    __slots__ = ("arguments", "command", "flags", "parameters", "values")

    def __init__(self) -> None:
        self.command = ""
        self.arguments: list[str] = []
        self.values: dict[str, str] = {}
        self.flags: set[str] = set()
        self.parameters: dict[str, str] = {}

    def get(self, name: str) -> str:
        return self.values.get(name, "")


def parse(argv: list[str]) -> Options:
    """Raises UsageError for what this command line does not know."""
    options = Options()
    words = iter(argv)
    for word in words:
        if word.startswith("--"):
            _take_option(options, word, words)
        elif not options.command:
            options.command = word
        else:
            options.arguments.append(word)
    if options.command not in COMMANDS:
        shown = f"unknown command '{options.command}'" if options.command else "no command"
        raise UsageError(f"{shown}; known: {', '.join(COMMANDS)}; see --help")
    return options


def _take_option(options: Options, word: str, words: Iterator[str]) -> None:
    name, equals, value = word.partition("=")
    if name in FLAGS and not equals:
        options.flags.add(name[2:])
        return
    if name not in VALUED:
        raise UsageError(f"unknown option '{word}'{_suggest(name)}; see --help")
    if not equals:
        given = next(words, None)
        if given is None:
            raise UsageError(f"{name} needs a value")
        value = given
    if name == "--param":
        parameter, equals, text = value.partition("=")
        if not equals:
            raise UsageError(f"--param wants NAME=JSON, got '{value}'")
        options.parameters[parameter] = text
    else:
        options.values[name[2:]] = value


def suggest(name: str, known: list[str]) -> str:
    """``; did you mean '…'?`` or nothing."""
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def _suggest(name: str) -> str:
    return suggest(name, [*VALUED, *FLAGS])
