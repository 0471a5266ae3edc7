"""Names of images, as people write them."""

from __future__ import annotations

DOCKER_HUB = "docker.io"


def split_reference(reference: str) -> tuple[str, str]:
    """Repository and tag or digest; a port is not a tag."""
    if "@" in reference:
        repository, _, digest = reference.partition("@")
        return repository, digest
    head, colon, tag = reference.rpartition(":")
    if not colon or "/" in tag:
        return reference, "latest"
    return head, tag


def registry_of(repository: str) -> str:
    """The host that a repository is kept on: Docker Hub where its name begins with none."""
    first, slash, _ = repository.partition("/")
    names_host = slash and (first == "localhost" or "." in first or ":" in first)
    return first if names_host else DOCKER_HUB


def familiar(repository: str) -> str:
    """A repository as Docker's daemon shows it: Docker Hub and its ``library/`` left out."""
    host, _, rest = repository.partition("/")
    return rest.removeprefix("library/") if host in {DOCKER_HUB, "index.docker.io"} else repository
