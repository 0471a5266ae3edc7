"""Starts flowc's runtime: this file is a bundle's ``__main__.py``.

Python compiles what it starts anew each time, so it is short. An unpacked copy beside the zip, in
a folder of the same name, is preferred: modules are found compiled there.
"""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def start() -> NoReturn:
    bundle = os.path.dirname(os.path.abspath(__file__))
    unpacked = bundle.removesuffix(".pyz")
    if os.path.isfile(os.path.join(unpacked, "pipeline.json")):
        bundle = unpacked
    sys.path[0] = bundle
    # Next to nothing becomes garbage here; where the author's code runs, it is collected.
    gc.disable()
    from flowc_runtime.entrypoint import main
    from flowc_runtime.leaving import leave

    leave(main(sys.argv[1:], bundle))


if __name__ == "__main__":
    if sys.version_info < (3, 10):  # noqa: UP036 - images are not ours
        sys.exit("flowc: a step needs Python 3.10 or newer, this is " + sys.version.split()[0])
    start()
