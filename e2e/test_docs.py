"""The documents whose commands need a Docker daemon, with those commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from e2e.targets import CERTIFICATES
from tests.test_docs import DOCUMENTS, read_blocks, run_document

if TYPE_CHECKING:
    from pathlib import Path

NEEDY = [
    document
    for document in DOCUMENTS
    if any(block.notes.get("needs") == "docker" for block in read_blocks(document))
]


@pytest.mark.parametrize("document", NEEDY, ids=lambda path: path.name)
def test_document_does_what_it_says(
    document: Path, tmp_path: Path, base_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FLOWC_STORE", raising=False)
    monkeypatch.setenv("FLOWC_PARENT_IMAGE", base_image)
    monkeypatch.setenv("FLOWC_CA_BUNDLE", CERTIFICATES)
    run_document(document, tmp_path, {"docker"})
