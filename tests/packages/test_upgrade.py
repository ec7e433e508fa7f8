"""Upgrading runs nothing of a release before it is known who signed it; with real git and ssh-keygen."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.packages.releases import Releases

DEPLOY = Path(__file__).parents[2] / "gateway" / "deploy"


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    return Releases(tmp_path / "repository", tmp_path / "keys")


@pytest.fixture
def prefix(tmp_path: Path, releases: Releases) -> Path:
    """An installed gateway of version 0.2.0, as far as an upgrade looks at it."""
    prefix = tmp_path / "prefix"
    (prefix / "bin").mkdir(parents=True)
    (prefix / "bin" / "python").write_text("#!/bin/sh\necho 0.2.0\n")
    (prefix / "bin" / "python").chmod(0o755)
    shutil.copy(DEPLOY / "upgrade", prefix)
    (prefix / "signers").write_text("# who\n" + releases.signer("maintainer"))
    return prefix


def release(releases: Releases, tag: str, signer: str | None = "maintainer", content: str = "") -> None:
    """One whose install only says that it was run, and for whom."""
    install = releases.folder / "gateway" / "deploy" / "install"
    install.parent.mkdir(parents=True, exist_ok=True)
    install.write_text(f'#!/bin/sh\necho "{content or tag}" >"$RAN"\n')
    install.chmod(0o755)
    releases.release(tag, signer)


def upgrade(prefix: Path, releases: Releases) -> tuple[int, str, str]:
    """Its exit code, what it said, and what the install of the release said."""
    ran = prefix / "ran"
    done = subprocess.run(
        [prefix / "upgrade"],
        env=os.environ | releases.environment | {"SOURCE": str(releases.folder), "RAN": str(ran)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr, ran.read_text().strip() if ran.exists() else ""


def test_the_newest_signed_release_is_installed(prefix: Path, releases: Releases) -> None:
    for tag in ("v0.9.0", "v0.10.0", "v0.11.0rc1"):
        release(releases, tag)
    code, said, ran = upgrade(prefix, releases)
    assert (code, ran) == (0, "v0.10.0"), said
    assert "from 0.2.0 to 0.10.0" in said


@pytest.mark.parametrize("signer", ["stranger", None])
def test_another_signer_or_none_is_refused(prefix: Path, releases: Releases, signer: str | None) -> None:
    release(releases, "v0.3.0", signer)
    code, said, ran = upgrade(prefix, releases)
    assert (code, ran) == (1, "")
    assert "is not signed by anybody" in said


def test_signers_that_a_release_brings_do_not_vouch_for_it(prefix: Path, releases: Releases) -> None:
    signers = releases.folder / "gateway" / "deploy" / "signers"
    signers.parent.mkdir(parents=True)
    signers.write_text(releases.signer("stranger"))
    release(releases, "v0.3.0", "stranger")
    assert upgrade(prefix, releases)[::2] == (1, "")


def test_a_tag_that_was_moved_to_other_content_is_refused(prefix: Path, releases: Releases) -> None:
    """The signature and its text are the maintainer's, the commit that they name is another."""
    release(releases, "v0.3.0")
    signed = releases.git("cat-file", "tag", "v0.3.0")
    commit = releases.git("rev-parse", "v0.3.0^{commit}").strip()
    release(releases, "v0.3.1", "stranger", "tampered")
    other = releases.git("rev-parse", "v0.3.1^{commit}").strip()
    releases.git("tag", "--delete", "v0.3.1")
    forged = releases.git("hash-object", "-t", "tag", "-w", "--stdin", text=signed.replace(commit, other))
    releases.git("update-ref", "refs/tags/v0.3.0", forged.strip())
    code, said, ran = upgrade(prefix, releases)
    assert (code, ran) == (1, "")
    assert "is not signed by anybody" in said


def test_an_older_release_under_a_newer_name_is_refused(prefix: Path, releases: Releases) -> None:
    release(releases, "v0.1.0")
    releases.git("update-ref", "refs/tags/v0.3.0", releases.git("rev-parse", "v0.1.0").strip())
    code, said, ran = upgrade(prefix, releases)
    assert (code, ran) == (1, "")
    assert "offered as 0.3.0 was signed as v0.1.0" in said


def test_nothing_older_is_installed(prefix: Path, releases: Releases) -> None:
    release(releases, "v0.1.9")
    code, said, ran = upgrade(prefix, releases)
    assert (code, ran) == (1, "")
    assert "older than the installed 0.2.0" in said


def test_what_is_installed_is_not_installed_again(prefix: Path, releases: Releases) -> None:
    release(releases, "v0.2.0", None)
    code, said, ran = upgrade(prefix, releases)
    assert (code, ran) == (0, "")
    assert "0.2.0 is the newest release" in said


def test_where_nobody_signs_yet_it_says_how_to_upgrade(prefix: Path, releases: Releases) -> None:
    release(releases, "v0.3.0")
    (prefix / "signers").write_text("# nobody\n")
    code, said, ran = upgrade(prefix, releases)
    assert (code, ran) == (1, "")
    assert "gateway/deploy/install" in said
