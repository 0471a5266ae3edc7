"""Posts messages through the apprise package, which is imported when there is something to post.

A message is no part of what a step does: whatever goes wrong is said on standard error, which is
the step's log, and `post` returns False.
"""

from __future__ import annotations

import os
import sys

from flowc_runtime.stack import MalformedPlaceholder, expand, masked, placeholders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from flowc.stack import Component

SERVERS = ("http", "json", "xml", "form", "mailto")
"""Schemes after which a URL names a host; in others its first part may be a secret."""


class Alerter:
    """The stack's alerter; ``component`` is None where the stack has none."""

    __slots__ = ("_component", "_stack")

    def __init__(self, component: Component | None, stack: str) -> None:
        self._component = component
        self._stack = stack

    @property
    def name(self) -> str:
        return self._component.name if self._component else ""

    def __bool__(self) -> bool:
        """Whether there is one."""
        return self._component is not None

    def post(self, message: object, title: object = "", *, notify_type: str = "info") -> bool:
        """Whether the message was delivered everywhere; raises nothing.

        ``notify_type`` is apprise's: info, success, warning or failure; services colour by it.
        """
        component = self._component
        if component is None:
            return _say(
                f"the stack '{self._stack}' has no alerter, so this is not posted: {message}"
            )
        try:
            from apprise import Apprise, AppriseAsset, LogCapture
        except ImportError:
            return _say(_missing(component))
        try:
            message, title = masked(str(message)), masked(str(title or ""))
        except Exception as error:  # noqa: BLE001 - a message must not fail a step
            return _say(f"alerter '{component.name}' got no text: {type(error).__name__}: {error}")
        configured = {**component.configuration, **component.settings}.get("title", "")
        words = title or configured or _place()
        package = (Apprise, _asset(AppriseAsset), LogCapture)
        urls = component.configuration["urls"]
        post = {"body": message or " ", "title": words, "notify_type": notify_type}
        done = [self._post_to(url, post, package) for url in urls]
        return all(done)

    def _post_to(self, url: str, post: Mapping[str, str], package: Any) -> bool:
        notifier, asset, log_capture = package
        try:
            address, missing = expand(url, os.environ)
        except MalformedPlaceholder as error:
            return self._complain(url, str(error))
        if missing:
            return self._complain(
                url, f"the environment variable {', '.join(missing)} is not set here"
            )
        try:
            with log_capture(level=30, fmt="%(message)s") as log:
                services = notifier(asset=asset)
                if not services.add(address):
                    return self._complain(url, "apprise does not know such a URL")
                delivered = services.notify(**post)
                why = " ".join(log.getvalue().split())
        except Exception as error:  # noqa: BLE001 - a message must not fail a step
            delivered, why = False, f"{type(error).__name__}: {error}"
        return bool(delivered) or self._complain(url, _hidden(why, url) or "no reason is given")

    def _complain(self, url: str, why: str) -> bool:
        """``url`` as the author wrote it: what its placeholders stand for may be secret."""
        return _say(f"alerter '{self.name}' could not post to {without_secrets(url)}: {why}")


def _asset(kind: Any) -> Any:
    """Settings of apprise with which it posts in the thread that asks.

    Its pool of threads would not outlive a fork, and whoever waits for one there waits in vain.
    Each service has time limits of its own.
    """
    try:
        return kind(async_mode=False, service_timeout=0)
    except AttributeError:  # before 2.2 there was no pool, and no limit to switch off with it
        return kind(async_mode=False)


def _missing(component: Component) -> str:
    image = os.environ.get("FLOWC_IMAGE", "")
    where = f"the image '{image}'" if image else f"this Python ({sys.executable})"
    what = "add it to that image" if image else "pip install 'flowc[alerts]'"
    return (
        f"alerter '{component.name}' cannot post: the distribution 'apprise' is not installed in "
        f"{where}; {what}"
    )


def without_secrets(url: str) -> str:
    """A URL's scheme, and its host where it names one; a placeholder is shown as it is."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url if url.startswith("${") and url.endswith("}") else "its URL"
    if scheme.removesuffix("s") not in SERVERS:
        return f"{scheme}://..."
    return f"{scheme}://{rest.partition('?')[0].partition('/')[0].rpartition('@')[2]}"


def _hidden(text: str, url: str) -> str:
    """``text`` without what the placeholders of ``url`` stand for."""
    for name in placeholders(url):
        value = os.environ.get(name)
        text = text.replace(value, f"${{{name}}}") if value else text
    return text


def _place() -> str:
    """The title of a message that is given none."""
    from flowc_runtime import context

    try:
        active = context.get_step_context()
    except RuntimeError:  # in a script, or a hook of the run
        return "flowc"
    return f"{active.pipeline.name}: {active.step_run.name}"


def _say(text: str) -> bool:
    """False, as the answer of whoever has to say something."""
    sys.stderr.write(f"flowc: {text}\n")
    sys.stderr.flush()
    return False
