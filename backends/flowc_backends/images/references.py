"""Names of images, as people write them."""

from __future__ import annotations


def split_reference(reference: str) -> tuple[str, str]:
    """Repository and tag or digest; a port is not a tag."""
    if "@" in reference:
        repository, _, digest = reference.partition("@")
        return repository, digest
    head, colon, tag = reference.rpartition(":")
    if not colon or "/" in tag:
        return reference, "latest"
    return head, tag
