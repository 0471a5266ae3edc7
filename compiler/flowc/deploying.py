"""What is deployed, and what a backend does for that."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowc.registry import Reporter
    from flowc_runtime.contract import ParameterSpec

MANIFEST = "manifest.json"
IR = "ir.json"
RECORD = "build.json"

IMAGES = "images/"
"""The contexts of images, which an engine never sees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What was compiled, and is as it was then: a build directory, or what an engine has of one.

    ``name`` is what people call it: its folder, or the place where it is deployed. ``manifest`` is
    what it says of itself. ``files`` are what an engine gets of it, with the manifest, without the
    contexts of images.
    """

    name: str
    manifest: Mapping[str, Any]
    files: Mapping[str, bytes]

    @property
    def target(self) -> str:
        return str(self.manifest["target"])

    @property
    def pipeline(self) -> str:
        return str(self.manifest["pipeline"])

    @property
    def source(self) -> str:
        return str(self.manifest["source"])

    @property
    def digest(self) -> str:
        """Two builds with the same digest are the same deployment."""
        digests: Mapping[str, str] = self.manifest["files"]
        names = sorted(name for name in digests if not name.startswith(IMAGES))
        text = "".join(f"{name}\0{digests[name]}\n" for name in names)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def parameters(self) -> Mapping[str, ParameterSpec]:
        """Those that can be given when a run starts."""
        found: Mapping[str, ParameterSpec] = self.manifest["signature"]
        return found

    @property
    def bound(self) -> frozenset[str]:
        """The parameters that can no longer be given."""
        return frozenset(self.manifest["parameters"].keys() - self.parameters.keys())

    @property
    def record(self) -> Mapping[str, bytes]:
        """The files that tell what was compiled. No engine needs them: they are kept where it
        keeps things so that the next build can be compared with this one.
        """
        return {name: self.files[name] for name in (MANIFEST, IR, RECORD) if name in self.files}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployOptions:
    """Where a build is deployed to, and how; a backend names those that it takes.

    ``to`` is a place for files or a namespace, ``url`` the engine's API. ``timeout`` is how many
    seconds the engine has to take the build, None for as many as its backend thinks right.
    """

    to: str = ""
    url: str = ""
    unpause: bool = False
    work_pool: str = ""
    create_work_pool: bool = False
    timeout: float | None = None


Change = Literal["created", "updated", "unchanged", "removed", "absent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What a deployment changed: ``name`` is the engine's for it, ``where`` the place for people.

    ``absent`` is what was to be removed and was not there.
    """

    name: str
    where: str
    change: Change
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """What is deployed of a pipeline, and ``where``, for people.

    ``files`` are those of its build that are kept there, `Build.record` among them, or none where
    no such thing is kept. ``digest`` is how its build's digest begins, empty where nobody knows.
    """

    where: str
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRunStatus:
    """How a run stands, in the engine's own words; ``tasks`` are those that have a state."""

    state: str
    ended: bool
    completed: bool
    tasks: Mapping[str, str]


class Deployer(Protocol):
    """Talks to an engine. What goes wrong leaves the earlier deployment as it was.

    ``find`` tells what is deployed of the build's pipeline, None where nothing is. ``trigger``
    takes JSON texts and returns the run's unique name, from which its id is derived; ``follow``
    tells how that run stands, each time that it is asked for the next.
    """

    def deploy(self, build: Build, options: DeployOptions, reporter: Reporter) -> Deployment: ...
    def undeploy(self, build: Build, options: DeployOptions, reporter: Reporter) -> Deployment: ...
    def find(self, build: Build, options: DeployOptions) -> Deployed | None: ...
    def trigger(
        self, build: Build, options: DeployOptions, parameters: Mapping[str, str]
    ) -> str: ...
    def follow(self, options: DeployOptions, engine_run: str) -> Iterator[EngineRunStatus]: ...


@runtime_checkable
class DeployingBackend(Protocol):
    """A target that flowc can deploy to.

    ``deploy_options`` are the names of the `DeployOptions` that mean something to it.
    ``deployer`` is a module, or anything else with its functions, that is imported when it is
    called: what talks to a server is nothing that a compilation needs.
    """

    name: str
    deploy_options: frozenset[str]

    def deployer(self) -> Deployer: ...
