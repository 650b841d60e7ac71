"""Run all tests: first everything without a browser, then the browser's journeys.

Two processes, because an asyncio test cannot run after a Playwright test in the same one.
"""

import subprocess
import sys

RUNS = (["-m", "not browser"], ["-m", "browser"])


def main(arguments: list[str]) -> int:
    codes = []
    for selection in RUNS:
        code = subprocess.call([sys.executable, "-m", "pytest", "-q", *selection, *arguments])
        # 5: no test was selected, which is right when a single file is named.
        codes.append(0 if code == 5 and arguments else code)
    return max(codes, key=abs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
