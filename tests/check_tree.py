"""What must not get into the repository: addresses of package registries, and paths of one machine."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN = {
    "the address of a package registry": re.compile(
        r"registry\.(npmjs|yarnpkg)|pypi\.(org|python)|files\.pythonhosted|https?://[^\s/]*(artifactory|nexus)"
    ),
    "a path of one machine": re.compile(r"(?<![\w.}\])-])/(root|work|home/[\w.-]+|Users/[\w.-]+)/"),
}


def main() -> int:
    problems = [problem for file in tracked_files() for problem in problems_of(file)]
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


def tracked_files() -> list[Path]:
    """New files count too, as long as they are not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    files = [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]
    return [file for file in files if file.is_file()]


def problems_of(file: Path) -> Iterator[str]:
    name = file.relative_to(ROOT)
    try:
        lines = file.read_text().splitlines()
    except UnicodeDecodeError:
        return
    for number, line in enumerate(lines, start=1):
        for what, pattern in FORBIDDEN.items():
            if pattern.search(line):
                yield f"{name}:{number}: {what}"
        if name.name == "package-lock.json" and '"resolved"' in line:
            yield f"{name}:{number}: the address of a package"


if __name__ == "__main__":
    sys.exit(main())
