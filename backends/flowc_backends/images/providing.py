"""Everything about images that must be true before a build is written: there, tried, pushed.

When nothing changed, the one call that lists the images is all that the daemon is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.errors import BackendError
from flowc_backends.images import building, checking
from flowc_backends.images.daemon import DaemonError
from flowc_backends.images.references import split_reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowc.registry import (
        BuildOptions,
        Emission,
        EmitOptions,
        ImageBuild,
        ImageUse,
        Reporter,
    )
    from flowc_backends.images.daemon import Daemon, Listed


def provide(
    engine: Daemon,
    emission: Emission,
    asked: EmitOptions,
    options: BuildOptions,
    reporter: Reporter,
) -> None:
    """Build what is missing, try what is new, push what the registry has not.

    Raises BackendError for a build that fails, an image that cannot run its steps, a registry that
    refuses.
    """
    built = {image.tag for image in emission.images}
    names = [*built, *(use.reference for use in emission.uses)]
    there = engine.list_images(names, map(_repository, built) if asked.registry else ())
    building.build_missing(engine, emission.images, there, options, reporter)
    for use in emission.uses:
        image = there.get(use.reference)
        if image is not None and checking.has_passed(image.id, use, asked):
            continue
        if use.reference not in built and not _is_here(engine, use, asked, options, reporter):
            continue
        reporter.note(f"trying image {use.reference}")
        id_ = str(engine.inspect_image(use.reference)["Id"])
        checking.check(engine, id_, use, asked)
    if asked.registry:
        _push(engine, emission.images, there, reporter)


def _is_here(
    engine: Daemon, use: ImageUse, asked: EmitOptions, options: BuildOptions, reporter: Reporter
) -> bool:
    """Whether an image that flowc did not build can be tried; with trust it need not be."""
    try:
        building.ensure_image(engine, use.reference, reporter, asked.platform)
    except BackendError as error:
        if options.trust_image:
            reporter.note(f"image {use.reference} is not on this machine: it is trusted")
            return False
        raise BackendError(
            error.message, hint=f"{error.hint}; or trust it as it is: --trust-image"
        ) from error
    return True


def _push(
    engine: Daemon, images: Sequence[ImageBuild], there: dict[str, Listed], reporter: Reporter
) -> None:
    for image in images:
        repository = _repository(image.tag)
        known = there.get(image.tag)
        if known is not None and repository in known.repositories:
            continue
        reporter.note(f"pushing image {image.tag}")
        try:
            engine.push(image.tag)
        except DaemonError as error:
            host = repository.partition("/")[0]
            raise BackendError(
                error.message,
                hint=f"`docker login {host}` with an account that may push to {repository}",
            ) from error


def _repository(tag: str) -> str:
    return split_reference(tag)[0]
