"""Names of images, as people write them and as a daemon lists them."""

from __future__ import annotations


def full_name(reference: str) -> str:
    """The reference as the daemon lists it: ``docker.io/library/python`` is ``python:latest``."""
    for prefix in ("docker.io/", "library/"):
        reference = reference.removeprefix(prefix)
    if "@" in reference:
        return reference
    repository, tag = split_reference(reference)
    return f"{repository}:{tag}"


def split_reference(reference: str) -> tuple[str, str]:
    """Repository and tag or digest; a port is not a tag."""
    if "@" in reference:
        repository, _, digest = reference.partition("@")
        return repository, digest
    head, colon, tag = reference.rpartition(":")
    if not colon or "/" in tag:
        return reference, "latest"
    return head, tag
