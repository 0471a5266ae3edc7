"""Docker's daemon as flowc uses it: few calls, typed, and every failure one of flowc's errors.

The `docker` package is imported when a daemon is first asked for something.
"""

from __future__ import annotations

import io
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from flowc.errors import BackendError, EngineUnavailable, missing_extra
from flowc_backends.images.references import split_reference

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

T = TypeVar("T")

NOT_FOUND, CONFLICT = 404, 409

CONNECT_TIMEOUT = 15
"""Seconds until a daemon that does not answer is given up."""

CALL_TIMEOUT = 900
"""Seconds for one call; committing a layer of some gigabytes takes minutes."""


class DaemonError(BackendError):
    """The daemon answered and refused; ``status`` is its HTTP status."""

    def __init__(self, message: str, *, status: int = 0, hint: str = "") -> None:
        self.status = status
        super().__init__(message, hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """What a container is created from.

    ``mounts`` are (path on the daemon's host, path inside, read-only). ``scratch`` is a path
    inside whose contents live and die with the container and never enter an image. ``host`` is
    more of the daemon's HostConfig.
    """

    image: str
    command: Sequence[str]
    name: str = ""
    user: str = ""
    environment: Mapping[str, str]
    labels: Mapping[str, str]
    mounts: Sequence[tuple[str, str, bool]] = ()
    scratch: str = ""
    entrypoint: bool = False
    host: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An image that the daemon has. ``repositories`` of registries are known to have it, since it
    was pushed there or pulled from there.
    """

    id: str
    repositories: frozenset[str]


class Daemon:
    """One daemon. Safe to share between threads."""

    def __init__(self, api: Any) -> None:
        self._api = api

    def image_ids(self, references: Iterable[str]) -> dict[str, str]:
        """Which of these images are there, and their ids."""
        return {name: image.id for name, image in self.find_images(references).items()}

    def find_images(self, references: Iterable[str]) -> dict[str, Found]:
        """Which of these images are there, named in any of the ways the daemon understands.

        Each is asked for by its name: a list takes longer, the longer the more images there are.
        """
        return {
            name: found_image(known)
            for name in dict.fromkeys(references)
            if (known := self._inspect_image(name)) is not None
        }

    def has_image(self, image: str) -> bool:
        """Whether an image is there, named in any of the ways the daemon understands."""
        return self._inspect_image(image) is not None

    def _inspect_image(self, image: str) -> dict[str, Any] | None:
        try:
            return self.inspect_image(image)
        except DaemonError as error:
            if error.status == NOT_FOUND:
                return None
            raise

    def inspect_image(self, image: str) -> dict[str, Any]:
        """What the daemon knows about an image: ``Id``, ``Config``, ``Architecture`` …"""
        with _translated(f"inspect image '{image}'"):
            known: dict[str, Any] = self._api.inspect_image(image)
        return known

    def platform(self, image: str) -> str:
        """``linux/arm64``, as people write it."""
        known = self.inspect_image(image)
        return f"{known['Os']}/{known['Architecture']}"

    def pull(self, image: str, platform: str = "") -> None:
        repository, tag = split_reference(image)
        options = {"tag": tag, "platform": platform or None, "stream": True, "decode": True}
        self._transfer("pull", image, self._api.pull, repository, options)

    def push(self, image: str) -> None:
        """Push an image to the registry of its name, as whom `docker login` has logged in."""
        repository, tag = split_reference(image)
        options = {"tag": tag, "stream": True, "decode": True}
        self._transfer("push", image, self._api.push, repository, options)

    def _transfer(
        self, verb: str, image: str, call: Any, repository: str, options: Mapping[str, Any]
    ) -> None:
        with _translated(f"{verb} image '{image}'"):
            for event in call(repository, **options):
                if "error" in event:
                    raise DaemonError(f"cannot {verb} image '{image}': {event['error'].strip()}")

    def build(
        self, context: bytes, tag: str, arguments: Mapping[str, str], platform: str = ""
    ) -> Iterator[dict[str, Any]]:
        """The daemon's own account of a build, event by event."""
        with _translated(f"build image '{tag}'"):
            yield from self._api.build(
                fileobj=io.BytesIO(context),
                custom_context=True,
                tag=tag or None,
                rm=True,
                forcerm=True,
                decode=True,
                buildargs=dict(arguments),
                platform=platform or None,
            )

    def create(self, container: Container) -> str:
        """A new container's id; it is not started."""
        config: dict[str, Any] = {
            "Image": container.image,
            "Cmd": list(container.command),
            "Env": [f"{name}={value}" for name, value in container.environment.items()],
            "Labels": dict(container.labels),
            "AttachStdout": True,
            "AttachStderr": True,
            "HostConfig": {
                "Init": True,
                **container.host,
                "Mounts": [*_mounts(container), *container.host.get("Mounts", ())],
            },
        }
        if container.user:
            config["User"] = container.user
        if not container.entrypoint:
            config["Entrypoint"] = []
        with _translated(f"create a container of image '{container.image}'"):
            made = self._api.create_container_from_config(config, container.name or None)
        return str(made["Id"])

    def attach(self, container: str) -> Iterator[tuple[bytes | None, bytes | None]]:
        """Standard output and error of a container, from its first byte to its end.

        Attach before the start: nothing is lost then.
        """
        action = "read a container's output"
        with _translated(action):
            stream = self._api.attach(container, stream=True, demux=True)
        return _closing(_guarded(action, stream), stream)

    def start(self, container: str) -> None:
        with _translated("start a container"):
            self._api.start(container)

    def wait(self, container: str) -> int:
        with _translated("wait for a container"):
            return int(self._api.wait(container, timeout=None)["StatusCode"])

    def state(self, container: str) -> dict[str, Any]:
        with _translated("inspect a container"):
            state: dict[str, Any] = self._api.inspect_container(container)["State"]
        return state

    def stop(self, container: str, seconds: int) -> None:
        """SIGTERM, and SIGKILL after ``seconds``; a container that is gone has stopped."""
        with _translated("stop a container"), _unless_gone():
            self._api.stop(container, timeout=seconds)

    def remove(self, container: str) -> None:
        """Remove a container with its anonymous volumes, running or not, there or not."""
        with _translated("remove a container"), _unless_gone():
            self._api.remove_container(container, v=True, force=True)

    def put(self, container: str, path: str, archive: bytes | BinaryIO) -> None:
        with _translated("copy files into a container"):
            self._api.put_archive(container, path, archive)

    def fetch(self, container: str, path: str) -> Iterator[bytes]:
        """A tar archive of ``path`` inside a container."""
        action = f"copy {path} out of a container"
        with _translated(action):
            chunks: Iterator[bytes] = self._api.get_archive(container, path)[0]
        return _guarded(action, chunks)

    def commit(self, container: str, image: str, config: Mapping[str, Any]) -> str:
        """A new image of what a container wrote; without a name it has its id alone."""
        repository, tag = split_reference(image) if image else (None, None)
        with _translated(f"commit image '{image}'"):
            made = self._api.commit(container, repository=repository, tag=tag, conf=dict(config))
        return str(made["Id"])

    def labelled(self, label: str) -> list[str]:
        """The ids of all containers with this label, running or not."""
        with _translated("list containers"):
            rows = self._api.containers(all=True, quiet=True, filters={"label": label})
        return [str(row["Id"]) for row in rows]


@contextmanager
def connect(connections: int = 10) -> Generator[Daemon]:
    """The daemon of DOCKER_HOST or of the current Docker context.

    Raises BackendError without the `docker` package, EngineUnavailable when no daemon answers.
    """
    try:
        import docker
        import docker.errors
    except ImportError:
        raise missing_extra("docker", "docker") from None
    import requests

    try:
        client: Any = docker.from_env(timeout=CONNECT_TIMEOUT, max_pool_size=connections)
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise _unavailable(error) from error
    api: Any = client.api
    api.timeout = CALL_TIMEOUT
    try:
        yield Daemon(api)
    finally:
        client.close()


def found_image(known: Mapping[str, Any]) -> Found:
    """What the daemon says of an image, in short."""
    digests: list[str] = known.get("RepoDigests") or []
    repositories = frozenset(split_reference(digest)[0] for digest in digests)
    return Found(id=str(known["Id"]), repositories=repositories)


def _mounts(container: Container) -> list[dict[str, Any]]:
    mounts: list[dict[str, Any]] = [
        {"Type": "bind", "Source": source, "Target": target, "ReadOnly": read_only}
        for source, target, read_only in container.mounts
    ]
    if container.scratch:
        mounts.append({"Type": "volume", "Target": container.scratch})
    return mounts


def _endpoint() -> str:
    return os.environ.get("DOCKER_HOST") or "the default socket"


def _unavailable(error: Exception) -> EngineUnavailable:
    text = str(error)
    if "Permission denied" in text:
        why, hint = "permission denied", "add yourself to the group 'docker' and log in again"
    elif "No such file" in text:
        why, hint = "no such socket", "start Docker, or set DOCKER_HOST to a daemon that runs"
    else:
        why = "connection refused" if "Connection refused" in text else text.splitlines()[0]
        hint = "start Docker, or set DOCKER_HOST to a daemon that runs; `docker version` must work"
    return EngineUnavailable(f"Docker's daemon does not answer at {_endpoint()}: {why}", hint=hint)


def _guarded(action: str, items: Iterator[T]) -> Iterator[T]:
    with _translated(action):
        yield from items


def _closing(items: Iterator[T], stream: Any) -> Iterator[T]:
    """A stream's socket belongs to no pool: it is closed here or not at all."""
    try:
        yield from items
    finally:
        # Its own `close` shuts the socket down and leaves the file open.
        stream._response.close()  # noqa: SLF001


@contextmanager
def _translated(action: str) -> Generator[None]:
    import docker.errors
    import requests

    try:
        yield
    except docker.errors.APIError as error:
        status = int(error.status_code or 0)
        text = str(error.explanation or error).strip()
        raise DaemonError(f"cannot {action}: {text}", status=status) from error
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        raise EngineUnavailable(
            f"cannot {action}: the connection to Docker's daemon at {_endpoint()} failed: {error}",
            hint="`docker version` must work; its log says why it stopped answering",
        ) from error


@contextmanager
def _unless_gone() -> Generator[None]:
    import docker.errors

    try:
        yield
    except docker.errors.NotFound:
        return
    except docker.errors.APIError as error:
        # Somebody else, or the daemon itself, is removing it at this moment.
        if error.status_code != CONFLICT:
            raise
