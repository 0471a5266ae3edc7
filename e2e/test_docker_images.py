"""Step images built by a real daemon: what they hold, what they do not, and what errors say."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from e2e.targets import CERTIFICATES
from flowc.driver import load_pipeline, run_pipeline
from flowc.driver.front import Front, prepare
from flowc.errors import BackendError
from flowc.registry import BuildOptions, EmitOptions, ImageBuild
from flowc_backends.images import building, daemon, place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flowc import ir

pytestmark = pytest.mark.usefixtures("docker_engine")

SOURCE = """\
from flowc import pipeline, step

@step(settings={"docker": SETTINGS})
def train() -> int:
    return 1

@pipeline
def built():
    train()
"""

DERIVED = "flowc.e2e=derived"

TOUGH = {
    "DOLLAR": "$HOME ${HOME} $$ \\$x",
    "QUOTES": 'it\'s "quoted" `x`',
    "BACKSLASH": "C:\\temp\\new\\",
    "SPACES": "  a  b\t ",
    "HASH": "# no comment",
    "UNICODE": "héllo 🎈",
    "EMPTY": "",
}


@dataclass
class Notes:
    """A reporter that keeps what it is told."""

    told: list[str] = field(default_factory=list[str])

    def run_started(self, run: str, steps: list[str]) -> None: ...
    def step_started(self, step: str) -> None: ...
    def step_log(self, step: str, line: str) -> None: ...
    def step_finished(self, step: str, status: str, seconds: float, detail: str) -> None: ...
    def note(self, text: str) -> None:
        self.told.append(text)


def build(images: Sequence[ImageBuild], options: BuildOptions, notes: Notes) -> None:
    with daemon.connect() as engine:
        building.build(engine, images, options, notes)


@dataclass
class Workshop:
    """Builds the image of one step, and takes it away in the end."""

    folder: Path
    parent: str
    tags: list[str] = field(default_factory=list[str])

    def front(self, **settings: Any) -> Front:
        (self.folder / "pyproject.toml").touch()
        file = self.folder / "built.py"
        file.write_text(f"SETTINGS = {settings!r}\n{SOURCE}", encoding="utf-8")
        return prepare(load_pipeline(str(file)))

    def plan(self, front: Front) -> tuple[ir.Step, ImageBuild]:
        emit = EmitOptions(
            bundle=front.bundle,
            spec=front.spec,
            store="file:///flowc/store",
            default_parent_image=self.parent,
        )
        placed, [image] = place(front.pipeline, emit)
        self.tags.append(image.tag)
        return placed.steps[0], image

    def build(self, options: BuildOptions | None = None, **settings: Any) -> tuple[str, Notes]:
        _, image = self.plan(self.front(**settings))
        notes = Notes()
        build((image,), options or BuildOptions(), notes)
        return image.tag, notes

    def derive(self, *lines: str) -> str:
        """An image of our own, with the parent below it."""
        tag = f"flowc-e2e/derived:{len(self.tags)}"
        text = "\n".join((f"FROM {self.parent}", f"LABEL {DERIVED}", *lines))
        command = ["docker", "build", "--quiet", "--tag", tag, "-"]
        subprocess.run(command, input=text, text=True, check=True, capture_output=True)
        self.tags.append(tag)
        return tag


@pytest.fixture
def workshop(tmp_path: Path, base_image: str) -> Iterator[Workshop]:
    made = Workshop(tmp_path, base_image)
    yield made
    # What was installed into an image of ours is kept for a next time that does not come.
    derived = docker("images", "--quiet", "--filter", f"label={DERIVED}").split()
    command = ["docker", "rmi", "--force", *made.tags, *derived]
    subprocess.run(command, check=False, capture_output=True)
    assert docker("ps", "--all", "--quiet", "--filter", "label=flowc.helper") == ""


def docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def inside(image: str, code: str, *options: str) -> Any:
    return json.loads(docker("run", "--rm", *options, image, "python3", "-c", code))


def test_the_environment_arrives_exactly(workshop: Workshop) -> None:
    tag, _ = workshop.build(environment=TOUGH)
    found = inside(tag, "import json, os; print(json.dumps(dict(os.environ)))")
    assert {name: found[name] for name in TOUGH} == TOUGH


def test_any_user_can_run_it(workshop: Workshop) -> None:
    parent = workshop.derive('ENTRYPOINT ["false"]')
    tag, _ = workshop.build(parent_image=parent)
    text = docker("run", "--rm", "--user", "4711:4711", tag)
    assert "run one step" in text
    checked = docker("run", "--rm", tag, "python3", "/opt/flowc/bundle/__main__.py", "check")
    assert json.loads(checked)["modules"] == {"built": ""}


def test_what_the_image_says_of_itself(workshop: Workshop) -> None:
    front = workshop.front(user="1000:100")
    _, image = workshop.plan(front)
    build((image,), BuildOptions(), Notes())
    config = json.loads(docker("image", "inspect", image.tag))[0]["Config"]
    assert config["User"] == "1000:100"
    assert not config["Entrypoint"]
    labels = {key: value for key, value in config["Labels"].items() if key.startswith("flowc.")}
    labels.pop("flowc.recipe", None)
    assert labels == {
        "flowc.bundle": front.bundle.digest,
        "flowc.pipeline": "built",
        "flowc.version": front.spec["flowc"],
    }


def test_an_image_that_exists_is_not_built_again(workshop: Workshop) -> None:
    _, image = workshop.plan(workshop.front())
    build((image,), BuildOptions(), Notes())
    notes = Notes()
    build((image, replace(image)), BuildOptions(), notes)
    assert notes.told == []


def test_the_context_builds_by_hand(workshop: Workshop, tmp_path: Path) -> None:
    _, image = workshop.plan(workshop.front(environment={"A": "$1"}))
    context = tmp_path / "context"
    context.mkdir(mode=0o700)
    for name, content in image.context.items():
        (context / name).write_bytes(content)
        (context / name).chmod(0o600)
    docker("build", "--quiet", "--tag", image.tag, str(context))
    assert "run one step" in docker("run", "--rm", "--user", "4711", image.tag)


LOOK = """
import importlib.metadata, json, os
lent = "/run/flowc-build"
print(json.dumps({
    "version": importlib.metadata.version("tabulate"),
    "lent": os.listdir(lent) if os.path.exists(lent) else [],
    "environment": sorted(os.environ),
    "requirements": open("/opt/flowc/requirements.txt").read(),
}))
"""


@pytest.mark.parametrize(
    "options",
    [
        BuildOptions(pip="host"),
        BuildOptions(pip="host", ca_bundle=CERTIFICATES),
        BuildOptions(pip="index", ca_bundle=CERTIFICATES),
    ],
    ids=["host", "host-and-ca", "index-and-ca"],
)
def test_what_is_lent_to_a_build_leaves_no_trace(
    workshop: Workshop, options: BuildOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    if options.ca_bundle and not Path(options.ca_bundle).exists():
        pytest.skip("this machine keeps its certificates elsewhere")
    monkeypatch.setenv("NO_PROXY", "secret.example")
    # Without certificates of its own, the image has to use those that it is lent.
    parent = workshop.derive(f"RUN rm -f {CERTIFICATES} && echo {time.time_ns()}")
    tag, notes = workshop.build(options, parent_image=parent, requirements=["tabulate==0.9.0"])
    found = inside(tag, LOOK, "--user", "4711")
    assert found["version"] == "0.9.0"
    assert found["lent"] == []
    assert found["requirements"] == "tabulate==0.9.0\n"
    assert set(found["environment"]) <= {"HOME", "HOSTNAME", "PATH"}
    history = docker("history", "--no-trunc", tag)
    assert "secret.example" not in history
    assert "BEGIN CERTIFICATE" not in history
    assert any("pip install" in told for told in notes.told)


def test_a_change_of_code_installs_nothing(workshop: Workshop) -> None:
    front = workshop.front(requirements=["tabulate==0.9.0"])
    _, first = workshop.plan(front)
    host = BuildOptions(pip="host")
    build((first,), host, Notes())
    changed = replace(front, bundle=replace(front.bundle, digest="0" * 64))
    _, second = workshop.plan(changed)
    assert second.tag != first.tag
    notes = Notes()
    build((second,), host, notes)
    assert not any("pip" in told for told in notes.told)


def test_a_failing_build(workshop: Workshop) -> None:
    text = f"FROM {workshop.parent}\nRUN echo 'cannot go on' && exit 3\n"
    (workshop.folder / "Own.Dockerfile").write_text(text)
    with pytest.raises(BackendError) as failed:
        workshop.build(dockerfile="Own.Dockerfile")
    said = str(failed.value)
    assert f"image '{workshop.tags[-1]}' of step 'train' could not be built" in said
    assert "failed: RUN echo 'cannot go on' && exit 3\n    | cannot go on" in said


@pytest.mark.parametrize("pip", ["host", "index"])
def test_a_requirement_that_does_not_exist(workshop: Workshop, pip: Any) -> None:
    options = BuildOptions(pip=pip, ca_bundle=CERTIFICATES if pip == "index" else "")
    with pytest.raises(BackendError, match="No matching distribution found for tabulate==99"):
        workshop.build(options, requirements=["tabulate==99"])


def test_a_parent_that_does_not_exist(workshop: Workshop) -> None:
    for options in (BuildOptions(), BuildOptions(pip="host")):
        with pytest.raises(BackendError) as failed:
            workshop.build(options, parent_image="nowhere.invalid/none:1", requirements=["x"])
        assert "image 'nowhere.invalid/none:1' is not on this machine" in str(failed.value)
        assert "`docker pull nowhere.invalid/none:1`" in failed.value.hint


GONE = "RUN rm /usr/bin/python3"
SAID = '{\\"python\\": [3, 8, 1], \\"token\\": null, \\"wrote\\": false}'
OLD = f"RUN printf '#!/bin/sh\\necho \\047%s\\047' \"{SAID}\" > /usr/bin/python3"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([GONE], "cannot run steps: it has no python3"),
        ([GONE, OLD, "RUN chmod 755 /usr/bin/python3"], "Python 3.8.1, and steps need 3.10"),
    ],
    ids=["none", "old"],
)
def test_an_image_that_cannot_run_steps(workshop: Workshop, lines: list[str], says: str) -> None:
    workshop.front(parent_image=workshop.derive(*lines))
    store = workshop.folder / "store"
    with pytest.raises(BackendError, match=says):
        run_pipeline(
            load_pipeline(str(workshop.folder / "built.py")),
            target="docker",
            parameters={},
            store=f"file://{store}",
            reporter=Notes(),
        )
    assert not (store / "runs").exists()


def test_a_parent_of_a_step_without_packages_is_pulled(workshop: Workshop) -> None:
    workshop.front(parent_image="nowhere.invalid/none:2")
    with pytest.raises(BackendError, match="is not on this machine"):
        run_pipeline(
            load_pipeline(str(workshop.folder / "built.py")),
            target="docker",
            parameters={},
            store=f"file://{workshop.folder}/store",
            reporter=Notes(),
        )
