"""Resources and placement of a step, as objects for ``settings``; dicts of the same keys do, too.

What they hold is checked with the step, whose line an error then names.
"""

from __future__ import annotations

from flowc.authoring.arguments import check_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


class Settings:
    """Settings as an object, which nobody changes."""

    __slots__: tuple[str, ...] = ()

    def as_settings(self) -> dict[str, Any]:
        """What was given, by its key."""
        given = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in given.items() if value is not None}

    def __setattr__(self, name: str, value: object) -> None:
        if hasattr(self, name):
            raise AttributeError(f"{type(self).__name__} cannot be changed")
        object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and other.as_settings() == self.as_settings()

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        parts = ", ".join(f"{name}={value!r}" for name, value in self.as_settings().items())
        return f"{type(self).__name__}({parts})"


class ResourceSettings(Settings):
    """What a step is promised, and at most gets: ``settings={"resources": ...}``.

    ``cpu_count`` may be a part of a core (0.5); ``memory`` is a number with a unit ("10GB",
    "512Mi"). ``gpu_type`` is the name of the resource in a cluster, ``nvidia.com/gpu`` by default.
    """

    __slots__ = ("cpu_count", "gpu_count", "gpu_type", "memory")

    @check_names()
    def __init__(
        self,
        *,
        cpu_count: float | None = None,
        gpu_count: int | None = None,
        gpu_type: str | None = None,
        memory: str | None = None,
    ) -> None:
        self.cpu_count = cpu_count
        self.gpu_count = gpu_count
        self.gpu_type = gpu_type
        self.memory = memory


class KubernetesSettings(Settings):
    """Where and how a step's pod runs: ``settings={"kubernetes": ...}``.

    A toleration has ``key``, ``operator``, ``value``, ``effect`` and ``toleration_seconds``. A
    volume has its ``path`` and one of ``pvc``, ``host_path``, ``config_map`` and ``empty_dir``.
    """

    __slots__ = (
        "annotations",
        "image_pull_policy",
        "image_pull_secrets",
        "labels",
        "node_selector",
        "service_account",
        "tolerations",
        "volumes",
    )

    @check_names()
    def __init__(  # noqa: PLR0913 - the settings, each by its name
        self,
        *,
        node_selector: Mapping[str, str] | None = None,
        tolerations: Sequence[Mapping[str, Any]] | None = None,
        volumes: Sequence[Mapping[str, Any]] | None = None,
        service_account: str | None = None,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        image_pull_secrets: Sequence[str] | None = None,
        image_pull_policy: str | None = None,
    ) -> None:
        self.node_selector = node_selector
        self.tolerations = tolerations
        self.volumes = volumes
        self.service_account = service_account
        self.labels = labels
        self.annotations = annotations
        self.image_pull_secrets = image_pull_secrets
        self.image_pull_policy = image_pull_policy
