"""SHA-256 for keys and small files without OpenSSL, which takes longer to load than all of them to
digest.

`random` of the standard library takes its own digest in the same way.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hashlib import sha256
else:
    try:
        from _sha2 import sha256  # since Python 3.12
    except ImportError:
        try:
            from _sha256 import sha256
        except ImportError:  # an interpreter without its own
            from hashlib import sha256

__all__ = ["sha256"]
