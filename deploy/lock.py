"""Keeping the locks in step with pyproject.toml without asking any index: each lock names the digest it was made from."""

import hashlib
import json
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-traces.lock", "requirements-dev.lock")
MARK = "# made from pyproject.toml dependencies "


def wanted() -> str:
    """Digest of everything that pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [project["dependencies"], project["optional-dependencies"], project["requires-python"]]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def named(lock: str) -> str:
    """The digest that a lock was made from."""
    found = re.search(rf"^{re.escape(MARK)}(\w+)$", (ROOT / lock).read_text("utf-8"), re.MULTILINE)
    return found[1] if found else ""


def versions(lock: str) -> dict[str, str]:
    """Which version of each package a lock names."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", (ROOT / lock).read_text("utf-8"), re.MULTILINE))


def main() -> None:
    """Write the digest into freshly made locks."""
    for lock in LOCKS:
        path = ROOT / lock
        text = re.sub(rf"^{re.escape(MARK)}.*\n", "", path.read_text("utf-8"), flags=re.MULTILINE)
        text = re.sub(
            r"^    #   -c .*\n", "", text, flags=re.MULTILINE
        )  # that it is as the tests run with it goes without saying
        text = re.sub(r"^    # via\n    #   (.*)\n(?!    #)", r"    # via \1\n", text, flags=re.MULTILINE)
        path.write_text(f"{MARK}{wanted()}\n{text}", "utf-8")
    sys.stdout.write(f"locks made from {wanted()[:12]}\n")


if __name__ == "__main__":
    main()
