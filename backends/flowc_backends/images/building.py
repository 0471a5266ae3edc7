"""Builds images on a daemon: each once, and never again while its tag exists.

Two ways lead to the same image. The plain one hands the whole context to the daemon's builder.
When packages need something of this machine (wheels, or a certificate to trust), `installing.py`
installs them and only the second half of the Dockerfile is built: the daemon's builder has no
way to lend files to a build without keeping them in a layer.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

from flowc_backends.images import dockerfile
from flowc_backends.images.containers import archive
from flowc_backends.images.daemon import DaemonError
from flowc_backends.images.installing import install
from flowc_backends.images.job import TAIL, Job, clean, missing_image, proxies
from flowc_backends.images.placing import DOCKERFILE, REQUIREMENTS_FILE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from flowc.registry import BuildOptions, ImageBuild, Reporter
    from flowc_backends.images.daemon import Daemon

_CHATTER = re.compile(r" ---> |Removing intermediate container ")
_STEP = re.compile(r"^Step \d+/\d+ : (.*)")


def build(
    engine: Daemon, images: Sequence[ImageBuild], options: BuildOptions, reporter: Reporter
) -> None:
    """Build the images whose tags the daemon does not have.

    Raises BackendError for a build that fails.
    """
    there = engine.find_images(image.tag for image in images)
    build_missing(engine, images, there, options, reporter)


def build_missing(
    engine: Daemon,
    images: Sequence[ImageBuild],
    there: Collection[str],
    options: BuildOptions,
    reporter: Reporter,
) -> None:
    """Build the images whose tags are not ``there``."""
    for image in images:
        if image.tag not in there:
            _build_one(Job(engine=engine, image=image, options=options, reporter=reporter))


def ensure_image(engine: Daemon, image: str, reporter: Reporter, platform: str = "") -> None:
    """Pull an image that is not there, or not for the ``platform``.

    Raises BackendError when it cannot be pulled.
    """
    if engine.has_image(image) and (not platform or engine.platform(image) == platform):
        return
    reporter.note(f"pulling image {image}")
    try:
        engine.pull(image, platform)
    except DaemonError as error:
        why = error.message.removeprefix(f"cannot pull image '{image}': ")
        raise missing_image(image, why, platform) from error


def _build_one(job: Job) -> None:
    job.reporter.note(f"building image {job.image.tag} for {job.steps}")
    context = dict(job.image.context)
    head, commands, rest = dockerfile.halves(context[DOCKERFILE].decode())
    parent = dockerfile.parent_of(head)
    if parent is not None and job.image.platform:
        # The daemon's builder takes what is there, and sees too late what it is for.
        ensure_image(job.engine, parent, job.reporter, job.image.platform)
    if commands and (job.options.pip == "host" or job.options.ca_bundle):
        requirements = context.pop(REQUIREMENTS_FILE, b"")
        base = install(job, _base(job, head), commands, requirements)
        context[DOCKERFILE] = f"FROM {base}\n{rest}".encode()
    _stream(job, context, job.image.tag)


def _base(job: Job, head: str) -> str:
    """The image that packages are installed into."""
    parent = dockerfile.parent_of(head)
    if parent is None:
        return _stream(job, {DOCKERFILE: head.encode()}, "")
    ensure_image(job.engine, parent, job.reporter, job.image.platform)
    return parent


def _stream(job: Job, context: Mapping[str, bytes], tag: str) -> str:
    """Build one context; returns the image's id."""
    tail: deque[str] = deque(maxlen=TAIL)
    instruction, made = "", ""
    for event in job.engine.build(archive(context), tag, proxies(), job.image.platform):
        for line in _lines(event):
            step = _STEP.match(line)
            if not step:
                tail.append(line)
                continue
            tail.clear()
            instruction = " ".join(step[1].split())
            if instruction.startswith("RUN "):
                job.reporter.note(instruction)
        made = str(event.get("aux", {}).get("ID", made))
        if "error" in event:
            raise job.failed(instruction, tail, str(event["error"]))
    return made


def _lines(event: Mapping[str, object]) -> Iterator[str]:
    for line in str(event.get("stream") or event.get("status") or "").split("\n"):
        if clean(line).strip() and not _CHATTER.match(line):
            yield clean(line)
