"""Repeat a seed: ``python -m tests.faults.trouble 17``; or search from one to before another: ``… 0 100``."""

import sys

from tests.faults.trouble.search import search

first = int(sys.argv[1])
end = int(sys.argv[2]) if len(sys.argv) > 2 else first + 1

if __name__ == "__main__":
    found = search(range(first, end))
    print(found)
    sys.exit("\n".join(map(str, found.violations)))
