"""How bundle and store reach a container: mounted, or copied in and out for a remote daemon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from flowc.ir import Step

STORE = "/flowc/store"
"""Where a local store is, inside."""


class Delivery(Protocol):
    """What surrounds the start of a step's container."""

    @property
    def inside(self) -> str:
        """Where the unpacked bundle is, inside."""
        ...

    @property
    def store(self) -> str:
        """The store's URI as the container sees it."""
        ...

    @property
    def sees_records(self) -> bool:
        """Whether a running container sees what others write to the store."""
        ...

    @property
    def mounts(self) -> Sequence[tuple[str, str, bool]]: ...
    def bring(self, container: str, step: Step) -> None: ...
    def fetch(self, container: str, step: Step) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounted:
    """The daemon sees our files. ``folder`` is the local store's, None for one on the network."""

    bundle: Path
    inside: str
    folder: Path | None
    uri: str
    sees_records: bool = True

    @property
    def store(self) -> str:
        return self.uri if self.folder is None else f"file://{STORE}"

    @property
    def mounts(self) -> Sequence[tuple[str, str, bool]]:
        bundle = (str(self.bundle), self.inside, True)
        return (bundle,) if self.folder is None else (bundle, (str(self.folder), STORE, False))

    def bring(self, container: str, step: Step) -> None: ...
    def fetch(self, container: str, step: Step) -> None: ...
