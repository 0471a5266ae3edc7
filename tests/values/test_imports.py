"""Each case is a module of the author's, run in a process where nothing is installed."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from flowc_runtime import imports
from tests.interpreters import interpreters

if TYPE_CHECKING:
    from pathlib import Path

RUNTIME = str(imports.__file__).rpartition("/flowc_runtime/")[0]

START = f"""\
import sys
sys.path[:0] = [{RUNTIME!r}, sys.argv[1]]
from flowc_runtime import imports
imports.install("train", "team/train:1", {{"author"}})
from author import module
"""

LACKS = "is not installed in this image; add it to settings="


def run(folder: Path, module: str, then: str, python: str = sys.executable) -> str:
    """What is printed by ``then`` after the module was imported; or the last line of its error."""
    package = folder / "author"
    package.mkdir(exist_ok=True)
    (package / "__init__.py").touch()
    (package / "module.py").write_text(textwrap.dedent(module))
    done = subprocess.run(
        [python, "-I", "-S", "-c", START + textwrap.dedent(then), str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    return (done.stdout or done.stderr.strip().rpartition("\n")[2]).strip()


MODULE = """
    from __future__ import annotations
    import typing
    import torch
    import torch.nn as nn
    import torch.optim.lr
    from torch import Tensor, nn as same
    from torch.nn import functional as F
    from requests.exceptions import RequestException
    import google.cloud.storage
    DEVICE = torch.device("cpu")
    SCALES = [torch.scale(x) * 2 for x in range(2)]
    torch.backends.cudnn.benchmark = True

    class Net(nn.Module, flag=True):
        layer = nn.Parameter(3)
    class Table(nn.Table, dict): pass
    class Refused(RequestException): pass
    class Options(typing.NamedTuple):
        tensor: torch.Tensor | None = torch.float32

    @torch.no_grad()
    def predict(x: torch.Tensor): return 1
    @torch.jit.script
    def fast(a, b=1):
        "Fast."
        return 1

    Alias = typing.Optional[torch.Tensor]
    Either = int | torch.Tensor
    Other = torch.Tensor | None
    Many = dict[str, list[torch.Tensor]]
    Typed = F.Array[torch.float32]

    def checks(x):
        return [isinstance(x, t) for t in (torch.Tensor, (str, torch.Tensor), Either)]
    def caught():
        try:
            raise ValueError
        except RequestException:
            return "request"
        except (torch.cuda.OutOfMemoryError, KeyError):
            return "memory"
        except ValueError:
            return "value"
    def late():
        import torch
    def late_class():
        class Inner:
            import torch
"""


@pytest.mark.parametrize("version", interpreters())
def test_a_module_whose_imports_are_missing_can_be_imported(version: str, tmp_path: Path) -> None:
    then = """
        print(module.checks(1), module.caught(), issubclass(module.Net, module.nn.Module))
        import inspect
        print(inspect.signature(module.fast), module.fast.__doc__, module.fast.__name__)
        print(module.same is module.nn is module.torch.nn)
        print("torch" in sys.modules, "requests" in sys.modules)
    """
    printed = run(tmp_path, MODULE, then, interpreters()[version])
    assert printed.splitlines() == [
        "[False, False, True] value True",
        "(a, b=1) Fast. fast",
        "True",
        "False False",
    ]


@pytest.mark.parametrize(
    ("use", "named", "distribution"),
    [
        ("module.torch.load('x')", "torch.load", "torch"),
        ("module.nn.Linear(1, 2)", "torch.nn.Linear", "torch"),
        ("module.Net()", "torch.nn.Module", "torch"),
        ("module.Table()", "torch.nn.Table", "torch"),
        ("module.predict(1)", "torch.no_grad(...)", "torch"),
        ("module.fast(1)", "torch.jit.script", "torch"),
        ("module.DEVICE.type", "torch.device(...).type", "torch"),
        ("module.DEVICE + 1", "torch.device(...) + ...", "torch"),
        ("1 / module.DEVICE", "torch.device(...) / ...", "torch"),
        ("-module.DEVICE", "torch.device(...) neg ...", "torch"),
        ("module.DEVICE < 1", "torch.device(...) lt ...", "torch"),
        ("list(module.torch.devices)", "torch.devices", "torch"),
        ("bool(module.DEVICE)", "torch.device(...)", "torch"),
        ("len(module.SCALES[0])", "torch.scale(...) * ...", "torch"),
        ("module.DEVICE['a']", "torch.device(...)", "torch"),
        ("module.torch.seed.x == 1 or module.torch.seed()", "torch.seed", "torch"),
        ("setattr(module.torch, 'seed', 1)", "torch.seed", "torch"),
        ("module.Refused()", "requests.exceptions.RequestException", "requests"),
        ("module.google.cloud.storage.Client()", "google.cloud.storage.Client",
         "google-cloud-storage"),
        ("__import__('pickle').dumps(module.torch.x)", "torch.x", "torch"),
    ],
)  # fmt: skip
def test_the_first_real_use_names_step_image_and_distribution(
    use: str, named: str, distribution: str, tmp_path: Path
) -> None:
    assert run(tmp_path, MODULE, f"def use(): {use}\nuse()").startswith(
        "flowc_runtime.imports.MissingDependency: step 'train' (image 'team/train:1') uses "
        f"'{named}', but the distribution '{distribution}' {LACKS}"
    )


@pytest.mark.parametrize("use", ["module.late()", "module.late_class()"])
def test_imports_inside_functions_fail_as_usual(use: str, tmp_path: Path) -> None:
    assert run(tmp_path, MODULE, use) == "ModuleNotFoundError: No module named 'torch'"


GUARDED = """
    import contextlib
    try:
        import fast_json
        found = 1
    except ImportError:
        found = 2
    try:
        if True:
            import a
            try:
                from b import c
            finally:
                pass
    except (KeyError, Exception):
        found += 10
    with contextlib.suppress(ImportError):
        import d
        found += 1000
    class Errors:
        missing = ModuleNotFoundError
    try:
        import e
    except Errors.missing:
        found += 100
