"""What flowc finds on this machine: itself, the store, Docker, the engines, the way to them.

Looks, and changes nothing. Engines are found without importing them, which would take seconds.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from http.client import HTTPException
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from flowc import __version__
from flowc.driver.store import default_store
from flowc.narrowing import is_dict
from flowc.registry import Versions, backend_names, find_backend, versions_of
from flowc_runtime import stores

PATIENCE = 4
"""Seconds given to a daemon, an engine or a program to answer."""

MINIMUM = (3, 10)

PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")

CA_VARIABLES = ("FLOWC_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT")

CREDENTIALS = re.compile(r"(?<=://)[^/@\s]*@")


@dataclass(frozen=True, slots=True)
class Check:
    """One finding; ``needed`` says whether a run on this machine fails without it."""

    name: str
    state: Literal["ok", "missing", "problem"]
    found: str
    advice: str = ""
    needed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Where an engine may be found; ``versions`` are paths below its URL that tell its version."""

    name: str
    distribution: str
    program: str
    variable: str
    versions: tuple[str, ...]


ENGINES = (
    Engine(
        name="kubeflow",
        distribution="kfp",
        program="kfp",
        variable="FLOWC_KUBEFLOW_URL",
        versions=("/apis/v2beta1/healthz", "/apis/v1beta1/healthz"),
    ),
    Engine(
        name="airflow",
        distribution="apache-airflow",
        program="airflow",
        variable="FLOWC_AIRFLOW_URL",
        versions=("/api/v2/version", "/api/v1/version"),
    ),
    Engine(
        name="prefect",
        distribution="prefect",
        program="prefect",
        variable="PREFECT_API_URL",
        versions=("/admin/version", "/version"),
    ),
)


def examine(store: str | None = None) -> list[Check]:
    """Every check, in the order in which they matter."""
    return [
        check_python(),
        check_flowc(),
        check_store(store or default_store()),
        check_docker(),
        *(check_engine(engine) for engine in ENGINES),
        check_program("graphviz", ["dot", "-V"], "needed for `flowc graph --format svg`"),
        check_program("git", ["git", "--version"], "install git to version your pipelines"),
        check_proxies(),
        check_ca_bundle(),
    ]


def to_document(check: Check) -> dict[str, Any]:
    return asdict(check)


def check_python() -> Check:
    found = f"{platform.python_version()} at {sys.executable}"
    if sys.version_info[:2] < MINIMUM:
        return Check("python", "problem", found, "use 3.10 or newer", needed=True)
    return Check("python", "ok", found, needed=True)


def check_flowc() -> Check:
    found = f"{__version__}, targets {', '.join(backend_names())}"
    return Check("flowc", "ok", found, needed=True)


def check_store(uri: str) -> Check:
    """Whether runs can be kept there; a folder that does not exist is made by the first run."""
    scheme, _, _ = uri.partition(":")
    try:
        store = stores.open_store(uri)
        if scheme == "file":
            _try_folder(Path(store.local_path(".")))
        else:
            store.exists("names")
    except (stores.StoreError, OSError) as error:
        advice = "choose another with --store or FLOWC_STORE, or make it writable"
        return Check("store", "problem", f"{uri}: {error}", advice, needed=True)
    except Exception as error:  # noqa: BLE001 - an object store's client raises its own kinds
        advice = "check the address and the credentials"
        return Check("store", "problem", f"{uri}: {error}", advice, needed=True)
    return Check("store", "ok", uri, needed=True)


def _try_folder(folder: Path) -> None:
    """Write a file that is gone at once, in the folder or in the nearest one that is there."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    with tempfile.TemporaryFile(dir=folder):
        return


def check_docker() -> Check:
    install = "the docker target needs it: pip install 'flowc[docker]'"
    try:
        import docker
    except ImportError:
        return Check("docker", "missing", "no Python package 'docker'", install)
    advice = "start the daemon, or set DOCKER_HOST; docker and image builds need it"
    try:
        client = docker.from_env(timeout=PATIENCE)
        version: dict[str, Any] = client.version()
        client.close()
    except Exception as error:  # noqa: BLE001 - docker and requests raise many kinds
        why = _first_line(error)
        return Check("docker", "missing", f"no daemon answers: {why}", advice)
    found = f"daemon {version.get('Version', '?')} (API {version.get('ApiVersion', '?')})"
    return Check("docker", "ok", f"{found}, package {_installed('docker')}")


def check_engine(engine: Engine) -> Check:
    """By URL when one is set, else what is installed here, else what is on PATH."""
    url = os.environ.get(engine.variable, "")
    if url:
        return _check_url(engine, url)
    version = _installed(engine.distribution)
    if version:
        return _compare(engine, version, f"{engine.distribution} {version} installed here")
    program = shutil.which(engine.program)
    if program:
        version = _beside(Path(program), engine.distribution)
        found = f"{engine.distribution} {version} at {program}".replace("  ", " ")
        return _compare(engine, version, found)
    advice = f"compiling needs none; to look at one that runs, set {engine.variable}"
    found = f"neither '{engine.distribution}' here nor '{engine.program}' on PATH"
    return Check(engine.name, "missing", found, advice)


def _compare(engine: Engine, version: str, found: str) -> Check:
    """Whether flowc's output is made for this version, and has been tried with such a one."""
    versions = versions_of(find_backend(engine.name))
    number = version.removeprefix("v")
    if not number[:1].isdigit() or not versions.series:
        return Check(engine.name, "ok", found)
    tried = f"flowc is tried with {' and '.join(versions.tested)}"
    if not versions.series_of(number):
        advice = f"flowc does not compile for this version; it does for {_listed(versions)}"
        return Check(engine.name, "problem", found, advice)
    minors = {_minor(each) for each in versions.tested}
    return Check(engine.name, "ok", found, "" if _minor(number) in minors else tried)


