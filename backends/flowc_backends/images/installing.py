"""Installs packages into an image with help from this machine, and leaves no trace of the help.

Each command of the Dockerfile's first half runs in a container that finds wheels and certificates
in a volume; then the container becomes an image, of which a volume's contents are no part. The
result keeps a tag of its own, so that a change of code never installs anything again.

For the time of a command PIP_CERT, SSL_CERT_FILE, REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE name the
certificates, APT_CONFIG a file that does so for apt, PIP_FIND_LINKS the wheels; proxies are those
of this process. A file in the volume sets them: a container's configuration would enter the image.
"""

from __future__ import annotations

import hashlib
import shlex
import tarfile
import tempfile
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from flowc.errors import AuthorError
from flowc_backends.images.containers import HELPER, archive, created, run
from flowc_backends.images.daemon import Container
from flowc_backends.images.dockerfile import HOME, python_of
from flowc_backends.images.job import TAIL, clean, proxies
from flowc_backends.images.wheels import download

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowc_backends.images.job import Job

LENT = "/run/flowc-build"
"""Where the volume is, inside."""

_CA_VARIABLES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def install(job: Job, base: str, commands: Sequence[str], requirements: bytes) -> str:
    """The tag of ``base`` with the packages in it.

    Raises BackendError naming image, steps and command when one of the commands fails.
    """
    known = job.engine.inspect_image(base)
    tag = _tag(known["Id"], commands, requirements)
    if job.engine.has_image(tag):
        return tag
    config = {**known["Config"], "User": "root"}
    image = base
    for number, command in enumerate(commands, 1):
        last = number == len(commands)
        with tempfile.TemporaryDirectory(prefix="flowc-") as folder:
            lent = Path(folder)
            if last and requirements and job.options.pip == "host":
                python = python_of(command)
                download(job, image, python, requirements=requirements, folder=lent / "wheels")
            _lend(job, lent)
            with created(job.engine, _container(image, command)) as container:
                _put(job, container, lent, requirements)
                _run(job, container, command)
                image = job.engine.commit(container, tag if last else "", config)
    return tag


def _tag(base: str, commands: Sequence[str], requirements: bytes) -> str:
    state = hashlib.sha256(requirements)
    for part in (base, *commands):
        state.update(b"\0" + part.encode())
    return f"flowc/packages:{state.hexdigest()[:16]}"


def _container(image: str, command: str) -> Container:
    return Container(
        image=image,
        command=["/bin/sh", "-c", f". {LENT}/environment && {command}"],
        user="root",
        environment={},
        labels={HELPER: "install"},
        scratch=LENT,
    )


def _lend(job: Job, folder: Path) -> None:
    """Write the help that does not depend on the image, and the file that tells of all of it."""
    variables = proxies()
    if (folder / "wheels").is_dir():
        variables |= {"PIP_FIND_LINKS": f"{LENT}/wheels", "PIP_NO_INDEX": "1"}
    if job.options.ca_bundle:
        (folder / "ca.pem").write_bytes(_certificates(job.options.ca_bundle))
        (folder / "apt.conf").write_text(f'Acquire::https::CAInfo "{LENT}/ca.pem";\n')
        variables |= dict.fromkeys(_CA_VARIABLES, f"{LENT}/ca.pem")
        variables["APT_CONFIG"] = f"{LENT}/apt.conf"
    text = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    (folder / "environment").write_text(text)


def _certificates(path: str) -> bytes:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise AuthorError(f"cannot read ca_bundle '{path}': {error.strerror}") from error
    if b"-----BEGIN CERTIFICATE-----" not in data:
        raise AuthorError(f"ca_bundle '{path}' holds no certificate in PEM form")
    return data


def _put(job: Job, container: str, folder: Path, requirements: bytes) -> None:
    if requirements:
        name = f"{HOME.lstrip('/')}/requirements.txt"
        job.engine.put(container, "/", archive({name: requirements}))
    with tempfile.TemporaryFile() as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            for path in sorted(folder.rglob("*")):
                tar.add(path, str(path.relative_to(folder)))
        file.seek(0)
        job.engine.put(container, LENT, file)


def _run(job: Job, container: str, command: str) -> None:
    tail: deque[str] = deque(maxlen=TAIL)

    shown = "RUN " + " ".join(command.replace("\\\n", " ").split())
    job.reporter.note(shown)
    code = run(job.engine, container, lambda line: tail.append(clean(line)))
    if code:
        raise job.failed(shown, tail, f"the command ended with exit status {code}")
