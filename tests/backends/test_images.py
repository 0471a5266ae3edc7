"""Which image a step gets, and what its Dockerfile says. No daemon is needed."""

from __future__ import annotations

import io
import re
import shlex
import subprocess
import sys
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from flowc import ir
from flowc.errors import AuthorError, Errors
from flowc.registry import BuildOptions, Bundle, EmitOptions, ImageBuild
from flowc_backends.images import default_parent_image, place
from flowc_backends.images.containers import archive, lines
from flowc_backends.images.dockerfile import halves, parent_of, python_of, quote
from flowc_backends.images.job import Job
from flowc_backends.images.placing import repository_name
from flowc_backends.images.references import familiar, registry_of, split_reference
from flowc_backends.images.wheels import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc.registry import Reporter, Ship
    from flowc_backends.images.daemon import Daemon
    from flowc_runtime.contract import PipelineSpec

BUNDLE = Bundle(digest="b" * 64, data=b"zip")
DOCKERFILE = "FROM debian:bookworm\nRUN echo '# Packages'\nUSER 1000:1000"


def step(name: str, line: int = 7, **settings: Any) -> ir.Step:
    return ir.Step(
        id=name,
        name=name,
        function=ir.Function(module="work", qualname=name),
        location=ir.Location(file="work.py", line=line),
        docker=replace(ir.DockerSettings(), **settings),
    )


def pipeline(*steps: ir.Step, name: str = "digits") -> ir.Pipeline:
    place_ = ir.Location(file="work.py", line=1)
    return ir.Pipeline(name=name, location=place_, body=ir.Block(nodes=steps))


def options(ship: Ship = "image", bundle: Bundle = BUNDLE, parent: str = "") -> EmitOptions:
    spec = cast("PipelineSpec", {"flowc": "0.1.0"})
    return EmitOptions(
        bundle=bundle, spec=spec, store="file:///s", ship=ship, default_parent_image=parent
    )


def built(*steps: ir.Step, ship: Ship = "image", parent: str = "") -> tuple[list[str], list[str]]:
    """The steps' images, and the Dockerfiles."""
    placed, images = place(pipeline(*steps), options(ship, parent=parent))
    return [s.image for s in placed.steps], [i.context["Dockerfile"].decode() for i in images]


FULL: dict[str, Any] = {
    "parent_image": "registry.example:5000/team/python:3.12",
    "apt_packages": ("git", "libgomp1=12.2.0-14"),
    "requirements": ("numpy==2.4.6", 'tomli>=2; python_version < "3.11"'),
    "environment": (("GREETING", 'say "$HOME" \\ `x`'), ("MODE", "fast")),
    "python": "/opt/conda/bin/python",
    "user": "1000:100",
}


@pytest.mark.parametrize(
    ("case", "settings", "ship"),
    [
        ("plain", {}, "image"),
        ("full", FULL, "image"),
        ("full-mounted", FULL, "mount"),
        ("own-dockerfile", {"dockerfile": DOCKERFILE, "requirements": ("x==1",)}, "image"),
        ("own-dockerfile-mounted", {"dockerfile": DOCKERFILE}, "mount"),
    ],
)
def test_dockerfile(
    case: str, settings: dict[str, Any], ship: Ship, golden: Callable[[str, str], None]
) -> None:
    _, [text] = built(step("train", **settings), ship=ship, parent="python:3.11-slim")
    golden(f"{case}.Dockerfile", text)


def test_equal_settings_share_an_image() -> None:
    images, dockerfiles = built(
        step("a", requirements=("x==1",)), step("b"), step("c", requirements=("x==1",))
    )
    assert images[0] == images[2] != images[1]
    assert len(dockerfiles) == 2


def test_an_image_names_its_steps() -> None:
    _, images = place(pipeline(step("a"), step("b", user="5"), step("c")), options())
    assert [image.steps for image in images] == [("a", "c"), ("b",)]


def test_a_tag_is_the_digest_of_the_context() -> None:
    [one], _ = built(step("a", requirements=("x==1",)))
    assert re.fullmatch(r"flowc/digits:[0-9a-f]{16}", one)
    assert built(step("b", line=99, requirements=("x==1",)))[0] == [one]
    assert built(step("a", requirements=("x==2",)))[0] != [one]
    changed = options(bundle=Bundle(digest="c" * 64, data=b"other"))
    assert place(pipeline(step("a", requirements=("x==1",))), changed)[0].steps[0].image != one


