"""The child of an attempt in an interpreter of its own: see `spawning`."""

from __future__ import annotations

import json
import os
import sys

from flowc_runtime import child


def main() -> None:
    """Arguments: the parent's ``sys.path``, then the files of the job, the report, the output."""
    job, report, output = (int(text) for text in sys.argv[2:])
    with open(job, "rb") as file:
        document = json.load(file)
    for inherited in (report, output):
        os.set_inheritable(inherited, False)
    child.run(lambda: child.Job.from_json(document), report, output)
