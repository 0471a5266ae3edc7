"""What imports change that the step's own module does not import is not seen by the step."""

from __future__ import annotations

import os

from flowc import pipeline

from . import plugins  # noqa: TID252 - found wherever the case is copied to
from .steps import look  # noqa: TID252 - the same

os.environ["LEFT_BY_IMPORT"] = plugins.__name__


@pipeline
def imports_elsewhere() -> None:
    look()
