"""Everything about images that must be true before a build is written: there, tried, pushed.

When nothing changed, a glance at the images is all that the daemon is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.errors import BackendError
from flowc_backends.images import building, checking, glance
from flowc_backends.images.daemon import DaemonError
from flowc_backends.images.references import familiar, registry_of, split_reference

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
    from flowc_backends.images.daemon import Daemon, Found


def is_provided(emission: Emission, asked: EmitOptions) -> bool:
    """Whether a glance tells that there is nothing to do."""
    there = glance.find_images(_references(emission))
    return (
        there is not None
        and all(image.tag in there for image in emission.images)
        and all(_has_passed(use, there, asked) for use in emission.uses)
        and not (asked.registry and _unpushed(emission.images, there))
    )


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
    there = engine.find_images(_references(emission))
    building.build_missing(engine, emission.images, there, options, reporter)
    for use in emission.uses:
        if _has_passed(use, there, asked):
            continue
        if use.reference not in built and not _is_here(engine, use, asked, options, reporter):
            continue
        reporter.note(f"trying image {use.reference}")
        id_ = str(engine.inspect_image(use.reference)["Id"])
        checking.check(engine, id_, use, asked)
    if asked.registry:
        _push(engine, _unpushed(emission.images, there), reporter)


def _references(emission: Emission) -> list[str]:
    built = [image.tag for image in emission.images]
    return [*built, *(use.reference for use in emission.uses)]


def _has_passed(use: ImageUse, there: dict[str, Found], asked: EmitOptions) -> bool:
    image = there.get(use.reference)
    return image is not None and checking.has_passed(image.id, use, asked)


def _unpushed(images: Sequence[ImageBuild], there: dict[str, Found]) -> list[ImageBuild]:
    return [
        image
        for image in images
        if image.tag not in there
        or familiar(_repository(image.tag)) not in there[image.tag].repositories
    ]


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


def _push(engine: Daemon, images: Sequence[ImageBuild], reporter: Reporter) -> None:
    for image in images:
        repository = _repository(image.tag)
        host = registry_of(repository)
        reporter.note(f"pushing image {image.tag}")
        try:
            engine.push(image.tag)
        except DaemonError as error:
            raise BackendError(
                error.message,
                hint=f"`docker login {host}` with an account that may push to {repository}",
            ) from error


def _repository(tag: str) -> str:
    return split_reference(tag)[0]
