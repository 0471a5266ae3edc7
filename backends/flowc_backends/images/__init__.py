"""Step images for every backend: which image a step runs in, and how it is built.

`place` needs no daemon and is cheap to import; building is imported when something is built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc_backends.images.dockerfile import BUNDLE, MAIN
from flowc_backends.images.placing import default_parent_image, place, uses

if TYPE_CHECKING:
    from flowc.registry import BuildOptions, Emission, EmitOptions, Reporter

__all__ = ["BUNDLE", "MAIN", "default_parent_image", "place", "provide", "uses"]


def provide(
    emission: Emission, asked: EmitOptions, options: BuildOptions, reporter: Reporter
) -> None:
    """Build the images that the daemon does not have, try those that are new, push them.

    Raises EngineUnavailable when no daemon answers, BackendError for what fails.
    """
    from flowc_backends.images import daemon, providing

    if not emission.uses or providing.is_provided(emission, asked):
        return
    with daemon.connect() as engine:
        providing.provide(engine, emission, asked, options, reporter)