def _listed(versions: Versions) -> str:
    return " and ".join(f"{series}.x" for series in versions.series)


def _minor(version: str) -> tuple[str, ...]:
    return tuple(version.split(".")[:2])


def _check_url(engine: Engine, url: str) -> Check:
    shown = mask(url)
    why = "no answer"
    for path in engine.versions:
        try:
            version = _ask(url.rstrip("/") + path)
        except (OSError, ValueError, HTTPException) as error:
            why = _first_line(error)
            continue
        return _compare(engine, version, f"{version} at {shown}".strip())
    advice = f"is it running? {engine.variable} says where it is"
    return Check(engine.name, "problem", f"{shown}: {why}", advice)


def _ask(url: str) -> str:
    """The version that a server tells; an answer without one will do."""
    from base64 import b64encode
    from urllib.parse import unquote
    from urllib.request import Request, urlopen

    if not url.startswith(("http://", "https://")):
        raise ValueError("not an http:// or https:// address")
    credentials = CREDENTIALS.search(url)
    request = Request(CREDENTIALS.sub("", url))  # noqa: S310 - the scheme is checked above
    if credentials:
        token = b64encode(unquote(credentials[0][:-1]).encode()).decode()
        request.add_header("Authorization", f"Basic {token}")
    with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - the scheme is checked above
        document: Any = json.loads(answer.read(1 << 16))
    if isinstance(document, str):
        return document
    for key in ("version", "tag_name", "apiServerTagName"):
        if is_dict(document) and key in document:
            return str(document[key])
    return "a server"


def check_program(name: str, command: list[str], advice: str) -> Check:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except FileNotFoundError:
        return Check(name, "missing", f"no '{command[0]}' on PATH", advice)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check(name, "problem", _first_line(error), advice)
    told = (done.stdout or done.stderr).strip().partition("\n")[0]
    return Check(name, "ok" if done.returncode == 0 else "problem", told)


def check_proxies() -> Check:
    found = [
        f"{name}={mask(value)}"
        for name in PROXIES
        if (value := os.environ.get(name) or os.environ.get(name.lower()))
    ]
    return Check("proxies", "ok", " ".join(found) or "none set")


def check_ca_bundle() -> Check:
    for variable in CA_VARIABLES:
        path = os.environ.get(variable, "")
        if path:
            return _check_pem(variable, path)
    return Check("ca bundle", "ok", "none set: the system's own")


def _check_pem(variable: str, path: str) -> Check:
    name = f"{path} ({variable})"
    try:
        text = Path(path).read_text(encoding="latin-1")
    except OSError as error:
        why = f"{name}: {error.strerror}"
        return Check("ca bundle", "problem", why, f"correct or unset {variable}")
    count = text.count("-----BEGIN CERTIFICATE-----")
    if not count:
        return Check("ca bundle", "problem", f"{name}: no certificate in it", "give a PEM file")
    return Check("ca bundle", "ok", f"{name}, {count} certificates")


def mask(url: str) -> str:
    """``url`` without the user and password in it."""
    return CREDENTIALS.sub("***@", url)


def _installed(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def _beside(program: Path, distribution: str) -> str:
    """The version of a distribution in the environment that ``program`` belongs to."""
    prefix = program.resolve().parent.parent
    name = distribution.replace("-", "_")
    found = sorted(prefix.glob(f"lib/python*/site-packages/{name}-*.dist-info"))
    return found[-1].name.removesuffix(".dist-info").removeprefix(f"{name}-") if found else ""


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
