"""A stand-in for a Kubernetes cluster: the part of its API that jobs need, with Docker containers.

What is asked for is done: a job's pod is a container with its command, variables and claims, a log
is what it writes, deleting a job stops it. Variables in commands are replaced as Kubernetes does
it. Limits, nodes and accounts are taken note of, and nothing more.
"""

from __future__ import annotations

import itertools
import json
import re
import secrets
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import docker
from docker import errors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from typing_extensions import Self

_EXPANDED = re.compile(r"\$\$|\$\((\w+)\)")
_JOBS = re.compile(r"/apis/batch/v1/namespaces/([^/]+)/jobs(?:/([^/]+))?")
_PODS = re.compile(r"/api/v1/namespaces/([^/]+)/pods(?:/([^/]+)/log)?")
PHASES = {"created": "Pending", "running": "Running"}


class Cluster:
    """``claims`` are folders of this machine by the names of claims."""

    def __init__(self, claims: Mapping[str, Path]) -> None:
        self._claims = claims
        self._docker = docker.from_env()
        self._lock = threading.Lock()
        self.jobs: dict[str, dict[str, Any]] = {}
        self.asked: list[dict[str, Any]] = []
        """Every job that was ever asked for."""
        handler = type("Handler", (_Handler,), {"cluster": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self.jobs):
            self.delete_job(name)
        self._server.shutdown()
        self._server.server_close()
        self._docker.close()

    def write_configuration(self, file: Path) -> Path:
        """What kubectl and its kin find the cluster by."""
        host, port = self._server.server_address[:2]
        configuration: dict[str, object] = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "clusters": [{"name": "here", "cluster": {"server": f"http://{host!s}:{port}"}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
            "users": [{"name": "me", "user": {}}],
        }
        file.write_text(json.dumps(configuration), encoding="utf-8")
        return file

    def create_job(self, namespace: str, job: dict[str, Any]) -> dict[str, Any]:
        name = f"{job['metadata'].pop('generateName')}{secrets.token_hex(3)[:5]}"
        job["metadata"] |= {"name": name, "namespace": namespace}
        spec = job["spec"]["template"]["spec"]
        [container] = spec["containers"]
        variables = {it["name"]: _expand(it["value"], {}) for it in container["env"]}
        made = self._docker.containers.create(
            container["image"],
            [_expand(word, variables) for word in container["command"]],
            name=name,
            environment=variables,
            volumes=self._binds(spec, container),
            init=True,
        )
        made.start()
        with self._lock:
            self.jobs[name] = job
            self.asked.append(job)
        return job

    def _binds(self, spec: dict[str, Any], container: dict[str, Any]) -> list[str]:
        claims = {
            it["name"]: it["persistentVolumeClaim"]["claimName"] for it in spec.get("volumes", [])
        }
        mounts = container.get("volumeMounts", [])
        return [f"{self._claims[claims[it['name']]]}:{it['mountPath']}" for it in mounts]

    def delete_job(self, name: str) -> None:
        """Its pod is there until it has ended."""
        with suppress(errors.NotFound):
            container = self._docker.containers.get(name)
            spec = self.jobs[name]["spec"]["template"]["spec"]
            container.stop(timeout=spec["terminationGracePeriodSeconds"])
            container.remove(force=True)
        with self._lock:
            self.jobs.pop(name, None)

    def pods(self, job: str) -> list[dict[str, Any]]:
        try:
            state = self._docker.containers.get(job).attrs["State"]
        except errors.NotFound:
            return []
        template = self.jobs[job]["spec"]["template"]
        code = state["ExitCode"]
        phase = PHASES.get(state["Status"], "Failed" if code else "Succeeded")
        status: dict[str, Any] = {"name": "step", "image": "", "imageID": "", "restartCount": 0}
        status["ready"] = phase == "Running"
        status["state"] = {"terminated": {"exitCode": code}} if phase[-1] == "d" else {}
        return [
            {
                "metadata": {**template["metadata"], "name": f"{job}-pod"},
                "spec": template["spec"],
                "status": {"phase": phase, "containerStatuses": [status]},
            }
        ]

    def log(self, pod: str) -> Any:
        container = self._docker.containers.get(pod.removesuffix("-pod"))
        return container.logs(stream=True, follow=True)


def _expand(text: str, variables: Mapping[str, str]) -> str:
    """`$$` is `$`, and `$(NAME)` the variable, if there is one."""
    return _EXPANDED.sub(
        lambda found: "$" if found[1] is None else variables.get(found[1], found[0]), text
    )


class _Handler(BaseHTTPRequestHandler):
    cluster: Cluster
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002 - its name

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        found = _JOBS.fullmatch(self.path)
        assert found is not None
        job = json.loads(self.rfile.read(size))
        self._answer(self.cluster.create_job(found[1], job), 201)

    def do_DELETE(self) -> None:
        found = _JOBS.fullmatch(urlsplit(self.path).path)
        assert found is not None
        threading.Thread(target=self.cluster.delete_job, args=(found[2],)).start()
        self._answer({"kind": "Status", "status": "Success"})

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        selector = parse_qs(parts.query).get("labelSelector", [""])[0].partition("=")
        if found := _PODS.fullmatch(parts.path):
            if found[2]:
                self._stream(self.cluster.log(found[2]))
            else:
                self._answer({"kind": "PodList", "items": self.cluster.pods(selector[2])})
            return
        jobs = [
            job
            for job in self.cluster.jobs.values()
            if job["metadata"]["labels"].get(selector[0]) == selector[2]
        ]
        self._answer({"kind": "JobList", "items": jobs})

    def _answer(self, document: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, chunks: Any) -> None:
        """In chunks, as they come: so does Kubernetes."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for chunk in itertools.chain(chunks, [b""]):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
