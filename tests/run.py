"""Run all tests: the browser's journeys and everything else, side by side.

Two processes, because an asyncio test cannot run after a Playwright test in the same one; at once, because both mostly
wait. What the journeys have to say comes last.
"""

import shutil
import subprocess
import sys
import tempfile

NOTHING_SELECTED = 5


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryFile("w+") as said:
        journeys = subprocess.Popen(_pytest("browser", arguments), stdout=said, stderr=subprocess.STDOUT)
        try:
            codes = [subprocess.call(_pytest("not browser", arguments)), journeys.wait()]
        finally:
            # Interrupted: it has heard of that as well, and puts its browser and servers away.
            journeys.wait()
            said.seek(0)
            shutil.copyfileobj(said, sys.stdout)
    # To select nothing is right when a single file is named.
    return max((0 if code == NOTHING_SELECTED and arguments else code for code in codes), key=abs)


def _pytest(selection: str, arguments: list[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", "-q", "-m", selection, *arguments]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
