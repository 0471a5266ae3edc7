from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.hooks.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def scene(tmp_path: Path) -> Callable[..., Scene]:
    """Makes a bundle whose hooks note what they are told in one file."""
    return lambda *steps, **more: Scene(tmp_path, *steps, **more)
