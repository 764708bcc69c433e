"""Changes with every deploy, so that pages notice one."""

import hashlib
from importlib.metadata import version

from app.settings import ROOT


def _digest() -> str:
    """Of what a page is made of: few deploys change the number."""
    files = sorted(
        file
        for folder in ("app", "templates", "static")
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and file.suffix not in (".pyc", ".draft")
    )
    whole = hashlib.sha256()
    for file in files:
        whole.update(file.read_bytes())
    return whole.hexdigest()[:12]


VERSION = f"{version('alrt')}+{_digest()}"
