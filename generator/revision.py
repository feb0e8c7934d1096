"""The project as it was at an earlier revision. The only room for git."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from generator.problem import Problem, ProjectError

# What handouts are made from.
FOLDERS = ("content", "locales", "templates")
# A repository that hangs (a network drive, a lock) must not hang us.
_SECONDS = 60


@contextmanager
def check_out(root: Path, revision: str) -> Iterator[Path]:
    """Unpack the project as it was at a revision into a folder of its own, for as long as it is looked at.

    The work tree and the index stay as they are.

    Raises:
        ProjectError: there is no git, the project is in no repository, or it has no such revision.
    """
    commit = _git(
        root, revision, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
    )
    name = commit.decode().strip()
    held = _git(root, revision, "ls-tree", "--name-only", name, "--", *FOLDERS).decode().split()
    if "content" not in held or "templates" not in held:
        what = f'has no content/ and templates/ at "{revision}"'
        raise _refuse(revision, what, "name a revision at which the project was there")
    archive = _git(root, revision, "archive", "--format=tar", name, "--", *held)
    with tempfile.TemporaryDirectory(prefix="carrier-guides-") as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            # Debian 12 has Python 3.11.2, whose extractall knows no filter; git writes no path that leads out
            # and links are left out.
            tar.extraction_filter = getattr(tarfile, "data_filter", lambda member, path: member)
            tar.extractall(folder, [member for member in tar if member.isfile() or member.isdir()])
        yield Path(folder)


def _refuse(revision: str, what: str, hint: str) -> ProjectError:
    return ProjectError([Problem(key=f'revision "{revision}"', rule="revision", what=what, hint=hint)])


def _git(root: Path, revision: str, *arguments: str) -> bytes:
    command = ["git", "--no-optional-locks", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, stdin=subprocess.DEVNULL)
    except FileNotFoundError as error:
        hint = "install git, or name what changed: --facts ID, --messages LOCALE:PLACE"
        raise _refuse(revision, "git is not installed", hint) from error
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise _refuse(revision, f"git does not answer: {error}", "try the command by hand") from error
    if done.returncode == 0:
        return done.stdout
    said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
    if "not a git repository" in said:
        hint = "run it in a clone, or name what changed: --facts ID, --messages LOCALE:PLACE"
        raise _refuse(revision, "the project is in no git repository", hint)
    if arguments[0] == "rev-parse":
        what = "there is no such revision" + (f": {said}" if said else "")
        raise _refuse(revision, what, "see what there is with: git log --oneline, git branch, git tag")
    raise _refuse(revision, said or "git fails", "try the command by hand")
