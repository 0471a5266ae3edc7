from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.client.store_builder import StoreBuilder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def built(tmp_path: Path) -> StoreBuilder:
    return StoreBuilder(tmp_path / "store")
