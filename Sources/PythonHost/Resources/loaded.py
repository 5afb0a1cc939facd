"""What a DAG file loads below its bundle beside itself: another read of it is needed only when that has changed."""

from __future__ import annotations

import os
import sys

SKIPPED = f"{os.sep}__pycache__{os.sep}"


# An audit hook cannot be taken away, so there is one for each process, which tells the read that goes on.
_watching: list[LoadedFiles] = []


class LoadedFiles:
    """Watches imports and opened files of this process while it is entered. Only for forked children."""

    def __init__(self, file: str, bundle: str):
        self.file = os.path.abspath(file)
        self.root = os.path.abspath(bundle) + os.sep
        self.opened: set[str] = set()
        self.asked: set[str] = set()

    def __enter__(self) -> LoadedFiles:
        if not _watching:
            sys.addaudithook(lambda event, arguments: _watching[-1] and _watching[-1].note(event, arguments))
        _watching[:] = [self]
        return self

    def __exit__(self, *_) -> None:
        _watching[:] = [None]

    def note(self, event: str, arguments: tuple) -> None:
        if event == "open":
            path, mode = arguments[0], arguments[1]
            if isinstance(path, (str, bytes, os.PathLike)) and not set(mode or "r") & set("wxa+"):
                self.opened.add(os.fsdecode(path))
        elif event == "import":
            self.asked.add(arguments[0])

    def paths(self, template_folders: list[str]) -> list[str]:
        """Relative to the bundle, sorted. Files that were looked for and are not there count too: one may appear.

        Templates that were read from a folder outside the bundle are named by their absolute path.
        """
        found = {os.path.abspath(path) for path in self.opened}
        found |= {os.path.abspath(path) for module in list(sys.modules.values())
                  if isinstance(path := getattr(module, "__file__", None), str)}
        for name in self.asked - set(sys.modules):
            place = self.root + name.replace(".", os.sep)
            found |= {f"{place}.py", os.path.join(place, "__init__.py")}
        below = (path for path in found if path.startswith(self.root) and path != self.file and SKIPPED not in path)
        roots = tuple(os.path.abspath(folder) + os.sep for folder in template_folders)
        outside = (path for path in found if path.startswith(roots) and not path.startswith(self.root))
        return sorted({path[len(self.root):] for path in below} | set(outside))
