from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.trace.modules import reach

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
import a
if a:
    import b
elif not a:
    import c
else:
    import d
try:
    import e
except ImportError:
    import f
else:
    import g
finally:
    import h
match a:
    case 1:
        import i
for _ in ():
    import j
else:
    import k
while False:
    with open("x"):
        import l
class C:
    async def m(self):
        async with self:
            async for _ in self:
                from m import x
"""


def test_an_import_is_found_wherever_it_may_stand(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    for name in "abcdefghijklm":
        (tmp_path / f"{name}.py").touch()
    main = tmp_path / "main.py"
    main.write_text(SOURCE)
    assert list(reach({"main": str(main)})) == [*"abcdefghijklm", "main"]