def test_a_tag_is_the_same_in_every_process() -> None:
    code = (
        "from tests.backends.test_images import built, step, FULL\n"
        "print(built(step('a', **FULL))[0][0])"
    )
    command = [sys.executable, "-c", code]
    tags = {
        subprocess.run(
            command, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert tags == {built(step("a", **FULL))[0][0]}


def test_without_the_bundle_code_changes_no_image() -> None:
    ours = step("a", requirements=("x==1",), environment=(("A", "1"),), user="7")
    theirs = replace(ours, docker=replace(ours.docker, environment=(("A", "2"),), user="8"))
    other = options("mount", bundle=Bundle(digest="c" * 64, data=b"other"))
    first = place(pipeline(ours), options("mount"))
    assert first[0].steps[0].image == place(pipeline(theirs), other)[0].steps[0].image
    assert sorted(first[1][0].context) == ["Dockerfile", "requirements.txt"]


def test_without_packages_the_parent_itself_is_used() -> None:
    images, dockerfiles = built(step("a"), step("b", parent_image="mine:1"), ship="mount")
    assert images == [default_parent_image(), "mine:1"]
    assert dockerfiles == []


@pytest.mark.parametrize("ship", ["image", "mount"])
def test_an_alerter_s_distribution_is_layered_onto_every_image(ship: Ship) -> None:
    alerter = {"alerter": {"ops": {"flavor": "apprise", "urls": ["json://localhost"]}}}
    stack = {"name": "prod", "components": alerter, "active": {"alerter": "ops"}}
    spec = cast("PipelineSpec", {"flowc": "0.1.0", "stack": stack})
    steps = (
        step("plain"),
        step("own", requirements=("numpy==2.4.6",)),
        step("pinned", requirements=("apprise==1.9.3",)),
    )
    placed, images = place(pipeline(*steps), replace(options(ship), spec=spec))
    found = {image.steps[0]: image.context["requirements.txt"].decode() for image in images}
    assert found == {
        "plain": "apprise>=1.9\n",
        "own": "numpy==2.4.6\napprise>=1.9\n",
        "pinned": "apprise==1.9.3\n",
    }
    assert len({one.image for one in placed.steps}) == 3
    assert [one.docker for one in placed.steps] == [one.docker for one in steps]


def test_the_default_parent_is_this_python() -> None:
    assert default_parent_image() == f"python:3.{sys.version_info.minor}-slim"


@pytest.mark.parametrize(
    ("name", "repository"),
    [
        ("digits", "digits"),
        ("My Pipeline!", "my-pipeline"),
        ("__Üben__", "ben"),
        ("日本", "pipeline"),
        ("a" * 200, "a" * 100),
    ],
)
def test_repository(name: str, repository: str) -> None:
    assert repository_name(name) == repository


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"parent_image": "python 3"}, "parent image 'python 3'"),
        ({"parent_image": "a\nRUN evil"}, "parent image"),
        ({"apt_packages": ("git; rm -rf /",)}, "apt package 'git; rm -rf /'"),
        ({"apt_packages": ("-o=Debug",)}, "apt package"),
        ({"requirements": ("x\ny",)}, "requirement 'x\\ny' is not one line"),
        ({"requirements": ("-r more.txt",)}, "names a file"),
        ({"requirements": ("./local",)}, "names a file"),
        ({"environment": (("A=B", "1"),)}, "environment variable 'A=B'"),
        ({"environment": (("A", "1\n2"),)}, "holds a line break"),
        ({"user": "me you"}, "user 'me you'"),
        ({"python": "python3\nx"}, "python"),
        ({"dockerfile": "RUN true"}, "has no FROM line"),
        ({"dockerfile": "# escape=`\nFROM a"}, "escape character"),
        ({"dockerfile": "FROM a\nRUN b \\"}, "backslash"),
        ({"dockerfile": "FROM a", "parent_image": "b"}, "both a parent_image and a dockerfile"),
    ],
)
def test_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(AuthorError) as refused:
        built(step("train", **settings))
    assert str(refused.value).startswith("work.py:7: ")
    assert says in str(refused.value)


def test_a_parent_that_is_not_built_is_checked_as_well() -> None:
    with pytest.raises(AuthorError, match="parent image"):
        built(step("a", parent_image="two words"), ship="mount")


def test_all_refusals_come_at_once() -> None:
    with pytest.raises(Errors) as refused:
        built(step("a", user=" "), step("b", python="\n"))
    assert len(refused.value.errors) == 2


@pytest.mark.parametrize(
    ("value", "quoted"),
    [("", '""'), ('"', r'"\""'), ("$A ${B}", r'"\$A \${B}"'), ("\\", r'"\\"'), ("é #", '"é #"')],
)
def test_quoting_in_a_dockerfile(value: str, quoted: str) -> None:
    assert quote(value) == quoted


