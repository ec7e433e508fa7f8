"""A repository whose releases are signed, or not, with real keys of SSH."""

import os
import subprocess
from pathlib import Path


class Releases:
    """Tags in ``folder``, by signers whose keys are made in ``keys`` as they are named."""

    def __init__(self, folder: Path, keys: Path) -> None:
        """Begin with an empty repository; nothing of this machine's configuration of git counts."""
        self.folder, self._keys = folder, keys
        self.environment = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        folder.mkdir()
        keys.mkdir()
        self.git("init", "--quiet")
        self.git("config", "user.name", "Maintainer")
        self.git("config", "user.email", "maintainer@temix.test")

    def git(self, *arguments: str, text: str = "") -> str:
        """Run git there; what it answers."""
        done = subprocess.run(
            ["git", "-C", self.folder, *arguments],
            env=os.environ | self.environment,
            input=text,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout

    def signer(self, name: str) -> str:
        """A person's line in ``signers``."""
        public = self._key(name).with_suffix(".pub").read_text()
        return f'{name} namespaces="git" {public}'

    def release(self, tag: str, signer: str | None) -> None:
        """Commit what is in the folder and tag it; signed, where there is a signer."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", tag)
        how = ["--annotate"]
        if signer is not None:
            how = ["--sign", "--local-user", str(self._key(signer))]
        self.git("-c", "gpg.format=ssh", "tag", *how, "--message", tag, tag)

    def _key(self, name: str) -> Path:
        key = self._keys / name
        if not key.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key], check=True)
        return key
