"""The command line. It parses, calls the driver or the client, and prints; nothing more.

Exit status: 0 done; 1 the pipeline failed; 2 the request is wrong; 3 a bug in flowc; 130 Ctrl-C.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

__all__ = ["main", "script"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    from flowc.cli import frame

    return frame.run_command(arguments)


def script() -> NoReturn:
    """The command ``flowc``: runs the command line of this process, and ends it."""
    from flowc_runtime.leaving import leave

    leave(main())