def test_halves_of_a_dockerfile() -> None:
    _, [text] = built(step("a", **FULL))
    head, commands, rest = halves(text)
    assert parent_of(head) == FULL["parent_image"]
    assert [command.split()[0] for command in commands] == ["apt-get", "export"]
    assert python_of(commands[1]) == "/opt/conda/bin/python"
    assert "bundle.pyz" in rest
    for command in commands:
        assert shlex.split(command)  # a whole command of the shell


def test_halves_of_ones_own_dockerfile() -> None:
    _, [text] = built(step("a", dockerfile=DOCKERFILE))
    head, commands, rest = halves(text)
    assert head.strip() == DOCKERFILE
    assert parent_of(head) is None
    assert commands == []
    assert "USER 1000:1000" in rest


def test_the_context_is_a_deterministic_archive() -> None:
    data = archive({"b": b"2", "a": b"1"})
    assert data == archive({"a": b"1", "b": b"2"})
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert tar.getnames() == ["a", "b"]


def test_lines_of_two_streams() -> None:
    stream = iter([(b"on", None), (None, b"err\nor"), (b"e\r\ntwo\n\n", None), (b"rest", None)])
    assert list(lines(stream)) == [
        (1, "err"),
        (0, "one"),
        (0, "two"),
        (0, ""),
        (0, "rest"),
        (1, "or"),
    ]


def test_a_line_that_never_ends() -> None:
    stream = iter([(b"x" * 40_000, None), (b"x" * 40_000, None), (b"y\n", None)])
    assert [(len(text), text[-1]) for _, text in lines(stream)] == [(80_000, "x"), (1, "y")]


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("python", ("python", "latest")),
        ("python:3.11", ("python", "3.11")),
        ("host:5000/a/b", ("host:5000/a/b", "latest")),
        ("docker.io/library/python:3", ("docker.io/library/python", "3")),
        ("a@sha256:00", ("a", "sha256:00")),
    ],
)
def test_references(reference: str, parts: tuple[str, str]) -> None:
    assert split_reference(reference) == parts


@pytest.mark.parametrize(
    ("repository", "registry", "shown"),
    [
        ("python", "docker.io", "python"),
        ("team/steps", "docker.io", "team/steps"),
        ("docker.io/library/python", "docker.io", "python"),
        ("docker.io/team/steps", "docker.io", "team/steps"),
        ("index.docker.io/team/steps", "index.docker.io", "team/steps"),
        ("localhost/steps", "localhost", "localhost/steps"),
        ("host:5000/library/steps", "host:5000", "host:5000/library/steps"),
        ("docker.io.example.com/steps", "docker.io.example.com", "docker.io.example.com/steps"),
    ],
)
def test_where_a_repository_is(repository: str, registry: str, shown: str) -> None:
    assert registry_of(repository) == registry
    assert familiar(repository) == shown


def test_wheels_are_asked_for_in_pips_words() -> None:
    wanted = Wanted(version="3.12", implementation="cp", abi="cp312", platforms=("a", "b"))
    assert wanted.arguments() == [
        "--only-binary=:all:",
        "--python-version=3.12",
        "--implementation=cp",
        "--abi=cp312",
        "--platform=a",
        "--platform=b",
    ]


@pytest.mark.parametrize(
    ("tail", "why", "hint"),
    [
        (["SSLError(CERTIFICATE_VERIFY_FAILED)"], "exit status 1", "ca_bundle"),
        (["Temporary failure in name resolution"], "exit status 1", "pip: host"),
        (["/usr/bin/python3: No module named pip"], "exit status 1", "python3-pip"),
        (["/bin/sh: 1: apt-get: not found"], "exit status 127", "lacks this program"),
        ([], "COPY failed: file not found", "holds no files"),
        (["anything"], "exit status 1", "mend the docker settings"),
    ],
)
def test_a_failed_build_says_what_to_do(tail: list[str], why: str, hint: str) -> None:
    error = _job().failed("RUN something", tail, why)
    assert "image 'flowc/x:1' of steps 'a', 'b' could not be built: " + why in error.message
    assert "failed: RUN something" in error.message
    assert all(f"    | {line}" in error.message for line in tail)
    assert hint in error.hint


def test_a_parent_that_cannot_be_pulled() -> None:
    error = _job().failed("FROM nowhere:1", [], "no such host")
    assert error.message.startswith("image 'nowhere:1' is not on this machine")
    assert "docker pull nowhere:1" in error.hint


def _job() -> Job:
    image = ImageBuild(tag="flowc/x:1", context={}, steps=("a", "b"))
    nobody = cast("Daemon", None), cast("Reporter", None)
    return Job(engine=nobody[0], image=image, options=BuildOptions(), reporter=nobody[1])