"""


@pytest.mark.parametrize("version", interpreters())
def test_a_guarded_import_still_fails(version: str, tmp_path: Path) -> None:
    assert run(tmp_path, GUARDED, "print(module.found)", interpreters()[version]) == "112"


UNGUARDED = """
    try:
        import tomllib_of_the_past
    except ImportError:
        import tomli as toml
    try:
        import a
    except ValueError:
        pass
    try:
        import b
    finally:
        c = 1
    try:
        pass
    except ImportError:
        pass
    else:
        import d
"""


def test_only_the_body_of_a_try_is_guarded(tmp_path: Path) -> None:
    then = "print(*(type(getattr(module, name)).__name__ for name in ('toml', 'a', 'b', 'd')))"
    assert set(run(tmp_path, UNGUARDED, then).split()) == {"Placeholder"}


@pytest.mark.parametrize(
    "statement",
    [
        "import author.missing",
        "from author.missing import x",
        "from . import missing",
        "import winreg",
        "from torch import *",
        "import json.missing",
        "import importlib; importlib.import_module('torch')",
        "import importlib.util as u; assert u.find_spec('torch') is None; import json.nothing",
        "exec('import torch')",
    ],
)
def test_other_missing_imports_fail_as_usual(statement: str, tmp_path: Path) -> None:
    error = run(tmp_path, f"\n    {statement}\n", "print('imported')")
    assert error.startswith(("ModuleNotFoundError", "ImportError"))


def test_libraries_see_that_an_optional_library_is_missing(tmp_path: Path) -> None:
    (tmp_path / "library.py").write_text(
        "import sys, importlib.util\n"
        "try:\n"
        "    import torch\n"
        "except ImportError:\n"
        "    torch = None\n"
        "def probe():\n"
        "    return torch, 'torch' in sys.modules, importlib.util.find_spec('torch')\n"
    )
    module = "\n    import torch\n    import library\n    import torch.nn\n"
    assert run(tmp_path, module, "print(*module.library.probe())") == "None False None"


def test_what_a_present_library_lacks_is_reported_as_usual(tmp_path: Path) -> None:
    (tmp_path / "library.py").write_text("import pandas\n")
    error = run(tmp_path, "\n    import library\n", "")
    assert error == "ModuleNotFoundError: No module named 'pandas'"


def test_a_part_that_an_installed_library_never_had_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "library.py").touch()
    error = run(tmp_path, "\n    import library.part\n", "")
    assert error.startswith("ModuleNotFoundError: No module named 'library.part'")


def test_a_missing_part_of_a_shared_namespace_is_a_placeholder(tmp_path: Path) -> None:
    (tmp_path / "google" / "protobuf").mkdir(parents=True)
    (tmp_path / "google" / "protobuf" / "__init__.py").write_text("here = 1\n")
    module = """
        import google.protobuf
        import google.cloud.storage
        from google.cloud import bigquery
        from google import protobuf, auth
        def use():
            return google.cloud.storage.Client()
    """
    then = "print(module.google.protobuf.here, module.protobuf.here)"
    assert run(tmp_path, module, then) == "1 1"
    assert "'google-auth'" in run(tmp_path, module, "module.auth.default()")
    assert "'google-cloud-storage'" in run(tmp_path, module, "module.use()")
    assert "'google-cloud-bigquery'" in run(tmp_path, module, "module.bigquery.Client()")


def test_first_party_modules_share_one_placeholder(tmp_path: Path) -> None:
    (tmp_path / "author").mkdir()
    (tmp_path / "author" / "other.py").write_text("import torch\n")
    module = "\n    import torch\n    from author import other\n"
    assert run(tmp_path, module, "print(module.other.torch is module.torch)") == "True"


@pytest.mark.parametrize(
    ("module", "distribution"),
    [
        ("sklearn.tree", "scikit-learn"),
        ("cv2", "opencv-python"),
        ("PIL.Image", "pillow"),
        ("yaml", "pyyaml"),
        ("google.cloud.storage.blob", "google-cloud-storage"),
        ("google.protobuf", "protobuf"),
        ("google.cloud.pubsub", "google-cloud-pubsub"),
        ("pytorch_lightning", "pytorch-lightning"),
        ("polars", "polars"),
    ],
)
def test_distributions_are_known_by_their_own_names(module: str, distribution: str) -> None:
    assert imports.distribution_of(module) == distribution
