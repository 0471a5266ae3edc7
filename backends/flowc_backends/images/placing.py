"""Which image each step runs in, and what the images that must be built are made of.

    step train   docker(requirements=["numpy==2.4.6"])        image ""
    ->
    step train   docker(requirements=["numpy==2.4.6"])        image "flowc/digits:5f0c…"

One image for each distinct set of settings. A tag is the digest of the whole build context, so it
needs no daemon, is the same on every machine, and an image that exists is never built again.
"""

from __future__ import annotations

import hashlib
import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from flowc.errors import AuthorError, FlowcError, raise_all
from flowc.registry import ImageBuild, ImageUse
from flowc_backends.images.dockerfile import (
    check_parent,
    render_dockerfile,
    requirements_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowc import ir
    from flowc.registry import EmitOptions
    from flowc_runtime.contract import PipelineSpec, StackSpec

DOCKERFILE = "Dockerfile"
REQUIREMENTS_FILE = "requirements.txt"
BUNDLE_FILE = "bundle.pyz"

CLIENT = "obstore>=0.4"
"""What an object store is reached with."""

ALERTS = {"apprise": "apprise>=1.9"}
"""What an alerter of each flavor posts with."""

_NO_STACK: StackSpec = {"name": "default", "components": {}, "active": {}}
_DISTRIBUTION = re.compile(r"[^A-Za-z0-9._-]")
_FOREIGN = re.compile(r"[^a-z0-9]+")


def place(
    pipeline: ir.Pipeline, options: EmitOptions
) -> tuple[ir.Pipeline, tuple[ImageBuild, ...]]:
    """The pipeline with every step's image set, and the images to build.

    With ``ship="image"`` each image holds the bundle and the declared environment. Otherwise the
    bundle reaches the container on another way: an image holds packages alone, and a step that
    asks for none runs in its parent image as it is.

    Raises AuthorError for settings of which no image can be made, all of them at once.
    """
    images: dict[ir.DockerSettings, str] = {}
    contexts: dict[str, Mapping[str, bytes]] = {}
    users: dict[str, list[str]] = {}
    errors: list[FlowcError] = []
    steps: list[ir.Step] = []
    for step in pipeline.steps:
        # Steps that ask for the same share one image.
        if step.docker not in images:
            settings = _image_settings(step.docker, options)
            try:
                images[step.docker] = _add_image(pipeline, step, settings, options, contexts)
            except AuthorError as error:
                errors.append(error)
                images[step.docker] = ""
        image = images[step.docker]
        users.setdefault(image, []).append(step.id)
        steps.append(replace(step, image=image))
    raise_all(errors)
    builds = tuple(
        ImageBuild(tag=tag, context=context, steps=tuple(users[tag]), platform=options.platform)
        for tag, context in contexts.items()
    )
    return replace(pipeline, body=replace(pipeline.body, nodes=tuple(steps))), builds


def uses(pipeline: ir.Pipeline, options: EmitOptions) -> tuple[ImageUse, ...]:
    """The images that the steps of a placed pipeline run in."""
    steps: dict[tuple[str, str, tuple[tuple[str, str], ...]], list[str]] = {}
    for step in pipeline.steps:
        given = () if options.ship == "image" else step.docker.environment
        steps.setdefault((step.image, step.docker.python, given), []).append(step.id)
    return tuple(
        ImageUse(reference=reference, python=python, steps=tuple(ids), environment=given)
        for (reference, python, given), ids in steps.items()
    )


def default_parent_image() -> str:
    """The official image of the Python that compiles."""
    return f"python:{sys.version_info.major}.{sys.version_info.minor}-slim"


def tag_of(
    pipeline: str, context: Mapping[str, bytes], registry: str = "", platform: str = ""
) -> str:
    """``flowc/<pipeline>:<digest>``, ``host/team/<pipeline>:<digest>-arm64``.

    The digest covers every path and byte of the context.
    """
    state = hashlib.sha256()
    for path in sorted(context):
        for part in (path.encode(), context[path]):
            state.update(f"{len(part)}:".encode())
            state.update(part)
    tag = "-".join(filter(None, (state.hexdigest()[:16], platform.rpartition("/")[2])))
    return f"{registry or 'flowc'}/{repository_name(pipeline)}:{tag}"


def repository_name(pipeline: str) -> str:
    """The pipeline's name in the letters that Docker takes: lower case, digits, dashes."""
    return _FOREIGN.sub("-", pipeline.lower()).strip("-")[:100].strip("-") or "pipeline"


def _image_settings(settings: ir.DockerSettings, options: EmitOptions) -> ir.DockerSettings:
    """The part of the settings that an image is made of, and what the stack needs in it.

    Without the bundle an image holds packages alone: the environment and the user are then given
    to each container.
    """
    bundle = options.ship == "image"
    settings = settings if bundle else replace(settings, environment=(), user="")
    alerts = _not_named(alert_requirements(options.spec), settings)
    # An image of somebody else's is not built anew for a store: it is looked at instead.
    built = bundle or bool(alerts) or asks_for_packages(settings)
    client = _not_named({CLIENT}, settings) if built and is_object_store(options.store) else ()
    return replace(settings, requirements=(*settings.requirements, *alerts, *client))


def is_object_store(uri: str) -> bool:
    return bool(uri) and not uri.startswith("file:")


def alert_requirements(spec: PipelineSpec) -> set[str]:
    """Distributions that the stack's alerters need."""
    alerters = spec.get("stack", _NO_STACK)["components"].get("alerter", {})
    return {ALERTS[document["flavor"]] for document in alerters.values()}


def _not_named(wanted: Iterable[str], settings: ir.DockerSettings) -> tuple[str, ...]:
    """What of it the author does not name."""
    named = {_DISTRIBUTION.split(line.strip(), maxsplit=1)[0] for line in settings.requirements}
    return tuple(sorted(line for line in wanted if _DISTRIBUTION.split(line)[0] not in named))


def _add_image(
    pipeline: ir.Pipeline,
    step: ir.Step,
    settings: ir.DockerSettings,
    options: EmitOptions,
    contexts: dict[str, Mapping[str, bytes]],
) -> str:
    where = str(step.location)
    parent = settings.parent_image or options.default_parent_image or default_parent_image()
    check_parent(parent, where)
    if settings.dockerfile and settings.parent_image:
        raise AuthorError(
            f"step '{step.id}' has both a parent_image and a dockerfile",
            where=where,
            hint="keep one: the dockerfile's own FROM line names its parent",
        )
    bundle = options.ship == "image"
    if not bundle and not asks_for_packages(settings):
        return parent
    labels = {"flowc.pipeline": pipeline.name}
    if options.platform:
        # Also so that the images of two platforms differ in more than their tags.
        labels["flowc.platform"] = options.platform
    if bundle:
        labels |= {"flowc.version": options.spec["flowc"], "flowc.bundle": options.bundle.digest}
    text = render_dockerfile(settings, parent=parent, labels=labels, bundle=bundle, where=where)
    context = {DOCKERFILE: text.encode()}
    if settings.requirements:
        context[REQUIREMENTS_FILE] = requirements_text(settings, where).encode()
    if bundle:
        context[BUNDLE_FILE] = options.bundle.data
    tag = tag_of(pipeline.name, context, options.registry, options.platform)
    contexts[tag] = context
    return tag


def asks_for_packages(settings: ir.DockerSettings) -> bool:
    return bool(settings.dockerfile or settings.requirements or settings.apt_packages)
